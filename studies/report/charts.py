"""What is drawn: lines of points with intervals, or bars. How is the business of the drawing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Series:
    """Points that belong together.

    Attributes:
        label: for the legend.
        x: positions.
        y: values.
        low: lower ends of intervals; none for no intervals.
        high: upper ends.
        dashed: whether the line is dashed.
        lined: whether points are joined.
    """

    label: str
    x: Sequence[float]
    y: Sequence[float]
    low: Sequence[float] | None = None
    high: Sequence[float] | None = None
    dashed: bool = False
    lined: bool = True


@dataclass(frozen=True)
class Chart:
    """A figure.

    Attributes:
        title: what is shown.
        x_label: with its unit.
        y_label: with its unit.
        series: what is drawn.
        log_x: whether x is drawn by its logarithm.
        log_y: the same of y.
        names: of the places 0, 1, ... on the axis of ``kind`` bars, instead of numbers.
        kind: lines, or bars that lie along x.
    """

    title: str
    x_label: str
    y_label: str
    series: Sequence[Series]
    log_x: bool = False
    log_y: bool = False
    names: tuple[str, ...] = ()
    kind: Literal["lines", "bars"] = "lines"


def bars(
    title: str, label: str, names: Sequence[str], series: Sequence[Series], log: bool = False
) -> Chart:
    """Bars that lie, one name below the other; series side by side within a name.

    Lengths are the ``y`` of the series, and their ``x`` are numbers of names.
    """
    return Chart(title, label, "", series, log_x=log, names=tuple(names), kind="bars")
