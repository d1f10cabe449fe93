"""How much light do stated error rates on real data need, for either polarity of the switches?

The paper asks for an amplitude over noise above m, and counts 2.87 W for all lasers: 0.75 mW for
each of 768 dot-product units at a wall-plug efficiency of a fifth.
"""

from __future__ import annotations

import math

from studies.report.answer import Answer
from studies.report.charts import Chart, Series
from studies.report.plain_answer import refusals
from studies.report.variants import text_of
from studies.runner.study import Study
from studies.runner.table import Table

_PAPER_W, _PAPER_UNIT_W = 2.87, 0.75e-3
_UNITS, _WALL_PLUG = 768, 0.2
_STATED = 1e-6
_TARGET, _NEEDS = "conditions.target_error_rate", "laser_power_for_target_w"
_POLARITY, _DATA = "multiplier.polarity", "conditions.streamed"


def answer(table: Table) -> Answer:
    """Light for each target, data and polarity, against what the paper counts."""
    cells, words, series = [], [], []
    for (machine, polarity, data), part in table.by("circuit", _POLARITY, _DATA):
        found = [(target, each) for (target,), each in part.by(_TARGET)]
        needs = [each.of(_NEEDS) for _, each in found]
        label = f"{machine}, {polarity}, {data}"
        watts = [
            f"{1e3 * e.value:.3g}" if math.isfinite(e.value) else "none is enough" for e in needs
        ]
        for (target, each), need, milliwatts in zip(found, needs, watts, strict=True):
            total_w = need.value * _UNITS / _WALL_PLUG
            cells.append(
                [
                    label,
                    f"{target:.0e}",
                    text_of(each, _NEEDS, 1e3) if math.isfinite(need.value) else milliwatts,
                    f"{total_w:.3g}" if math.isfinite(total_w) else "",
                    f"{total_w / _PAPER_W:.2g}" if math.isfinite(total_w) else "",
                    text_of(each, "link_power_for_target_w", 1e3),
                    text_of(each, "rail_loss_db"),
                ]
            )
        finite = [(t, e) for (t, _), e in zip(found, needs, strict=True) if math.isfinite(e.value)]
        if finite:
            series.append(
                Series(
                    label,
                    [t for t, _ in finite],
                    [1e3 * e.value for _, e in finite],
                    [1e3 * e.low for _, e in finite],
                    [1e3 * e.high for _, e in finite],
                )
            )
    words += _words(table)
    targets = [min(table.values(_TARGET)), max(table.values(_TARGET))]
    series.append(
        Series("the paper's average, 0.75 mW", targets, [1e3 * _PAPER_UNIT_W] * 2, dashed=True)
    )
    chart = Chart(
        "Light of a dot-product unit for an error rate",
        "symbol error rate that is met",
        "laser / mW",
        series,
        log_x=True,
        log_y=True,
    )
    columns = (
        "machine, polarity, data",
        "target",
        "laser / mW",
        "all lasers / W",
        "over 2.87 W",
        "noise alone, 99.9 % / mW",
        "rail loss, 99.9 % / dB",
    )
    return Answer(words, columns, cells, [chart])


def _words(table: Table) -> list[str]:
    words = []
    for (machine, polarity), part in table.where(**{_TARGET: _STATED}).by("circuit", _POLARITY):
        needs = {data: each.of(_NEEDS) for (data,), each in part.by(_DATA)}
        told = {d: e for d, e in needs.items() if math.isfinite(e.value)}
        if not told:
            words.append(
                f"{machine}, {polarity}: no light meets {_STATED:.0e} on any chip that was looked "
                "at: what leaks and static errors leave errs more often by itself."
            )
            continue
        data, most = max(told.items(), key=lambda pair: pair[1].value)
        total_w = most.value * _UNITS / _WALL_PLUG
        words.append(
            f"{machine}, {polarity}: {_STATED:.0e} on {data} data takes, in mW a unit, "
            f"{most.text(1e3)}; that is {total_w:.3g} W for all lasers of the paper's machine, "
            f"{total_w / _PAPER_W:.2g} times its 2.87 W."
        )
    words.append(
        "`robust` runs at 0.25 GHz, a fortieth of the paper's clock: for one product its light "
        "costs forty times what its watts say beside the paper's."
    )
    floor = table.where(circuit="robust").of("amplitude_over_noise")
    words.append(
        "An amplitude over noise of m, read as the paper's criterion, is an error rate of 1.7e-3; "
        f"at its own light the machine `robust` has {floor.least:.2g} to {floor.most:.2g} times m "
        "behind the median loss, by polarity and data."
    )
    return words + refusals(table)


STUDY = Study(
    question="How much light do stated error rates on real data need, for either polarity?",
    cases={
        "circuit": {
            "robust": {"machine": "robust"},
            "isca2024": {"machine": "isca2024"},
        },
        _POLARITY: ["one-coupled", "zero-coupled"],
    },
    axes={
        _DATA: ["forward", "dx", "dw"],
        _TARGET: [1e-3, 1e-6, 1e-9],
    },
    metrics=[
        _NEEDS,
        "link_power_for_target_w",
        "rail_loss_db",
        "amplitude_over_noise",
        "floor_share",
    ],
    set={"conditions.vectors": 300},
    replicas=6,
    quick={
        "axes": {_DATA: ["forward"], _TARGET: [1e-3, 1e-6]},
        "cases": {"circuit": {"robust": {"machine": "robust"}}},
        "set": {"conditions.controller": "oracle", "conditions.vectors": 60},
        "replicas": 2,
    },
    minutes=6,
    answer=answer,
)
