"""The next character of a text.

Legend of shapes: B text, T place, V character.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from mirage_core.training.tasks.base import Task


class LanguageModel(Task):
    """Outputs (B, T, V) against the next characters (B, T): cross entropy, in bits as the score."""

    score_name = "bits_per_character"
    higher_is_better = False
    scale = 1

    def loss(self, outputs: Tensor, wanted: Tensor) -> Tensor:
        """Mean cross entropy, nats per character."""
        return F.cross_entropy(outputs.flatten(0, 1), wanted.flatten())

    def judge(self, outputs: Tensor, wanted: Tensor) -> Tensor:
        """Cross entropy of each character, nats (B · T,)."""
        return F.cross_entropy(outputs.flatten(0, 1), wanted.flatten(), reduction="none")

    def score(self, judged: Sequence[Tensor]) -> float:
        """Mean cross entropy, bits per character."""
        return float(torch.cat(list(judged)).double().mean()) / math.log(2)

    def guess(self, classes: int) -> float:
        """All characters are as likely."""
        return math.log2(classes)

    def output_shape(self, shape: tuple[int, ...], classes: int) -> tuple[int | None, ...]:
        """A number for each character at each place."""
        return (*shape, classes)
