"""How much light do stated error rates on real data need, for either polarity of the switches?

The paper asks for an amplitude over noise above m, and counts 2.87 W for all lasers: 0.75 mW for
each of 768 rows at a wall-plug efficiency of a fifth.
"""

from __future__ import annotations

import math

from studies.report.answer import Answer
from studies.report.charts import Chart, Series
from studies.report.numbers import number_text
from studies.report.plain_answer import refusals
from studies.report.variants import text_of
from studies.runner.study import Study
from studies.runner.table import Table

_PAPER_W, _PAPER_ROW_W = 2.87, 0.75e-3
_ROWS, _WALL_PLUG = 768, 0.2
_STATED, _LAX, _MODULUS = 1e-6, 1e-3, 33
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
            number_text(1e3 * e.value) if math.isfinite(e.value) else "none is enough"
            for e in needs
        ]
        for (target, each), need, milliwatts in zip(found, needs, watts, strict=True):
            total_w = need.value * _ROWS / _WALL_PLUG
            cells.append(
                [
                    label,
                    f"{target:.0e}",
                    text_of(each, _NEEDS, 1e3) if math.isfinite(need.value) else milliwatts,
                    number_text(total_w) if math.isfinite(total_w) else "",
                    number_text(total_w / _PAPER_W, 2) if math.isfinite(total_w) else "",
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
        Series("the paper's average, 0.75 mW", targets, [1e3 * _PAPER_ROW_W] * 2, dashed=True)
    )
    chart = Chart(
        "Light of a row for an error rate",
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
        dark = [d for d, e in needs.items() if math.isinf(e.value)]
        never = f"; no light meets it on {' and '.join(map(str, dark))} data" if dark else ""
        total_w = most.value * _ROWS / _WALL_PLUG
        words.append(
            f"{machine}, {polarity}: {_STATED:.0e} on {data} data takes, in mW a row, "
            f"{most.text(1e3)}; that is {number_text(total_w)} W for all lasers of the paper's "
            f"machine, {number_text(total_w / _PAPER_W, 2)} times its 2.87 W{never}."
        )
        words += _criterion(f"{machine}, {polarity}", data, part, table)
    words += _polarities(table)
    words.append(
        "`robust` runs at 0.25 GHz, a fortieth of the paper's clock: for one product its light "
        "costs forty times what its watts say beside the paper's."
    )
    own = [
        f"{polarity} {number_text(e.least, 2)} to {number_text(e.most, 2)} times m"
        for (polarity,), part in table.where(circuit="robust").by(_POLARITY)
        if (e := part.of("amplitude_over_noise")).count
    ]
    words.append(
        f"The paper asks for SNR > m. Of amplitudes that is an error rate of {_rate_at(1.0):.1e}; "
        f"of powers one of {_rate_at(_MODULUS**-0.5):.2g}, with which there is no arithmetic. "
        f"At its own light `robust` has, behind the median loss: {'; '.join(own)}."
    )
    words.append(
        "forward, dx and dw data are what is streamed in the products for outputs, for gradients "
        "of inputs and for gradients of weights."
    )
    return words + refusals(table)


def _criterion(label: str, data: str, part: Table, table: Table) -> list[str]:
    """What the stated error rate costs over the paper's criterion, chip by chip."""
    machine, polarity = part.rows[0]["circuit"], part.rows[0][_POLARITY]
    same = table.where(**{"circuit": machine, _POLARITY: polarity, _DATA: data, _TARGET: _LAX})
    more = part.where(**{_DATA: data}).paired(_NEEDS, same)
    if not more.count or not math.isfinite(more.value):
        return []
    return [
        f"{label}: over the light for {_LAX:.0e}, about what an amplitude over noise of m gives, "
        f"that is a factor of {more.text()}."
    ]


def _polarities(table: Table) -> list[str]:
    """How much more light switches take whose zeros couple, chip by chip."""
    at = table.where(**{_TARGET: _STATED})
    pairs = [
        (machine, data, part.where(**{_POLARITY: "zero-coupled"}), part)
        for (machine, data), part in at.by("circuit", _DATA)
    ]
    told = []
    for machine, data, zero, part in pairs:
        one = part.where(**{_POLARITY: "one-coupled"})
        ratio = zero.paired(_NEEDS, one)
        if ratio.count and math.isfinite(ratio.value):
            back = one.paired(_NEEDS, zero)
            # A chip on which no light is enough for ones has no ratio.
            alone = f", and zeros alone meet it on {back.never} of {back.count} chips"
            told.append(f"{ratio.text()} on {data} data of {machine}{alone if back.never else ''}")
    if not told:
        return []
    return [
        "Switches that couple zeros, as the paper's, take this many times the light of those "
        f"that couple ones, for {_STATED:.0e}: {'; '.join(told)}."
    ]


def _rate_at(amplitude_over_noise_m: float) -> float:
    """Error rate of m levels with so many m of amplitude over noise: twice the Gaussian tail."""
    distance = amplitude_over_noise_m * _MODULUS * math.sin(math.pi / _MODULUS)
    return math.erfc(distance / math.sqrt(2.0))


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
