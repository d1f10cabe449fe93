"""What the answers of studies are made from: rows, and estimates over replicas with intervals."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from scipy import stats

from photonics.errors import InputError
from studies.metrics.registry import Metric
from studies.report.numbers import number_text
from studies.runner.rows import DONE, REFUSED, Row

CONFIDENCE = 0.95
# Logarithm of about the largest float.
_MOST_LOG = 700.0
_TEXT = {"log": "geometric mean", "linear": "mean", "share": "share"}


@dataclass(frozen=True)
class Estimate:
    """A number over chips and noises.

    Attributes:
        value: geometric mean of rates, mean of other numbers, share of successes; of the replicas
            that are finite, and infinite if none is.
        low: lower end of the interval of :data:`CONFIDENCE`; not a number where one replica
            says nothing of it.
        high: upper end.
        count: replicas.
        least: of the replicas.
        most: of the replicas.
        never: replicas that are infinite: no number is enough for them.
        zeros: replicas of rates that are zero and have no logarithm: the value is then a mean.
    """

    value: float
    low: float
    high: float
    count: int
    least: float
    most: float
    never: int = 0
    zeros: int = 0

    def text(self, scale: float = 1.0, digits: int = 3) -> str:
        """Value with its interval in brackets, in another unit if wanted."""
        told = number_text(scale * self.value, digits)
        if math.isfinite(self.low) and math.isfinite(self.high):
            ends = (number_text(scale * end, digits) for end in (self.low, self.high))
            told += f" [{', '.join(ends)}]"
        if self.never and math.isfinite(self.value):
            told += f", and never on {self.never} of {self.count} chips"
        if self.zeros:
            told += f", a mean that is not geometric, for 0 on {self.zeros} of {self.count}"
        return told


def estimate(values: Sequence[float], metric: Metric) -> Estimate:
    """The estimate of a metric over independent replicas.

    Means are Student's t; those of rates are taken of logarithms, so that they tell of a typical
    chip, and no single bad one decides.  Shares have the exact interval of Clopper and Pearson.

    Raises:
        InputError: for a share of something else than successes.
    """
    count = len(values)
    if count == 0:
        return Estimate(math.nan, math.nan, math.nan, 0, math.nan, math.nan)
    least, most = min(values), max(values)
    if metric.scale == "share":
        if not set(values) <= {0.0, 1.0}:
            remedy = "make its scale linear"
            raise InputError(metric.name, least, "must be 0 or 1, being a share of chips", remedy)
        found = stats.binomtest(round(sum(values)), count).proportion_ci(CONFIDENCE, "exact")
        return Estimate(sum(values) / count, found.low, found.high, count, least, most)
    finite = [v for v in values if math.isfinite(v)]
    never = count - len(finite)
    if not finite:
        return Estimate(values[0], math.nan, math.nan, count, least, most, never)
    log = metric.scale == "log" and least > 0.0
    zeros = values.count(0.0) if metric.scale == "log" and least == 0.0 < most else 0
    numbers = [math.log(v) for v in finite] if log else finite
    mean = sum(numbers) / len(numbers)
    half = math.nan
    # What is alike on all replicas follows from the design alone.
    if min(finite) < max(finite):
        variance = sum((v - mean) ** 2 for v in numbers) / (len(numbers) - 1)
        quantile = float(stats.t.ppf(0.5 + CONFIDENCE / 2.0, len(numbers) - 1))
        half = quantile * math.sqrt(variance / len(numbers))
    ends = (mean, mean - half, mean + half)
    value, low, high = (_exp(x) if log else x for x in ends)
    if min(finite) == max(finite):
        value = finite[0]
    low, high = max(low, 0.0 if zeros else metric.least), min(high, metric.most)
    return Estimate(value, low, high, count, least, most, never, zeros)


def _exp(x: float) -> float:
    return math.inf if x > _MOST_LOG else math.exp(x)


class Table:
    """Rows of a study.

    Args:
        rows: of :func:`studies.runner.rows.rows`.
        axes: names of the axes.
        metrics: by name.
    """

    def __init__(
        self, rows: Sequence[Row], axes: Sequence[str], metrics: Mapping[str, Metric]
    ) -> None:
        self.rows, self.axes, self.metrics = list(rows), list(axes), dict(metrics)

    def __len__(self) -> int:
        return len(self.rows)

    def where(self, condition: Callable[[Row], bool] | None = None, /, **equal: Any) -> Table:
        """Rows of which a condition holds, or whose columns have given values.

        Dots in names of columns are written ``__``: ``where(laser__power_w=1e-3)``.
        """
        wanted = {name.replace("__", "."): value for name, value in equal.items()}
        kept = [
            row
            for row in self.rows
            if (condition is None or condition(row))
            and all(row[name] == value for name, value in wanted.items())
        ]
        return Table(kept, self.axes, self.metrics)

    @property
    def done(self) -> Table:
        """Rows that have numbers, those of refused chips among them where a metric has one."""
        return self.where(lambda row: row["status"] == DONE or self.is_refused_chip(row))

    def is_refused_chip(self, row: Row) -> bool:
        """Whether a row is of a chip that calibration refuses, and that some metric counts."""
        counting = (name for name, one in self.metrics.items() if not math.isnan(one.refused))
        return row["status"] == REFUSED and any(not math.isnan(row[name]) for name in counting)

    def values(self, column: str) -> list[Any]:
        """Values of a column, each once, in their order."""
        return list(dict.fromkeys(row[column] for row in self.rows))

    def by(self, *columns: str) -> Iterator[tuple[tuple[Any, ...], Table]]:
        """Tables of rows that agree in some columns, in their order."""
        groups: dict[tuple[Any, ...], list[Row]] = {}
        for row in self.rows:
            groups.setdefault(tuple(row[c] for c in columns), []).append(row)
        for key, kept in groups.items():
            yield key, Table(kept, self.axes, self.metrics)

    def of(self, metric: str) -> Estimate:
        """Estimate of a metric over all rows that have numbers, every point and replica once."""
        numbers = [row[metric] for row in self._measured()]
        return estimate([v for v in numbers if not math.isnan(v)], self.metrics[metric])

    def paired(self, metric: str, other: Table) -> Estimate:
        """Change of a metric against other rows, replica by replica: ratio of rates, or difference.

        Replicas of both share chips and noises, so that their differences scatter less than they.
        Where the other rows have no finite number there is nothing to compare with.

        Raises:
            InputError: if the other rows are of several points.
        """
        told = self.metrics[metric]
        measured = other._measured()
        base = {row["replica"]: row[metric] for row in measured}
        if len(base) < len(measured):
            allowed = "must be one for each replica"
            raise InputError("rows to compare with", len(measured), allowed, "choose one point")
        pairs = [(r[metric], base[r["replica"]]) for r in self._measured() if r["replica"] in base]
        ratio = told.scale == "log"
        pairs = [(a, b) for a, b in pairs if math.isfinite(b) and not math.isnan(a)]
        changes = [a / b if ratio else a - b for a, b in pairs if not ratio or b > 0.0]
        plain = Metric(metric, "", "", "log" if ratio else "linear", told.of)
        return estimate(changes, plain)

    def _measured(self) -> list[Row]:
        """Rows that have numbers, one of each point and replica.

        Samplers may choose a point again, which is then measured again on the very same chips.
        """
        found: dict[tuple[Any, ...], Row] = {}
        for row in self.done.rows:
            found.setdefault((row["replica"], *(row.get(axis) for axis in self.axes)), row)
        return list(found.values())

    def reasons(self) -> dict[str, int]:
        """Why points were refused or failed, and how often."""
        found: dict[str, int] = {}
        for row in self.rows:
            if row["why"]:
                found[row["why"]] = found.get(row["why"], 0) + 1
        return dict(sorted(found.items(), key=lambda item: -item[1]))


def averaged(metric: Metric) -> str:
    """How replicas of a metric are averaged, in words."""
    return _TEXT[metric.scale]
