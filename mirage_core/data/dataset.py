"""A learning problem: what is put in, what is to come out, split into training and test.

Legend of shapes: N sample, C channel, H height, W width, T place in a text, O object.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Literal

import torch
from torch import Tensor
from torch.utils.data import DataLoader, TensorDataset

TaskName = Literal["classification", "detection", "language"]


@dataclass(frozen=True)
class Dataset:
    """A learning problem, split once and for all.

    Attributes:
        name: its name.
        train_x: images (N, C, H, W), float32 in 0 ... 1, or texts (N, T), int64.
        train_y: labels (N,), int64; the next characters (N, T), int64; or objects (N, O, 5),
            float32: class (-1 for none), centre x and y, width and height as fractions of the
            image.
        test_x: inputs of the test set.
        test_y: what is to come out for them.
        classes: number of classes, or of different characters.
        source: where it comes from.
        task: what is asked: one class of each image, the objects in it, or the next character.
    """

    name: str
    train_x: Tensor
    train_y: Tensor
    test_x: Tensor
    test_y: Tensor
    classes: int
    source: str
    task: TaskName = "classification"

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one input."""
        return tuple(self.train_x.shape[1:])

    def batches(
        self, size: int, generator: torch.Generator, start: int = 0
    ) -> Iterator[tuple[Tensor, Tensor]]:
        """Shuffled training batches of at most ``size``; the generator fixes the order.

        Args:
            size: of a batch; the last one may be smaller.
            generator: gives the order of one pass, and moves on by one pass.
            start: number of the first batch to give.
        """
        order = torch.randperm(len(self.train_y), generator=generator)
        yield from self._loader(self.train_x, self.train_y, order.split(size)[start:])

    def test_batches(self, size: int) -> Iterator[tuple[Tensor, Tensor]]:
        """Batches of the test set, in order."""
        order = torch.arange(len(self.test_y))
        yield from self._loader(self.test_x, self.test_y, order.split(size))

    @staticmethod
    def _loader(
        x: Tensor, y: Tensor, batches: tuple[Tensor, ...]
    ) -> DataLoader[tuple[Tensor, Tensor]]:
        # A generator of its own: else a loader draws from that of everybody.
        return DataLoader(
            TensorDataset(x, y),  # type: ignore[arg-type]
            batch_size=None,
            sampler=batches,
            generator=torch.Generator(),
        )

    @property
    def fingerprint(self) -> str:
        """Digest of all that can be learned from, in hexadecimal digits."""
        digest = sha256(f"{self.task} {self.classes}".encode())
        for part in (self.train_x, self.train_y, self.test_x, self.test_y):
            digest.update(f"{tuple(part.shape)} {part.dtype}".encode())
            digest.update(part.contiguous().numpy().tobytes())
        return digest.hexdigest()
