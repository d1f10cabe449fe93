"""Characteristic numbers and curves of a device, as data: computed once, then printed and drawn.

Axes carry their unit in their label, and values are in that unit.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import torch
from torch import Tensor

from devices.light.laser import Laser

LIGHT_M: float = Laser().wavelength_m
"""Wavelength at which devices that have none of their own are shown."""

FLOOR_DB = -90.0
"""Where levels end: deeper than any null that has been measured."""


@dataclass(frozen=True)
class Number:
    """One characteristic number; the name ends in its unit."""

    name: str
    value: float
    meaning: str
    digits: int = 4
    """Significant ones that are printed."""


@dataclass(frozen=True)
class Mark:
    """A straight dotted line at a value of one of the axes, in the unit of that axis.

    Without a label it belongs to the mark before it.
    """

    axis: Literal["x", "y"]
    value: float
    label: str


@dataclass(frozen=True)
class Panel:
    """Curves over a common axis; float64 tensors of one length, NaN where a curve has no value."""

    title: str
    x_label: str
    y_label: str
    x: Tensor
    curves: Mapping[str, Tensor]
    marks: Sequence[Mark] = ()
    x_log: bool = False
    y_log: bool = False
    steps: bool = False
    """Draw the curves as staircases: each value holds around its point."""
    dashed: Sequence[str] = field(default=())
    """Labels of the curves that are drawn dashed."""
    same_colour: Mapping[str, str] = field(default_factory=dict)
    """Curves that have the colour of another, by their labels."""
    x_digits: int = 4
    """Significant digits of the axis that are printed."""
    points: tuple[Sequence[float], Sequence[float]] | None = None
    """Measured points, x and y, to draw on the curves."""
    whole: str = ""
    """Axes that hold whole numbers only: some of "xy"."""

    def __post_init__(self) -> None:
        for label, values in self.curves.items():
            assert values.shape == self.x.shape, (self.title, label)


@dataclass(frozen=True)
class Matrix:
    """A matrix, (rows, columns), drawn as a map."""

    title: str
    x_label: str
    y_label: str
    value_label: str
    values: Tensor


@dataclass(frozen=True)
class DeviceReport:
    """Everything characteristic about one device."""

    numbers: Sequence[Number]
    panels: Sequence[Panel | Matrix]


def span(low: float, high: float, count: int = 401) -> Tensor:
    """Evenly spaced points, both ends included, float64."""
    # Unlike linspace this has an exact zero in the middle of a symmetric span.
    return low + (high - low) * (torch.arange(count, dtype=torch.float64) / (count - 1))


def decades(low: float, high: float, per_decade: int = 40) -> Tensor:
    """Points evenly spaced in their logarithm, both ends included, float64."""
    count = round(per_decade * math.log10(high / low)) + 1
    return torch.logspace(math.log10(low), math.log10(high), count, dtype=torch.float64)


def decibel(power_ratio: Tensor) -> Tensor:
    """10 log₁₀ of a power ratio, no lower than ``FLOOR_DB``."""
    return (10.0 * power_ratio.log10()).clamp_min(FLOOR_DB)


def unwrapped(phase_rad: Tensor) -> Tensor:
    """A phase without jumps of a whole turn between neighbours."""
    steps = phase_rad.diff()
    turns = ((steps + math.pi) / (2.0 * math.pi)).floor()
    return torch.cat((phase_rad[:1], phase_rad[1:] - 2.0 * math.pi * turns.cumsum(0)))
