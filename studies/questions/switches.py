"""Ring or interferometer switches: what do extinction, loss, coupling and quadrature do?"""

from __future__ import annotations

import math

from studies.report.answer import Answer
from studies.report.plain_answer import refusals
from studies.report.variants import bars_of, best_and_worst, rate_text, side_by_side
from studies.runner.study import Study
from studies.runner.table import Table

_SWITCH, _BYPASS = "switch", "bypass"
_RATE, _FLOOR = "symbol_error_rate_predicted", "floor_share"


def answer(table: Table) -> Answer:
    """Errors, leaks and loss of every switch, with and without a quarter wave in the bypass."""
    metrics = [
        (_RATE, "error rate", 1.0),
        ("wrong_without_noise", "wrong by leaks alone", 1.0),
        (_FLOOR, "leaks / half a cell", 1.0),
        ("rail_loss_db", "loss / dB", 1.0),
        ("fastest_clock_hz", "clock / GHz", 1e-9),
    ]
    quarter, plain = "quarter wave", "in phase"
    columns, cells = side_by_side(table, [_SWITCH, _BYPASS], metrics)
    words = []
    for bypass in table.values(_BYPASS):
        part = table.where(bypass=bypass)
        (good, least), (bad, most) = best_and_worst(part, _SWITCH, _RATE)
        words.append(
            f"bypass {bypass}: fewest errors with {good}, {rate_text(least)}; most with {bad}, "
            f"{rate_text(most)}."
        )
    hidden = []
    for (switch,), part in table.done.by(_SWITCH):
        floors = [part.where(bypass=b).of(_FLOOR).value for b in (quarter, plain)]
        if all(map(math.isfinite, floors)) and floors[1] > 0:
            hidden.append((floors[1] / floors[0], switch))
    if hidden:
        most_hidden, least_hidden = max(hidden), min(hidden)
        words.append(
            "A quarter wave between the paths of a digit hides leak: it divides what leaks turn by "
            f"{least_hidden[0]:.2g} ({least_hidden[1]}) to {most_hidden[0]:.2g} ({most_hidden[1]})."
        )
    broken = [
        (switch, bypass)
        for (switch, bypass), part in table.done.by(_SWITCH, _BYPASS)
        if part.of("wrong_without_noise").value > 1e-3
    ]
    if broken:
        told = ", ".join(f"{s} ({b})" for s, b in broken)
        words.append(
            f"Leaks and static errors alone turn more than 1e-3 of the readings wrong with: {told}."
        )
    words += refusals(table)
    charts = [
        bars_of(table, _SWITCH, _RATE, "Error rate by switch", _BYPASS),
        bars_of(table, _SWITCH, _FLOOR, "Leaks and static errors over half a cell", _BYPASS),
    ]
    return Answer(words, columns, cells, charts)


def _ring(coupling: float, detuning_m: float) -> dict[str, object]:
    return {
        "multiplier.switch.kind": "ring",
        "multiplier.switch.coupling_power": coupling,
        "multiplier.switch.detuning_m": detuning_m,
    }


def _mzi(**values: object) -> dict[str, object]:
    inner = {f"multiplier.switch.{name}": value for name, value in values.items()}
    return {"multiplier.switch.kind": "mzi", **inner}


# Arms of barium titanate are a tenth as long as those of lithium niobate.
_SHORT = {"arm.kind": "electro-optic", "arm.part": "barium-titanate-typical"}
_RINGS = {
    f"ring, k² = {k}, {1e9 * d:g} nm": _ring(k, d)
    for k in (0.05, 0.1, 0.2)
    for d in (1e-9, 2e-9, 4.5e-9)
}
_PARTS: dict[str, dict[str, object]] = {
    "ring, cheng-2019": {
        "multiplier.switch.kind": "ring",
        "multiplier.switch.part": "cheng-2019",
    },
    "ring, 10 dB/cm": {**_ring(0.1, 2e-9), "multiplier.switch.loss_db_per_m": 1000.0},
    "mzi, lithium niobate": _mzi(),
    "mzi, barium titanate": _mzi(**_SHORT),
    "mzi, barium titanate, mmi-typical": _mzi(
        **_SHORT, **{"coupler.cross_power": 0.4827, "coupler.excess_loss_db": 0.3}
    ),
}
_ALL: dict[str, dict[str, object]] = {**_RINGS, **_PARTS}
_BYPASSES = {
    "quarter wave": {"multiplier.bypass_phase_rad": math.pi / 2},
    "in phase": {"multiplier.bypass_phase_rad": 0.0},
}

_QUICK = (
    "ring, k² = 0.05, 2 nm",
    "ring, k² = 0.1, 1 nm",
    "ring, k² = 0.1, 2 nm",
    "ring, k² = 0.1, 4.5 nm",
    "ring, k² = 0.2, 2 nm",
    "mzi, lithium niobate",
)

STUDY = Study(
    question="Ring or interferometer switches: which, how far detuned, and what does a quarter "
    "wave hide?",
    cases={_BYPASS: _BYPASSES},
    axes={_SWITCH: _ALL},
    metrics=[
        _RATE,
        "wrong_without_noise",
        _FLOOR,
        "rail_loss_db",
        "fastest_clock_hz",
        "within_model",
    ],
    set={"conditions.vectors": 300, "calibration.accept": "any"},
    replicas=8,
    quick={
        "axes": {_SWITCH: {name: _ALL[name] for name in _QUICK}},
        "set": {"conditions.controller": "oracle", "conditions.vectors": 40, "conditions.rows": 2},
        "replicas": 1,
    },
    minutes=9,
    answer=answer,
)
