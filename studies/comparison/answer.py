"""What a comparison has found: a line for each contestant, words and figures."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

from mirage_core.training.tasks.base import Task
from studies.accelerator.quantities import number
from studies.comparison.contestants import REFERENCE
from studies.comparison.prices import Price
from studies.report.answer import Answer
from studies.report.charts import Chart, Series, bars
from studies.report.plain_answer import refusals
from studies.report.variants import bars_of
from studies.runner.table import Estimate, Table

AXIS, DIVERGED = "contestant", "diverged"
_DIGITS = 4
# Scores are numbers of single precision.
_DECIMALS = 6


@dataclass(frozen=True)
class Line:
    """One contestant.

    Attributes:
        name: of it.
        score: over its seeds.
        difference: of the score to that of FP32, seed by seed.
        price: mean over seeds; not a number where nobody knows.
    """

    name: str
    score: Estimate
    difference: Estimate
    price: Price

    @property
    def plain(self) -> dict[str, Any]:
        """Plain data; none where there is no number."""
        told: dict[str, Any] = {AXIS: self.name, "seeds": self.score.count}
        for name, e in (("score", self.score), ("difference", self.difference)):
            told |= {name: e.value, f"{name}_low": e.low, f"{name}_high": e.high}
        told |= self.price._asdict()
        return {k: None if isinstance(v, float) and math.isnan(v) else v for k, v in told.items()}


def lines_of(table: Table, score: str) -> list[Line]:
    """A line for each contestant, in their order, those without a single training left out."""
    done = table.done
    reference = done.where(contestant=REFERENCE)
    return [
        Line(
            str(name),
            part.of(score),
            _rounded(part.paired(score, reference)),
            Price(*(part.of(name).value for name in Price._fields)),
        )
        for (name,), part in done.by(AXIS)
    ]


def _rounded(found: Estimate) -> Estimate:
    names = ("value", "low", "high", "least", "most")
    told = replace(found, **{name: round(getattr(found, name), _DECIMALS) for name in names})
    # What is alike on all seeds but for rounding has no interval.
    return replace(told, low=math.nan, high=math.nan) if told.least == told.most else told


def answer_of(table: Table, task: Task, score: str, preset: str) -> Answer:
    """Table, words and figures.

    Args:
        table: all rows.
        task: what was learned.
        score: name of the metric that tells how well.
        preset: machine whose symbol tells how many systolic arrays there are.
    """
    lines, scale = lines_of(table, score), float(task.scale)
    unit = " / %" if task.scale == 100 else ""
    points = ", points" if task.scale == 100 else ""
    columns = (
        AXIS,
        f"test {task.title}{unit}",
        f"against FP32{points} [95 %]",
        "time",
        "of that products",
        "energy / J",
        "of that products / J",
    )
    cells = [
        (
            line.name,
            line.score.text(scale, _DIGITS),
            "-" if line.name == REFERENCE else line.difference.text(scale),
            _time(line.price.time_s),
            _time(line.price.products_s),
            _joule(line.price.energy_j),
            _joule(line.price.products_j),
        )
        for line in lines
    ]
    words = [*_verdicts(lines, task), *_lost(table), *_conditions(lines, preset)]
    words += refusals(table)
    title = f"Test {task.title} by arithmetic"
    scores = bars_of(table, AXIS, score, title, scale=scale, label=f"test {task.title}{unit}")
    # Scores look alike where differences tell.
    return Answer(words, columns, cells, [_differences(lines, task, scale, points), scores])


def _verdicts(lines: list[Line], task: Task) -> list[str]:
    """Who does as well as FP32, worse and better, as far as the intervals tell."""
    others = [line for line in lines if line.name != REFERENCE]
    if not others or len(others) == len(lines):
        return ["Nothing is there to be compared with FP32."]
    if max(line.score.count for line in lines) < 2:
        return ["One seed gives no interval: take more --seeds to tell more than one run."]
    sign = 1.0 if task.higher_is_better else -1.0
    groups: dict[str, list[str]] = {}
    for line in others:
        low, high = sorted((sign * line.difference.low, sign * line.difference.high))
        if line.difference.count < 2:
            # Others failed, or those of FP32 with the same seed did.
            verdict = "Too few seeds to be told from FP32"
        elif line.difference.least == line.difference.most:
            verdict = "Differs by the same on every seed"
            if line.difference.value == 0.0:
                verdict = "The same as FP32 on every seed"
        elif low > 0.0:
            verdict = "Better than FP32"
        elif high < 0.0:
            verdict = "Worse than FP32"
        else:
            verdict = "Not to be told from FP32"
        groups.setdefault(verdict, []).append(line.name)
    return [f"{verdict}: {', '.join(names)}." for verdict, names in groups.items()]


def diverged(table: Table) -> Table:
    """Trainings that count as guessing."""
    # Comparisons of before have no such column.
    return table.done.where(lambda row: row.get(DIVERGED) == 1.0)


def _lost(table: Table) -> list[str]:
    """Which those are, in words."""
    lost = diverged(table)
    if not len(lost):
        return []
    counts = ", ".join(f"{len(part)} of {name}" for (name,), part in lost.by(AXIS))
    return [f"Trainings that diverged count as guessing, and are in no price: {counts}."]


def _conditions(lines: list[Line], preset: str) -> list[str]:
    """What intervals are over, and what is priced."""
    said = [
        "Intervals of 95 % are over seeds, of weights, data order and noise, each against FP32 "
        "with the same seed; every machine has its own one chip."
    ]
    if any(not math.isnan(line.price.time_s) for line in lines):
        said.append(
            "Machines are priced by their ledgers, memory, calibration and pilots included; "
            "formats as systolic arrays whose multipliers take in a cycle the energy of a symbol "
            f"of {preset}, multipliers alone; the paper prints no price of the others."
        )
    return said


def _differences(lines: list[Line], task: Task, scale: float, points: str) -> Chart:
    others = [line for line in lines if line.name != REFERENCE]
    series = Series(
        "",
        [float(i) for i in range(len(others))],
        [scale * line.difference.value for line in others],
        [scale * line.difference.low for line in others],
        [scale * line.difference.high for line in others],
    )
    title = f"Difference to FP32 of the same seed, test {task.title}"
    return bars(title, f"difference{points}", [line.name for line in others], [series])


def _joule(energy_j: float) -> str:
    return "-" if math.isnan(energy_j) else number(energy_j)


def _time(seconds: float) -> str:
    if math.isnan(seconds):
        return "-"
    unit, factor = ("s", 1.0) if seconds >= 1.0 else ("ms", 1e3) if seconds >= 1e-3 else ("µs", 1e6)
    return f"{number(factor * seconds)} {unit}"
