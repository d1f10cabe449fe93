"""How long may a row be, how fast may it run, and how often must it be tracked?"""

from __future__ import annotations

from studies.report.answer import Answer
from studies.report.plain_answer import refusals
from studies.report.variants import bars_of, rate_text, side_by_side
from studies.report.verdict import who_meets
from studies.runner.study import Study
from studies.runner.table import Table

_VARIANT, _RATE = "row", "symbol_error_rate_predicted"
_TARGET = 1e-6


def answer(table: Table) -> Answer:
    """Errors, settling and loss by length, clock, loss, drift and pilots."""
    metrics = [
        (_RATE, "error rate", 1.0),
        ("laser_power_for_target_w", "laser for 1e-6 / mW", 1e3),
        ("rail_loss_db", "loss / dB", 1.0),
        ("fastest_clock_hz", "settles up to / GHz", 1e-9),
        ("settled", "settled", 1.0),
    ]
    columns, cells = side_by_side(table, [_VARIANT], metrics)
    rates = {v: part.of(_RATE) for (v,), part in table.done.by(_VARIANT)}
    early = [v for (v,), part in table.done.by(_VARIANT) if part.of("settled").value < 0.5]
    words = []
    for kind, what in (
        ("g = ", "Multipliers in a row"),
        ("clock ", "Clocks"),
        ("drift ", "Rms drifts between the rails of a row, and pilot symbols against them,"),
        ("loss ", "Loss of shifters"),
    ):
        found = [(v, e) for v, e in rates.items() if v.startswith(kind)]
        if found:
            settled = [(v, e) for v, e in found if v not in early]
            fail = [f"{v} ({rate_text(e)})" for v, e in settled if min(e.value, e.low) >= _TARGET]
            words.append(
                f"{what} that meet {_TARGET:.0e} and settle: {who_meets(settled, _TARGET)}."
                + (f" Not met: {', '.join(fail)}." if fail else "")
            )
    if early:
        words.append(
            f"Symbols end before they have settled with: {', '.join(early)}. What rings and the "
            "delay of a chain do then is in no error rate here, which is that of settled light, "
            "so none of these counts as meeting it."
        )
    words += refusals(table)
    charts = [
        bars_of(table, _VARIANT, _RATE, "Error rate by length, clock, loss, drift and pilots"),
        bars_of(
            table,
            _VARIANT,
            "fastest_clock_hz",
            "Clock up to which symbols settle",
            scale=1e-9,
            label="GHz",
        ),
    ]
    return Answer(words, columns, cells, charts)


def _clock(clock_hz: float) -> dict[str, object]:
    """A clock with an amplifier as much faster, which keeps what it remembers of a symbol."""
    return {"clock_hz": clock_hz, "receiver.tia.bandwidth_hz": 3.4 * clock_hz}


def _drift(rail_k: float, pilots: int) -> dict[str, object]:
    return {"drift.rail_rms_k": rail_k, "drift.pilots": pilots}


_ROWS: dict[str, dict[str, object]] = {
    **{f"g = {g}": {"bfp.group_size": g} for g in (4, 8, 16, 24, 32)},
    **{f"clock {1e-9 * hz:g} GHz": _clock(hz) for hz in (0.1e9, 0.25e9, 0.5e9, 1e9, 2.5e9)},
    **{
        f"loss {db:g} dB/mm": {"multiplier.shifter.loss_db_per_m": 1e3 * db}
        for db in (0.4, 1.6, 3.2)
    },
    **{
        f"drift {1e3 * k:g} mK, {pilots} pilots": _drift(k, pilots)
        for k in (1e-3, 5e-3, 20e-3)
        for pilots in (0, 4, 64)
    },
}
_QUICK = (
    "g = 8",
    "g = 16",
    "g = 32",
    "clock 0.25 GHz",
    "clock 1 GHz",
    "loss 3.2 dB/mm",
    "drift 1 mK, 0 pilots",
    "drift 20 mK, 0 pilots",
    "drift 20 mK, 64 pilots",
)

STUDY = Study(
    question="How long may a row be, how fast may it run, how often must it be tracked?",
    axes={_VARIANT: _ROWS},
    metrics=[
        _RATE,
        "laser_power_for_target_w",
        "rail_loss_db",
        "fastest_clock_hz",
        "settled",
    ],
    set={"conditions.vectors": 300, "calibration.accept": "any"},
    replicas=8,
    quick={
        "axes": {_VARIANT: {name: _ROWS[name] for name in _QUICK}},
        "set": {"conditions.controller": "oracle", "conditions.vectors": 30, "conditions.rows": 2},
        "replicas": 1,
    },
    minutes=7,
    answer=answer,
)
