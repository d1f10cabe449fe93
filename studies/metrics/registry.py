"""The metrics that studies know by name: the one place where a new one is entered.

A metric is a function of an :class:`Evaluation` (a machine at one point, with its chip, its
predictions and its counts made when first asked for) that returns one number::

    @metric("laser_power_w", "W", "light of one row, of the modulus that takes most")
    def laser_power_w(at: Evaluation) -> float: ...

A module of metrics is loaded with the registry if it is in :data:`MODULES`.
"""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Literal

from photonics.errors import InputError

if TYPE_CHECKING:
    from studies.metrics.evaluation import Evaluation

Scale = Literal["log", "linear", "share"]
MODULES = (
    "studies.metrics.errors",
    "studies.metrics.link",
    "studies.metrics.products",
    "studies.metrics.chips",
    "studies.metrics.cost",
    "studies.metrics.integers",
    "studies.metrics.training",
)


@dataclass(frozen=True)
class Metric:
    """One number that a machine is judged by.

    Attributes:
        name: as studies write it.
        unit: of the number; empty for none.
        meaning: in a few words.
        scale: how replicas are averaged: rates by their logarithms, other numbers as they are,
            and a share as successes among independent chips.
        of: what computes it.
        most: that it can be, to which intervals are cut.
        least: likewise.
        refused: what it is of a chip that calibration refuses; not a number where it says nothing
            of one.
    """

    name: str
    unit: str
    meaning: str
    scale: Scale
    of: Callable[[Evaluation], float]
    most: float = math.inf
    least: float = -math.inf
    refused: float = math.nan

    @property
    def label(self) -> str:
        """Name and unit, for axes and columns: ``laser_total_w`` in W is "laser total / W"."""
        words = self.name.split("_")
        if words[-1] == self.unit.lower().replace("²", "2"):
            words.pop()
        plain = " ".join(words)
        return f"{plain} / {self.unit}" if self.unit else plain


_METRICS: dict[str, Metric] = {}


def enter(known: Metric) -> None:
    """Enter a metric."""
    _METRICS[known.name] = known


def metric(
    name: str,
    unit: str,
    meaning: str,
    scale: Scale = "linear",
    most: float = math.inf,
    refused: float = math.nan,
) -> Callable[[Callable[[Evaluation], float]], Callable[[Evaluation], float]]:
    """Enter a function under a name."""

    def entered(of: Callable[[Evaluation], float]) -> Callable[[Evaluation], float]:
        enter(Metric(name, unit, meaning, scale, of, most, refused=refused))
        return of

    return entered


def metrics() -> dict[str, Metric]:
    """All metrics by name."""
    for module in MODULES:
        importlib.import_module(module)
    return dict(sorted(_METRICS.items()))


def metric_of(name: str, known: dict[str, Metric]) -> Metric:
    """One metric.

    Raises:
        InputError: for an unknown name, with the nearest one.
    """
    if name not in known:
        raise InputError("metrics", name, "no such metric", nearest_of(name, list(known)))
    return known[name]


def nearest_of(name: str, known: Sequence[str]) -> str:
    """What may have been meant; all names where nothing is near."""
    near = get_close_matches(name, known, n=1)
    return f"did you mean {near[0]}?" if near else f"known: {', '.join(sorted(known))}"
