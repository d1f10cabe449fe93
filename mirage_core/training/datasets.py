"""Data that comes with an installed package: nothing is downloaded.

Legend of shapes: N sample, C channel, H height, W width.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from photonics.errors import InputError


@dataclass(frozen=True)
class Dataset:
    """A classification problem, split once and for all.

    Attributes:
        name: its name.
        train_x: images (N, C, H, W), float32 in 0 ... 1.
        train_y: labels (N,), int64.
        test_x: images of the test set.
        test_y: labels of the test set.
        classes: number of classes.
        source: where it comes from.
    """

    name: str
    train_x: Tensor
    train_y: Tensor
    test_x: Tensor
    test_y: Tensor
    classes: int
    source: str

    def batches(self, size: int, generator: torch.Generator) -> Iterator[tuple[Tensor, Tensor]]:
        """Shuffled training batches of at most ``size``; the generator fixes the order."""
        order = torch.randperm(len(self.train_y), generator=generator)
        for index in order.split(size):
            yield self.train_x[index], self.train_y[index]


def _digits() -> Dataset:
    from sklearn.datasets import load_digits

    scans = load_digits()
    x = torch.from_numpy(scans.images / 16.0).float().unsqueeze(1)
    y = torch.from_numpy(scans.target).long()
    # The file is ordered by writer; a fixed shuffle mixes writers over both parts.
    order = torch.randperm(len(y), generator=torch.Generator().manual_seed(0))
    train, test = order[:1437], order[1437:]
    source = "scikit-learn's copy of the UCI optical recognition of handwritten digits test set"
    return Dataset("digits", x[train], y[train], x[test], y[test], 10, source)


_DATASETS: dict[str, Callable[[], Dataset]] = {"digits": _digits}


def dataset_names() -> list[str]:
    """Names that :func:`load_dataset` knows."""
    return sorted(_DATASETS)


def load_dataset(name: str) -> Dataset:
    """Load a data set by name.

    Raises:
        InputError: for an unknown name.
    """
    if name not in _DATASETS:
        raise InputError("data", name, f"must be one of {', '.join(dataset_names())}")
    return _DATASETS[name]()
