"""One class of each image.

Legend of shapes: N sample.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from mirage_core.training.tasks.base import Task


class Classification(Task):
    """Outputs (N, classes) against labels (N,): cross entropy, and the fraction that is right."""

    score_name = "accuracy"
    higher_is_better = True

    def loss(self, outputs: Tensor, wanted: Tensor) -> Tensor:
        """Mean cross entropy, nats."""
        return F.cross_entropy(outputs, wanted)

    def judge(self, outputs: Tensor, wanted: Tensor) -> Tensor:
        """Which samples (N,) are right."""
        return outputs.argmax(1) == wanted

    def score(self, judged: Sequence[Tensor]) -> float:
        """Fraction that is right."""
        return float(torch.cat(list(judged)).double().mean())

    def guess(self, classes: int) -> float:
        """One of all classes is right."""
        return 1.0 / classes

    def output_shape(self, shape: tuple[int, ...], classes: int) -> tuple[int | None, ...]:
        """A number for each class."""
        return (classes,)
