"""Which flaw of laser, hybrid and converter matters when the loss follows the data?

Each is made worse on its own, on two rails and on one against a reference, and told by the light
that it costs: the power at which the calibrated chip meets the target, against that of the design.
"""

from __future__ import annotations

import math

from studies.report.answer import Answer
from studies.report.charts import Series, bars
from studies.report.plain_answer import refusals
from studies.report.variants import side_by_side
from studies.runner.study import Study
from studies.runner.table import Estimate, Table

_FLAW, _RAILS, _DATA = "flaw", "rails", "conditions.streamed"
_NEEDS, _NONE = "laser_power_for_target_w", "as designed"


def answer(table: Table) -> Answer:
    """Light that every flaw costs, replica by replica against the design."""
    metrics = [
        ("symbol_error_rate_predicted", "error rate", 1.0),
        (_NEEDS, "laser for 1e-6 / mW", 1e3),
        ("repeated_error_share", "what repeats / half a cell", 1.0),
        ("random_error_share", "noise / half a cell", 1.0),
    ]
    columns, cells = side_by_side(table, [_RAILS, _DATA, _FLAW], metrics)
    words, series = [], []
    names = [name for name in table.values(_FLAW) if name != _NONE]
    for (rails, data), part in table.done.by(_RAILS, _DATA):
        design = part.where(flaw=_NONE)
        label, need = f"{rails}, {data}", design.of(_NEEDS)
        if not math.isfinite(need.value):
            words.append(f"{label}: as designed, no light meets 1e-6.")
            continue
        costs = {
            name: part.where(flaw=name).paired(_NEEDS, design)
            for name in names
            if len(part.where(flaw=name))
        }
        words.append(f"{label}: as designed, in mW, {need.text(1e3)}. {_ranked(costs)}")
        finite = [(names.index(n), e) for n, e in costs.items() if math.isfinite(e.value)]
        series.append(
            Series(
                label,
                [float(i) for i, _ in finite],
                [_db(e.value) for _, e in finite],
                [_db(e.low) for _, e in finite],
                [_db(e.high) for _, e in finite],
            )
        )
    words += refusals(table)
    charts = [bars("Light that a flaw costs", "dB of laser power", names, series)] if series else []
    return Answer(words, columns, cells, charts)


def _ranked(costs: dict[str, Estimate]) -> str:
    fatal = [
        name if cost.never == cost.count else f"{name} (on {cost.never} of {cost.count} chips)"
        for name, cost in costs.items()
        if cost.never
    ]
    dear = sorted(
        (
            (_db(cost.value), name)
            for name, cost in costs.items()
            if 1.0 <= _db(cost.value) < math.inf
        ),
        reverse=True,
    )
    told = ", ".join(f"{name} {db:.1f} dB" for db, name in dear) or "none"
    no_light = f" No light makes up for: {', '.join(fatal)}." if fatal else ""
    return f"Flaws that cost a decibel or more: {told}.{no_light}"


def _db(ratio: float) -> float:
    return 10.0 * math.log10(ratio) if ratio > 0 else math.nan


def _hybrid(**values: float) -> dict[str, object]:
    return {f"receiver.hybrid.{name}": value for name, value in values.items()}


_FLAWS: dict[str, dict[str, object]] = {
    _NONE: {},
    "RIN -140 dB/Hz": {"laser.rin_db_per_hz": -140.0},
    "RIN -130 dB/Hz": {"laser.rin_db_per_hz": -130.0},
    "linewidth 1 MHz": {"laser.linewidth_hz": 1e6},
    "linewidth 100 MHz": {"laser.linewidth_hz": 1e8},
    "CMRR -20 dB": {"receiver.hybrid.pair.cmrr_db": -20.0},
    "CMRR -20 dB, RIN -130": {
        "receiver.hybrid.pair.cmrr_db": -20.0,
        "laser.rin_db_per_hz": -130.0,
    },
    "hybrid as sold": _hybrid(
        **{"splitter.imbalance_rms_db": 0.5, "coupler.imbalance_rms_db": 0.5},
        quadrature_rms_rad=0.087,
    ),
    "rails apart by 10 ps": {"receiver.rail_mismatch_s": 1e-11},
    "10 ps, 100 MHz": {"receiver.rail_mismatch_s": 1e-11, "laser.linewidth_hz": 1e8},
    "two bits fewer": {"receiver.adc_extra_bits": 0},
    "one bit fewer": {"receiver.adc_extra_bits": 1},
    "two bits more": {"receiver.adc_extra_bits": 4},
    "ADC INL 0.5": {"receiver.adc_inl_rms_lsb": 0.5},
    "gain fixed": {"receiver.gain": "fixed"},
    "gain fixed, 4 bits more": {"receiver.gain": "fixed", "receiver.adc_extra_bits": 6},
    "jitter 2 ps": {"receiver.clock_jitter_s": 2e-12, "receiver.sampling_guard_s": 1e-11},
    "amplifier 15 pA/√Hz": {"receiver.tia.noise_a_per_rthz": 15e-12},
}
_QUICK = (
    _NONE,
    "RIN -130 dB/Hz",
    "linewidth 1 MHz",
    "two bits fewer",
    "amplifier 15 pA/√Hz",
)

STUDY = Study(
    question="Which flaw of laser, hybrid and converter matters, and when?",
    cases={
        _RAILS: {
            "dual": {"multiplier.rails": "dual"},
            "single": {"multiplier.rails": "single"},
        },
        _DATA: ["forward", "dx"],
    },
    axes={_FLAW: _FLAWS},
    metrics=[
        "symbol_error_rate_predicted",
        _NEEDS,
        "repeated_error_share",
        "random_error_share",
    ],
    # Rings that leak little and a narrow line: otherwise a single rail errs before any flaw.
    set={
        "conditions.vectors": 200,
        "calibration.accept": "any",
        "multiplier.switch.detuning_m": 4.5e-9,
        "laser.linewidth_hz": 1e4,
    },
    replicas=6,
    quick={
        "cases": {_DATA: ["forward"]},
        "axes": {_FLAW: {name: _FLAWS[name] for name in _QUICK}},
        "set": {"conditions.controller": "oracle", "conditions.vectors": 30, "conditions.rows": 1},
        "replicas": 1,
    },
    minutes=14,
    answer=answer,
)
