"""The answer of a study that brings no words of its own: extremes, a table, and its figure."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

from studies.report.answer import Answer
from studies.report.best_found import best_found, point_text, short
from studies.report.charts import Chart, Series
from studies.report.crossing import met_at
from studies.report.variants import without_number
from studies.runner.rows import FAILED, REFUSED
from studies.runner.study import Drawing, Study
from studies.runner.table import Estimate, Table, averaged

_MOST_ROWS = 60
# Reasons of refusals that are told.
_TOLD = 3


def plain_answer(study: Study, table: Table) -> Answer:
    """What a search has found; where every metric is least and largest, and how it was averaged."""
    done = table.done
    words = best_found(study, table) if study.adaptive else []
    drawing = study.drawing
    if drawing is not None and drawing.target is not None:
        words += met_at(drawing, drawing.target, study, table)
    for name, metric in study.known.items():
        points = [(key, group.of(name)) for key, group in done.by(*table.axes)]
        found = [(key, e) for key, e in points if math.isfinite(e.value)]
        count = sum(math.isinf(e.value) for _, e in points)
        infinite = f"infinite at {count} of {len(points)} points" if count else ""
        if not found:
            words.append(f"{metric.label}: {infinite or 'no number at any point'}.")
            continue
        least, most = (f(found, key=lambda pair: pair[1].value) for f in (min, max))
        words.append(
            f"{metric.label}, {averaged(metric)}: least {least[1].text()} at "
            f"{point_text(table.axes, least[0])}; largest {most[1].text()} at "
            f"{point_text(table.axes, most[0])}{'; ' if infinite else ''}{infinite}."
        )
    words += refusals(table)
    # What a search has chosen is not known of points that failed.
    known = table.where(lambda row: None not in [row[axis] for axis in table.axes])
    cells = [
        [*map(short, key), *(_cell(group, m) for m in study.known)]
        for key, group in known.by(*table.axes)
    ]
    if len(cells) > _MOST_ROWS:
        words.append(
            f"The table of this answer has the first {_MOST_ROWS} of {len(cells)} points; "
            "table.csv has all."
        )
    columns = [*table.axes, *(m.label for m in study.known.values())]
    charts = [] if drawing is None else [drawn(drawing, study, table)]
    return Answer(words, columns, cells[:_MOST_ROWS], charts)


def _cell(group: Table, metric: str) -> str:
    """An estimate, and on how many chips there is none; how these ended if there is none at all."""
    found, (ended, lost) = group.of(metric), without_number(group, metric)
    if not found.count and lost:
        return ended
    return f"{found.text()}, {ended} on {lost} of {len(group)}" if lost else found.text()


def refusals(table: Table) -> list[str]:
    """Sentences on refused chips, on machines that cannot be, and on points that failed."""
    counting = [name for name, metric in table.metrics.items() if not math.isnan(metric.refused)]
    chips = table.where(table.is_refused_chip)
    others = table.where(lambda row: not table.is_refused_chip(row))
    found = []
    for rows, what in (
        (chips, f"are chips that calibration refuses, and count in {' and '.join(counting)} alone"),
        (others.where(status=REFUSED), "cannot be, and are in no number above"),
        (others.where(status=FAILED), "failed"),
    ):
        if len(rows):
            reasons = rows.reasons()
            # What stands behind the first semicolon is a remedy.
            told = "; ".join(
                f"{count} times {why.partition(';')[0]}"
                for why, count in list(reasons.items())[:_TOLD]
            )
            more = len(reasons) - _TOLD
            rest = f"; and {more} more reasons in the table of rows" if more > 0 else ""
            found.append(f"{len(rows)} of {len(table)} {what}: {told}{rest}.")
    return found


def drawn(drawing: Drawing, study: Study, table: Table) -> Chart:
    """One metric against one axis, a line for each value of another one.

    Where other axes vary besides, points are means over them, too, without an interval: that would
    be one of chips.
    """
    done, metric = table.done, study.known[drawing.y]
    xs = done.values(drawing.x)
    numeric = all(isinstance(x, int | float) and not isinstance(x, bool) for x in xs)
    groups = done.by(drawing.lines) if drawing.lines else iter([((), done)])
    series: list[Series] = []
    over: set[str] = set()
    for key, group in groups:
        points = []
        for (x,), part in group.by(drawing.x):
            others = {axis for axis in table.axes if len(part.values(axis)) > 1}
            found, over = part.of(drawing.y), over | others
            points.append((x, replace(found, low=math.nan, high=math.nan) if others else found))
        points = [(x, e) for x, e in points if e.count]
        points.sort(key=lambda p: p[0] if numeric else xs.index(p[0]))
        places = [float(x) if numeric else float(xs.index(x)) for x, _ in points]
        label = short(key[0]) if key else ""
        series.append(series_of(label, places, [e for _, e in points]))
    if drawing.target is not None and xs:
        ends, target = [float(min(xs)), float(max(xs))], [drawing.target] * 2
        series.append(Series(f"{drawing.target:g}", ends, target, dashed=True))
    names = () if numeric else tuple(map(str, xs))
    log_x = drawing.log_x and numeric
    told = ", ".join(axis for axis in table.axes if axis in over)
    label = f"{metric.label}, over all {told}" if told else metric.label
    return Chart(study.question, drawing.x, label, series, log_x, drawing.log_y, names)


def series_of(
    label: str, x: list[float], estimates: list[Estimate], dashed: bool = False
) -> Series:
    """Points with the intervals of estimates, joined where x ascends."""
    ascends = all(a < b for a, b in pairwise(x))
    return Series(
        label,
        x,
        [e.value for e in estimates],
        [e.low for e in estimates],
        [e.high for e in estimates],
        dashed=dashed,
        lined=ascends,
    )
