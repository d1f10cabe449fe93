"""Ring or interferometer switches: what do extinction, loss, coupling and quadrature do?"""

from __future__ import annotations

import math
from collections.abc import Mapping

from mirage_core.machine.loading import load_machine
from photonics.units import power_to_db
from studies.report.answer import Answer
from studies.report.plain_answer import refusals
from studies.report.variants import bars_of, side_by_side
from studies.report.verdict import who_meets
from studies.runner.study import Study
from studies.runner.table import Table

_SWITCH, _BYPASS = "switch", "bypass"
_RATE, _FLOOR = "symbol_error_rate_predicted", "floor_share"
_TARGET = 1e-6


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
    leaks = {str(switch): leaks_db(_ALL[str(switch)]) for switch in table.values(_SWITCH)}
    columns += ["wrong path coupled / dB", "wrong path straight / dB"]
    cells = [[*row, *(f"{leak:.1f}" for leak in leaks[row[0]])] for row in cells]
    words = []
    clock_hz = load_machine("robust").design.clock_hz
    for bypass in table.values(_BYPASS):
        rates = list(table.where(bypass=bypass).done.by(_SWITCH))
        settle = [(s, p) for (s,), p in rates if p.of("fastest_clock_hz").value >= clock_hz]
        late = [s for (s,), p in rates if p.of("fastest_clock_hz").value < clock_hz]
        met = who_meets([(s, p.of(_RATE)) for s, p in settle], _TARGET)
        words.append(
            f"bypass {bypass}, switches that settle at {1e-9 * clock_hz:g} GHz and err below "
            f"{_TARGET:.0e}: {met}."
            + (f" Too slow for that clock: {', '.join(late)}." if late else "")
        )
    hidden = [
        (part.where(bypass=plain).paired(_FLOOR, part.where(bypass=quarter)), switch)
        for (switch,), part in table.done.by(_SWITCH)
    ]
    hidden = sorted(((e, s) for e, s in hidden if e.count), key=lambda pair: pair[0].value)
    if hidden:
        (least, least_at), (most, most_at) = hidden[0], hidden[-1]
        words.append(
            "Without a quarter wave between the paths of a digit, what leaks and static errors "
            f"turn grows, in half a cell, by {least.text(digits=2)} ({least_at}) to "
            f"{most.text(digits=2)} ({most_at})."
        )
    # As it is told: what is alike to a tenth is not told apart by rounding.
    best, worst = (f(leaks, key=lambda s: round(max(leaks[s]), 1)) for f in (min, max))
    words.append(
        f"Light on the wrong path, in the worse state: {max(leaks[best]):.1f} dB with {best}, "
        f"{max(leaks[worst]):.1f} dB with {worst}."
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
    outside = [s for (s,), part in table.done.by(_SWITCH) if part.of("within_model").value < 1.0]
    if outside:
        words.append(f"More light in guides than the model holds for with: {', '.join(outside)}.")
    words += refusals(table)
    charts = [
        bars_of(table, _SWITCH, _RATE, "Error rate by switch", _BYPASS),
        bars_of(table, _SWITCH, _FLOOR, "Leaks and static errors over half a cell", _BYPASS),
    ]
    return Answer(words, columns, cells, charts)


def leaks_db(values: Mapping[str, object]) -> tuple[float, float]:
    """Power on the wrong path over that on the right one, by design: coupled state, straight one.

    Args:
        values: of the machine, by dotted name.
    """
    design = load_machine("robust", values).design
    switch, wavelength_m = design.multiplier.switch, design.laser.wavelength_m
    straight, coupled = (switch.powers(wavelength_m, coupled=c) for c in (False, True))
    return power_to_db(coupled[0] / coupled[1]), power_to_db(straight[1] / straight[0])


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
