"""A training of the paper beside one of ours: what each loses to FP32, and whether that is alike.

Networks and data differ, so that accuracies do.  Held against each other is a reading of the
difference to FP32: whether it is within a point, beyond one, or undecided.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import Literal

Reading = Literal["within", "beyond", "undecided"]
Verdict = Literal["in line", "at odds", "undecided", "not in the paper"]
"""What a counterpart comes to:

* ``in line``: both are within a point of FP32, or both beyond;
* ``at odds``: one is within a point, and the other beyond;
* ``undecided``: an interval, ours or the paper's, holds minus one point;
* ``not in the paper``: nothing is published.
"""

POINT = 1.0
"""Percentage points below FP32 up to which a format does as well: the paper's words name none."""


@dataclass(frozen=True)
class Span:
    """Differences to FP32, percentage points.

    Attributes:
        low: lower end.
        high: upper end.
    """

    low: float
    high: float

    @property
    def reading(self) -> Reading:
        """Within a point of FP32 all over, beyond all over, or neither."""
        if self.low > -POINT:
            return "within"
        return "beyond" if self.high < -POINT else "undecided"


@dataclass(frozen=True)
class Counterpart:
    """One network in one format.

    Attributes:
        network: ours.
        item: the format.
        published: of the paper's networks, from least to most; none where it has none.
        value: mean of ours, over seeds.
        found: its interval of 95 %; its value alone where all seeds have the same.
        seeds: trainings.
    """

    network: str
    item: str
    published: Span | None
    value: float
    found: Span
    seeds: int

    @property
    def verdict(self) -> Verdict:
        """What it comes to."""
        if self.published is None:
            return "not in the paper"
        theirs, ours = self.published.reading, self.found.reading
        if "undecided" in (theirs, ours):
            return "undecided"
        return "in line" if theirs == ours else "at odds"

    def as_dict(self) -> dict[str, object]:
        """Plain values, in percentage points; none where the paper has nothing."""
        told = self.published
        return {
            "network": self.network,
            "item": self.item,
            "published_low": None if told is None else told.low,
            "published_high": None if told is None else told.high,
            "value": self.value,
            "low": self.found.low,
            "high": self.found.high,
            "seeds": self.seeds,
            "verdict": self.verdict,
        }


def in_order(rows: Sequence[Counterpart]) -> tuple[int, int]:
    """Of pairs that the paper tells apart by more than a point, those that are so here, and all.

    Args:
        rows: of one network.
    """
    told = [
        better.value > worse.value
        for better, worse in permutations(rows, 2)
        if better.published is not None
        and worse.published is not None
        and better.published.low - worse.published.high > POINT
    ]
    return sum(told), len(told)
