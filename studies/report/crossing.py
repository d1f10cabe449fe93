"""Where a metric meets a stated value along an axis, chip by chip."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

from studies.metrics.registry import Scale
from studies.report.best_found import short
from studies.runner.study import Drawing, Study
from studies.runner.table import Table, averaged, estimate


def met_at(drawing: Drawing, target: float, study: Study, table: Table) -> list[str]:
    """A sentence for every line of a drawing: at which x its y is the target.

    Every chip is asked by itself, so that the interval is one of x.
    """
    metric = study.known[drawing.y]
    # What a search has chosen is not known of points that failed.
    known = table.where(lambda row: row[drawing.x] is not None)
    scale: Scale = "log" if drawing.log_x else "linear"
    along = replace(metric, scale=scale, least=-math.inf, most=math.inf)
    words = []
    for key, line in known.by(drawing.lines) if drawing.lines else [((), known)]:
        chips = [_curve(drawing, chip) for _, chip in line.by("replica")]
        curves = [curve for curve in chips if curve]
        found = [_crossings(drawing, target, curve) for curve in curves]
        once = [x for x, *more in filter(None, found) if not more]
        at = f"at {drawing.x} = {estimate(once, along).text()}, {averaged(along)}"
        told = [at] if once else []
        kinds = {
            "more than once": [len(xs) > 1 for xs in found],
            "above it all along": [all(y >= target for _, y in c) for c in curves],
            "below it all along": [all(y < target for _, y in c) for c in curves],
            "no number": [not c for c in chips],
        }
        told += [f"{kind} on {sum(n)} of {len(chips)} chips" for kind, n in kinds.items() if any(n)]
        of_line = f"{short(key[0])}: " if key else ""
        words.append(f"{of_line}{metric.label} = {target:g}: {'; '.join(told)}.")
    return words


def _curve(drawing: Drawing, chip: Table) -> list[tuple[float, float]]:
    points = ((x, part.of(drawing.y).value) for (x,), part in chip.by(drawing.x))
    return sorted((x, y) for x, y in points if not math.isnan(y))


def _crossings(drawing: Drawing, target: float, curve: list[tuple[float, float]]) -> list[float]:
    """Every x at which the points of one chip, joined as they are drawn, pass the target."""
    found = []
    for (x, y), (next_x, next_y) in pairwise(curve):
        if (y < target) != (next_y < target):
            share = _share(y, target, next_y, drawing.log_y)
            by_ratio = drawing.log_x and x > 0.0
            found.append(x * (next_x / x) ** share if by_ratio else x + share * (next_x - x))
    return found


def _share(first: float, at: float, last: float, log: bool) -> float:
    """How far it is from one number to another, from 0 to 1."""
    if math.isinf(first) or math.isinf(last):
        # An infinite number is left behind where the finite one stands.
        return float(math.isinf(first))
    if log and min(first, last) > 0.0:
        return math.log(at / first) / math.log(last / first)
    return (at - first) / (last - first)
