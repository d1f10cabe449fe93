"""What should be measured first?  Every device parameter is moved within its stated spread.

Morris' screening: trajectories through the space of all parameters, one changed at a time, from
minus to plus a spread.  Rates are those of a typical row of the worst modulus, with the laser
dimmed so that they can be told; power is what noise alone needs behind the loss of the data.
Both are looked at in decades.  The ranking is made again with ranges twice as wide.
"""

from __future__ import annotations

import math

from studies.metrics.sensitivity import (
    MACHINE,
    Effect,
    device_parameters,
    morris_effects,
    moved,
    rank_correlation,
)
from studies.metrics.spreads import spread_of
from studies.report.answer import Answer
from studies.report.charts import Chart, Series, bars
from studies.report.plain_answer import refusals
from studies.runner.axes import Span
from studies.runner.study import Study
from studies.runner.table import Table

RATE, POWER = "typical_row_error_rate_predicted", "link_power_for_target_w"
_RESULTS = {RATE: "error rate", POWER: "power"}
_LEADING = 10


def answer(table: Table) -> Answer:
    """The parameters that lead for error rate and for power, and whether ranges change that."""
    names = [name for name in table.axes if name != "range"]
    found = {
        (metric, scale): morris_effects(part.rows, names, metric)
        for (scale,), part in table.by("range")
        for metric in (RATE, POWER)
    }
    words, cells = [], []
    scales = table.values("range")
    for metric, what in _RESULTS.items():
        effects = found[metric, scales[0]]
        leading = ", ".join(f"{e.name} ({e.size:.2g}{_error(e)})" for e in effects[:5])
        words.append(f"For the {what}, decades from end to end of the spread: {leading}.")
        for scale in scales[1:]:
            agreed = rank_correlation(effects, found[metric, scale])
            first = {e.name for e in effects[:_LEADING]}
            again = first & {e.name for e in found[metric, scale][:_LEADING]}
            words.append(
                f"With ranges {scale:g} times as wide the ranking for the {what} has a rank "
                f"correlation of {agreed:.2f}, and {len(again)} of the first {_LEADING} stay."
            )
        cells += [
            [
                what,
                e.name,
                spread_of(e.name).text,
                f"{e.size:.3g}",
                _error(e),
                "" if math.isnan(e.spread) else f"{e.spread:.3g}",
                spread_of(e.name).source,
            ]
            for e in effects[: 2 * _LEADING]
        ]
    words += refusals(table)
    columns = (
        "result",
        "parameter",
        "spread",
        "decades",
        "95 %",
        "scatter",
        "source of the spread",
    )
    charts = [
        _chart(f"What moves the {what}, decades", [found[metric, s] for s in scales], scales)
        for metric, what in _RESULTS.items()
    ]
    return Answer(words, columns, cells, charts)


def _error(effect: Effect) -> str:
    return "" if math.isnan(effect.error) else f" ± {effect.error:.2g}"


def _chart(title: str, rankings: list[list[Effect]], scales: list[float]) -> Chart:
    names = [e.name for e in rankings[0][:_LEADING]]
    series = []
    for scale, effects in zip(scales, rankings, strict=True):
        by_name = {e.name: e for e in effects}
        shown = [(i, by_name[n]) for i, n in enumerate(names) if n in by_name]
        series.append(
            Series(
                f"{scale:g} spreads either way",
                [float(i) for i, _ in shown],
                [e.size for _, e in shown],
                [max(0.0, e.size - e.error) for _, e in shown],
                [e.size + e.error for _, e in shown],
            )
        )
    return bars(title, "mean absolute effect / decades", names, series)


# A rate that can be told, of a calibration that leaves what the machine's own controller does.
CONDITIONS = {
    "laser.power_w": 1.5e-3,
    "conditions.controller": "oracle",
    "conditions.residual_rad": 7e-4,
    "conditions.rows": 4,
    "conditions.vectors": 60,
    "calibration.accept": "any",
    # Room for more jitter than by design.
    "receiver.sampling_guard_s": 3e-12,
}

STUDY = Study(
    question="What should be measured first?",
    machine=MACHINE,
    cases={"range": [1.0, 2.0]},
    axes={name: Span(name, -1.0, 1.0) for name in device_parameters()},
    changes=moved,
    sampler="morris",
    points=20,
    metrics=[RATE, POWER],
    set=CONDITIONS,
    quick={
        "points": 1,
        "cases": {"range": [1.0]},
        "set": {"conditions.rows": 1, "conditions.vectors": 20},
    },
    minutes=8,
    answer=answer,
)
