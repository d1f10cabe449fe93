"""Phase shifters and converters side by side: kinds, and how exactly they must be driven.

A drive that all digits share multiplies each of its errors by the streamed integer, and its phase
is not reduced modulo a turn: hundreds of turns in a row.  The paper's Eq. 14 counts the error of a
converter once for each multiplier, whatever is streamed, and finds eight bits to be enough.
"""

from __future__ import annotations

import math

from studies.report.answer import Answer
from studies.report.plain_answer import refusals
from studies.report.variants import bars_of, rate_text, side_by_side
from studies.report.verdict import who_meets
from studies.runner.study import Study
from studies.runner.table import Estimate, Table

_VARIANT, _DRIVE = "variant", "drive"
_RATE, _PHASE = "symbol_error_rate_predicted", "repeated_error_share"
_LENGTH, _MODULUS, _TARGET = 16, 33, 1e-6


def answer(table: Table) -> Answer:
    """Kinds of shifter, then converters, for a shared drive and for one a digit."""
    metrics = [
        (_RATE, "error rate", 1.0),
        (_PHASE, "what repeats / half a cell", 1.0),
        ("rail_loss_db", "loss / dB", 1.0),
        ("load_s", "load / ns", 1e9),
    ]
    columns, cells = side_by_side(table, [_VARIANT, _DRIVE], metrics)
    words = []
    for drive in table.values(_DRIVE):
        part = table.where(drive=drive).done
        kinds = part.where(lambda row: row[_VARIANT] in _KINDS)
        found = [(v, each.of(_RATE)) for (v,), each in kinds.by(_VARIANT)]
        words.append(
            f"{drive} drive, shifters that err below {_TARGET:.0e} without a finer drive: "
            f"{who_meets(found, _TARGET)}."
        )
        exact, bent = (_by_bits(part, ending) for ending in ("bits", "bits, INL 0.3"))
        if 8 in exact and 8 in bent:
            steps = [(f"{bits} bits", e) for bits, e in sorted(bent.items())]
            words.append(
                f"{drive} drive, eight bits, which the paper takes from Eq. 14 "
                f"({_published(8):.3f} of phase; 1/m is {1 / _MODULUS:.3f}): "
                f"{rate_text(exact[8])} with exact steps, {rate_text(bent[8])} with 0.3 of a step "
                f"of nonlinearity, with which {_TARGET:.0e} is met by: "
                f"{who_meets(steps, _TARGET)}. Steps are not what counts: "
                "all levels of m can be set exactly."
            )
        others = [(v, each.of(_RATE)) for (v,), each in part.by(_VARIANT) if v in _FLAWS]
        if others:
            told = ", ".join(f"{v}: {rate_text(e)}" for v, e in others)
            words.append(f"{drive} drive, on phases that are not reduced by whole turns: {told}.")
    words += refusals(table)
    charts = [
        bars_of(table, _VARIANT, _RATE, "Error rate by shifter and converter", _DRIVE),
        bars_of(table, _VARIANT, "rail_loss_db", "Loss of a rail, worst of a thousand", _DRIVE),
    ]
    return Answer(words, columns, cells, charts)


def _by_bits(table: Table, ending: str) -> dict[int, Estimate]:
    """Error rates of the converters whose names end so, by their bits."""
    return {
        int(name.split()[1]): part.of(_RATE)
        for (name,), part in table.by(_VARIANT)
        if name.startswith("dac ") and name.endswith(ending)
    }


def _published(bits: int) -> float:
    """Eq. 14 with the paper's 0.3 % of rings."""
    switched = 2 * _LENGTH * math.ceil(math.log2(_MODULUS)) * 0.003**2
    return math.sqrt(_LENGTH * 4.0**-bits + switched)


def _part(kind: str, part: str) -> dict[str, object]:
    return {"multiplier.shifter.kind": kind, "multiplier.shifter.part": part}


def _dac(**values: object) -> dict[str, object]:
    """A converter in place of a drive without steps."""
    inner = {f"multiplier.dac.{name}": value for name, value in values.items()}
    return {"multiplier.drive_inl_rms": 0.0, **inner}


_KINDS: dict[str, dict[str, object]] = {
    "linear, as published": {},
    "noems, mirage-2024": _part("noems", "mirage-2024"),
    "noems, edinger-2021": _part("noems", "edinger-2021"),
    "thermo-optic, harris-2014": _part("thermo-optic", "harris-2014"),
    "depletion, sorace-2010": _part("depletion", "sorace-2010"),
    "injection, wire-typical": _part("injection", "wire-typical"),
    "lithium niobate": _part("electro-optic", "lithium-niobate-typical"),
    "barium titanate": _part("electro-optic", "barium-titanate-typical"),
}
_CONVERTERS: dict[str, dict[str, object]] = {
    **{f"dac {bits} bits": _dac(bits=bits) for bits in (6, 8, 10, 12, 14)},
    **{f"dac {bits} bits, INL 0.3": _dac(bits=bits, inl_rms_lsb=0.3) for bits in (6, 8, 10, 12)},
}
_FLAWS: dict[str, dict[str, object]] = {
    "dac 12 bits, gain 1e-3": _dac(bits=12, gain_error=1e-3),
    "dac 12 bits, 50 fF": _dac(bits=12, hold_capacitance_f=50e-15),
    "sections alike to 1e-3": {"multiplier.shifter_gain_rms": 1e-3},
}
_ALL: dict[str, dict[str, object]] = {**_KINDS, **_CONVERTERS, **_FLAWS}

_QUICK = (
    "linear, as published",
    "noems, edinger-2021",
    "thermo-optic, harris-2014",
    "depletion, sorace-2010",
    "barium titanate",
    "dac 8 bits",
    "dac 8 bits, INL 0.3",
    "dac 10 bits, INL 0.3",
    "dac 12 bits, INL 0.3",
)

STUDY = Study(
    question="Which phase shifters, and how exactly must they be driven?",
    cases={
        _DRIVE: {
            "shared": {"multiplier.drive": "shared"},
            "own": {"multiplier.drive": "per-digit", "multiplier.rail_drive": "own"},
        }
    },
    axes={_VARIANT: _ALL},
    metrics=[_RATE, _PHASE, "rail_loss_db", "load_s", "fastest_clock_hz"],
    set={"conditions.vectors": 300, "calibration.accept": "any"},
    replicas=6,
    quick={
        "axes": {_VARIANT: {name: _ALL[name] for name in _QUICK}},
        "set": {"conditions.controller": "oracle", "conditions.vectors": 40, "conditions.rows": 2},
        "replicas": 1,
    },
    minutes=10,
    answer=answer,
)
