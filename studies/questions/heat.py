"""Heaters beside each other: what do pitch, trench, undercut and compensation do to a row?"""

from __future__ import annotations

import math

from photonics.random import NoiseKey
from studies.report.answer import Answer
from studies.report.plain_answer import refusals
from studies.report.variants import bars_of, rate_text, side_by_side, text_of
from studies.report.verdict import who_meets
from studies.runner.study import Study
from studies.runner.table import Table

_LAYOUT, _KNOWN = "layout", "multiplier.heat.compensated"
_RATE, _PHASE = "symbol_error_rate_predicted", "repeated_error_share"
_COUPLING = "multiplier.heat.coupling"
_LAW = f"{_COUPLING}.law"
_NEEDS, _TARGET = "laser_power_for_target_w", 1e-6
_REACH = 4


def answer(table: Table) -> Answer:
    """Errors of every layout, with drives set against the crosstalk that is known and without."""
    metrics = [
        (_RATE, "error rate", 1.0),
        (_PHASE, "what repeats / half a cell", 1.0),
        (_NEEDS, "laser for 1e-6 / mW", 1e3),
    ]
    columns, cells = side_by_side(table, [_LAYOUT, _KNOWN], metrics)
    words = []
    for known, what in ((True, "compensated to 5 %"), (False, "not compensated")):
        layouts = list(table.where(**{_KNOWN: known}).done.by(_LAYOUT))
        found = [(layout, part.of(_RATE)) for (layout,), part in layouts]
        words.append(f"Layouts that err below {_TARGET:.0e}, {what}: {who_meets(found, _TARGET)}.")
        light = [
            f"{layout} {text_of(part, _NEEDS, 1e3)}"
            for layout, part in ((key[0], part) for key, part in layouts)
            if math.isfinite(part.of(_NEEDS).value)
        ]
        words.append(f"Light for {_TARGET:.0e} in mW, {what}: {', '.join(light) or 'none'}.")
    for (layout,), part in table.done.by(_LAYOUT):
        with_it, without = (part.where(**{_KNOWN: known}) for known in (True, False))
        if len(with_it) and len(without):
            fewer = with_it.paired(_PHASE, without)
            words.append(
                f"{layout}: {rate_text(with_it.of(_RATE))} with compensation, "
                f"{rate_text(without.of(_RATE))} without; what repeats changes by "
                f"{fewer.text()} of half a cell."
            )
    words += refusals(table)
    charts = [
        bars_of(table, _LAYOUT, _RATE, "Error rate by layout of the heaters", _KNOWN),
        bars_of(table, _LAYOUT, _PHASE, "What repeats with the data, over half a cell", _KNOWN),
    ]
    return Answer(words, columns, cells, charts)


def _law(nearest: float, pitch_m: float = 100e-6, decay_m: float = 50e-6) -> dict[str, object]:
    """Heaters that couple by an exponential law, given at 50 µm, rings midway between them."""
    return {
        f"{_LAW}.nearest_coupling": nearest,
        f"{_LAW}.decay_length_m": decay_m,
        "multiplier.heat.digit_pitch_m": pitch_m,
        "multiplier.heat.switch_distance_m": pitch_m / 2,
    }


def _measured(nearest: float) -> dict[str, object]:
    """A stencil as a measurement would give it: every coupling its own, half to one and a half.

    Lines are places around a heater of either rail; see :mod:`circuits.design.heat_layout`.
    """
    key = NoiseKey.from_seed(0).fold("study", "stencil")
    heaters = [(rail, row, other) for rail in (0, 1) for row in (-1, 0, 1) for other in (0, 1)]
    places = range(-_REACH, _REACH + 1)
    scatter = iter((0.5 + key.uniform(0, len(heaters) * len(places))).tolist())

    def coupling(rails: int, rows: int, columns: int) -> float:
        away = (columns**2 + (rails + 2.5 * rows) ** 2) ** 0.5
        drawn = next(scatter)
        return drawn * nearest * 0.135 ** (away - 1.0) if away else 1.0

    stencil = [[coupling(t - f, row, p) for p in places] for f, row, t in heaters]
    return {
        f"{_COUPLING}.law": "none",
        f"{_COUPLING}.stencil": stencil,
        "multiplier.heat.switch_coupling.law.nearest_coupling": nearest,
        "multiplier.heat.switch_coupling.law.decay_length_m": 50e-6,
    }


_UNDERCUT, _TRENCHED, _CLOSED = 2.5e-4, 1e-3, 3e-2
_LAYOUTS = {
    "undercut, 100 µm": _law(_UNDERCUT),
    "undercut, 200 µm": _law(_UNDERCUT, 200e-6),
    "undercut, far-reaching": _law(_UNDERCUT, decay_m=200e-6),
    "trenched, 100 µm": _law(_TRENCHED),
    "trenched, 200 µm": _law(_TRENCHED, 200e-6),
    "no trench, 100 µm": _law(_CLOSED),
    "no trench, 300 µm": _law(_CLOSED, 300e-6),
    "above a heat sink": {
        f"{_LAW}.height_m": 3e-6,
        f"{_LAW}.width_m": 2e-6,
        "multiplier.heat.digit_pitch_m": 100e-6,
    },
    "undercut, as measured": _measured(_UNDERCUT * 2.72**-1),
}

_QUICK = (
    "undercut, 100 µm",
    "trenched, 100 µm",
    "no trench, 300 µm",
    "undercut, as measured",
)

STUDY = Study(
    question="Heaters beside each other: what do pitch, trench, undercut and compensation do?",
    machine="thermo-optic",
    cases={_KNOWN: [True, False]},
    axes={_LAYOUT: _LAYOUTS},
    metrics=[_RATE, _PHASE, _NEEDS, "rail_loss_db"],
    set={"conditions.vectors": 200, "calibration.accept": "any"},
    replicas=8,
    quick={
        "axes": {_LAYOUT: {name: _LAYOUTS[name] for name in _QUICK}},
        "set": {"conditions.controller": "oracle", "conditions.vectors": 30, "conditions.rows": 2},
        "replicas": 1,
    },
    minutes=6,
    answer=answer,
)
