"""What every task tells: the loss that is trained, and the score of a test set."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar

from torch import Tensor


class Task(ABC):
    """A kind of problem; see its attributes for how it is scored.

    Attributes:
        score_name: of the score, in lower case with underscores.
        higher_is_better: whether a good score is high.
        scale: what people multiply it by: fractions are shown in percent.
    """

    score_name: ClassVar[str]
    higher_is_better: ClassVar[bool]
    scale: ClassVar[int] = 100

    @abstractmethod
    def loss(self, outputs: Tensor, wanted: Tensor) -> Tensor:
        """Mean loss of a batch, a scalar with a gradient."""

    @abstractmethod
    def judge(self, outputs: Tensor, wanted: Tensor) -> Any:
        """What one batch of a test set tells, for :meth:`score`."""

    @abstractmethod
    def score(self, judged: Sequence[Any]) -> float:
        """Score of a whole test set from what its batches tell, in their order."""

    @abstractmethod
    def guess(self, classes: int) -> float:
        """Score of an even guess among so many classes: as that counts a training that diverged."""

    @abstractmethod
    def output_shape(self, shape: tuple[int, ...], classes: int) -> tuple[int | None, ...]:
        """Shape of the outputs for one input of a shape; None where any length will do."""

    def shown(self, score: float) -> str:
        """A score for people."""
        return f"{100 * score:.2f} %" if self.scale == 100 else f"{score:.3f}"

    @property
    def title(self) -> str:
        """Name of the score for people."""
        return self.score_name.replace("_", " ")
