"""What a study varies: listed values, a span of numbers, or choices of several values at once."""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from photonics.checks import shown, whole_number
from photonics.errors import InputError

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution

Value = bool | int | float | str
_SPAN = ("low", "high", "log", "count")
MOST_POINTS = 100_000
"""Of a design, as far as it is laid out in memory before anything runs."""


@dataclass(frozen=True)
class Listed:
    """Values one by one."""

    name: str
    values: tuple[Value, ...]

    @property
    def grid(self) -> tuple[Value, ...]:
        """The values of a grid."""
        return self.values

    def at(self, fraction: float) -> Value:
        """The value at a fraction of the list, from 0 to below 1."""
        return self.values[min(int(fraction * len(self.values)), len(self.values) - 1)]

    def changes(self, value: Value) -> dict[str, Any]:
        """What a value sets, by dotted name."""
        return {self.name: value}

    def distribution(self) -> BaseDistribution:
        """As a sampler of Optuna sees it."""
        from optuna.distributions import CategoricalDistribution

        return CategoricalDistribution(self.values)

    def plain(self) -> Any:
        """Plain data, for digests and reports."""
        return list(self.values)


@dataclass(frozen=True)
class Choices:
    """Labels, each of which sets several values."""

    name: str
    sets: Mapping[str, Mapping[str, Any]]

    @property
    def grid(self) -> tuple[Value, ...]:
        """The labels."""
        return tuple(self.sets)

    def at(self, fraction: float) -> Value:
        """The label at a fraction of the list, from 0 to below 1."""
        return Listed(self.name, self.grid).at(fraction)

    def changes(self, value: Value) -> dict[str, Any]:
        """What a label sets, by dotted name."""
        return dict(self.sets[str(value)])

    def distribution(self) -> BaseDistribution:
        """As a sampler of Optuna sees it."""
        return Listed(self.name, self.grid).distribution()

    def plain(self) -> Any:
        """Plain data, for digests and reports."""
        return {label: dict(values) for label, values in self.sets.items()}


@dataclass(frozen=True)
class Span:
    """Numbers from ``low`` to ``high``.

    Attributes:
        name: dotted name of what is set.
        low: least value.
        high: largest value.
        log: whether equal ratios count as equal steps.
        count: values of a grid; none where no grid is laid.
    """

    name: str
    low: float
    high: float
    log: bool = False
    count: int | None = None

    def __post_init__(self) -> None:
        field, found = f"axes.{self.name}", (self.low, self.high)
        if not all(map(is_number, found)) or not self.low < self.high:
            raise InputError(field, found, "must be two numbers, low below high")
        if self.log and not self.low > 0:
            raise InputError(f"{field}.low", self.low, "must be above 0 on a log axis")
        if self.count is not None:
            whole_number(f"{field}.count", self.count, least=2, most=MOST_POINTS)

    @property
    def whole(self) -> bool:
        """Whether the numbers are whole ones."""
        return type(self.low) is int and type(self.high) is int

    @cached_property
    def grid(self) -> tuple[Value, ...]:
        """The values of a grid, ends included."""
        if self.count is None:
            remedy = "give its count, or use another sampler"
            raise InputError(f"axes.{self.name}", "a span", "has no values for a grid", remedy)
        steps = [i / (self.count - 1) for i in range(self.count)]
        return tuple(dict.fromkeys(self.at(x) for x in steps))

    def at(self, fraction: float) -> Value:
        """The number at a fraction of the span, from 0 to 1."""
        if fraction in (0.0, 1.0):
            return self.high if fraction else self.low
        low, high = (math.log(x) if self.log else x for x in (self.low, self.high))
        value = low + fraction * (high - low)
        value = math.exp(value) if self.log else value
        return round(value) if self.whole else value

    def changes(self, value: Value) -> dict[str, Any]:
        """What a number sets, by dotted name."""
        return {self.name: value}

    def distribution(self) -> BaseDistribution:
        """As a sampler of Optuna sees it."""
        from optuna.distributions import FloatDistribution, IntDistribution

        if self.whole:
            return IntDistribution(int(self.low), int(self.high), log=self.log)
        return FloatDistribution(self.low, self.high, log=self.log)

    def plain(self) -> Any:
        """Plain data, for digests and reports."""
        return {"low": self.low, "high": self.high, "log": self.log, "count": self.count}


Axis = Listed | Choices | Span


def axis(name: str, given: Any) -> Axis:
    """An axis from plain data: a list, a table of labels, or a table of low and high.

    Raises:
        InputError: for anything else.
    """
    field = f"axes.{name}"
    if isinstance(given, Listed | Choices | Span):
        return given
    if isinstance(given, Mapping) and {"low", "high"} <= set(given):
        unknown = sorted(set(given) - set(_SPAN))
        if unknown:
            remedy = f"a span has {', '.join(_SPAN)}"
            raise InputError(f"{field}.{unknown[0]}", given[unknown[0]], "no such field", remedy)
        return Span(name, **given)
    if isinstance(given, Mapping) and given:
        for label, values in given.items():
            if not isinstance(values, Mapping):
                allowed = "must be a table of what this choice sets, by dotted name"
                raise InputError(f"{field}.{label}", shown(values), allowed)
        return Choices(name, {str(label): dict(_flat(values)) for label, values in given.items()})
    if isinstance(given, Sequence) and not isinstance(given, str) and given:
        wrong = [x for x in given if not isinstance(x, Value)]
        if wrong:
            allowed = "must be a number, a word or a truth value"
            raise InputError(field, shown(wrong[0]), allowed, "make it a choice with a label")
        if len(set(given)) < len(given):
            raise InputError(field, list(given), "must not hold a value twice")
        return Listed(name, tuple(given))
    allowed = "must be a list of values, {low, high, log, count}, or a table of choices"
    raise InputError(field, shown(given), allowed)


def _flat(table: Mapping[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for name, value in table.items():
        inner = isinstance(value, Mapping) and value
        found += _flat(value, f"{prefix}{name}.") if inner else [(f"{prefix}{name}", value)]
    return found


def is_number(value: object) -> bool:
    """Whether a value is a finite number, no larger than a float; a truth value is none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return abs(value) <= sys.float_info.max
