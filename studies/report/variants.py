"""Tables, bars and phrases for answers that compare machines side by side."""

from __future__ import annotations

import math
from collections.abc import Sequence

from studies.report.charts import Chart, Series, bars
from studies.runner.rows import DONE
from studies.runner.table import Estimate, Table

LEAST_RATE = 1e-15
"""Below this an error rate is no number."""
# Means of logarithms round.
_TOLD = 1.001


def text_of(table: Table, metric: str, scale: float = 1.0, digits: int = 3) -> str:
    """An estimate for a cell: none where no number is finite, a bound below what can be told."""
    found = table.of(metric)
    ended, lost = without_number(table, metric)
    if lost and not found.count:
        return ended
    told = found.text(scale, digits)
    if math.isinf(found.value):
        told = "none is enough"
    elif "error_rate" in metric and found.value < _TOLD * LEAST_RATE:
        told = f"< {LEAST_RATE:.0e}"
    return f"{told}, {ended} on {lost} of {len(table)}" if lost else told


def without_number(table: Table, metric: str) -> tuple[str, int]:
    """How rows ended that have no number of a metric, and how many there are."""
    lost = [
        row["status"]
        for row in table.rows
        if math.isnan(row[metric]) or not (row["status"] == DONE or table.is_refused_chip(row))
    ]
    ended = ("no number" if status == DONE else str(status) for status in dict.fromkeys(lost))
    return " and ".join(ended), len(lost)


def side_by_side(
    table: Table, axes: Sequence[str], metrics: Sequence[tuple[str, str, float]]
) -> tuple[list[str], list[list[str]]]:
    """Columns and cells: a row for each combination of values of some axes, a column a metric.

    Args:
        table: all rows.
        axes: whose values are compared.
        metrics: name, head of the column, and by what numbers are multiplied.
    """
    cells = [
        [*map(str, key), *(text_of(part, name, scale) for name, _, scale in metrics)]
        for key, part in table.by(*axes)
    ]
    return [*(a.rpartition(".")[2] for a in axes), *(head for _, head, _ in metrics)], cells


def bars_of(
    table: Table,
    axis: str,
    metric: str,
    title: str,
    case: str | None = None,
    scale: float = 1.0,
    label: str | None = None,
) -> Chart:
    """Bars of a metric for the values of an axis, one colour for each value of another one."""
    told = table.metrics[metric]
    names = [str(v) for v in table.values(axis)]
    cases = [None] if case is None else table.values(case)
    series = []
    for c in cases:
        chosen = table.done if c is None else table.done.where(lambda r, c=c: r[case] == c)  # type: ignore[misc]
        found = [(names.index(str(v)), part.of(metric)) for (v,), part in chosen.by(axis)]
        found = [(i, e) for i, e in found if math.isfinite(e.value)]
        series.append(
            Series(
                "" if case is None else _label(case, c),
                [float(i) for i, _ in found],
                [scale * e.value for _, e in found],
                [scale * e.low for _, e in found],
                [scale * e.high for _, e in found],
            )
        )
    return bars(title, label or told.label, names, series, told.scale == "log")


def _label(case: str, value: object) -> str:
    """A value of an axis in a legend; what is so or not by the name of its field."""
    if not isinstance(value, bool):
        return str(value)
    name = case.rpartition(".")[2].replace("_", " ")
    return name if value else f"not {name}"


def lines_of(
    table: Table,
    x: str,
    metric: str,
    title: str,
    lines: str | None = None,
    x_label: str | None = None,
    scale: float = 1.0,
    log_x: bool = False,
) -> Chart:
    """A metric against a numeric axis, a line for each value of another one."""
    told = table.metrics[metric]
    groups = table.done.by(lines) if lines else iter([(("",), table.done)])
    series = []
    for (value,), group in groups:
        found = [(scale * at, part.of(metric)) for (at,), part in group.by(x)]
        found = sorted(((at, e) for at, e in found if math.isfinite(e.value)), key=lambda p: p[0])
        series.append(
            Series(
                str(value),
                [at for at, _ in found],
                [e.value for _, e in found],
                [e.low for _, e in found],
                [e.high for _, e in found],
            )
        )
    return Chart(title, x_label or x, told.label, series, log_x, told.scale == "log")


def rate_text(found: Estimate) -> str:
    """An error rate in a sentence."""
    return f"below {LEAST_RATE:.0e}" if found.value < _TOLD * LEAST_RATE else found.text()
