"""Symbol error rates of one source of noise alone against theory, at six operating points.

The machine is ideal but for the source, and for converters so fine that quantisation does not
count.  What is expected is worked out from constants of nature and the parameters of the machine,
not by the receiver under test.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass

import numpy as np
import torch
from scipy.optimize import brentq
from scipy.special import erfc
from scipy.stats import binomtest

from mirage_core.core.tensor_core import TensorCore
from mirage_core.machine.config import MachineConfig
from photonics.random import NoiseKey
from photonics.statistics import symbol_error_rate
from studies.verification.check import Check, Finding
from studies.verification.figures import Curve, RatePoint, error_rate_curves
from studies.verification.machines import (
    gamma,
    noisy,
    wide_ideal,
)
from studies.verification.moments import line_changes
from studies.verification.sampling import decided, operands

SOURCES = ("amplifier", "shot", "linewidth")

Rates = dict[str, tuple[float, ...]]
"""Error rates of the smallest modulus, by fidelity."""

_SHALLOW = (3e-1, 1e-1, 3e-2, 1e-2, 3e-3, 1e-3)
_DEEP = (3e-1, 1e-1, 1e-2, 1e-3, 1e-4, 1e-5)


def rates_of(source: str, full: bool) -> Rates:
    """Six rates for each fidelity: the reference is slow, and so are chips of a single row."""
    if source == "linewidth":
        return {"compact": _SHALLOW, "field": _SHALLOW}
    if full:
        return {"compact": _DEEP, "field": (*_DEEP[:4], 3e-4, 1e-4)}
    return {"compact": (*_DEEP[:4], 3e-4, 1e-4), "field": _SHALLOW}


# Errors to expect of the smallest modulus, which errs least, and least number of readouts: where
# errors are frequent many more of them cost nothing.
ERRORS = 500
_READOUTS = 100_000

_VECTORS = 1 << 16


@dataclass(frozen=True)
class OperatingPoint:
    """A machine with one source of noise, and what theory says of it.

    Attributes:
        machine: the machine.
        rates: symbol error rate by modulus.
        snr_db: γ = A²/2σ², or 1/2s² of a phase that is noisy by itself.
    """

    machine: MachineConfig
    rates: dict[int, float]
    snr_db: float


def theory(source: str, snr: float, modulus: int) -> float:
    """Symbol error rate at γ = A²/2σ², which is 1/2s² for a phase that is noisy by itself."""
    if source == "linewidth":
        return _phase_error_rate(math.sqrt(0.5 / snr), modulus)
    return float(symbol_error_rate(snr, modulus))


def operating_point(like: MachineConfig, source: str, rate: float) -> OperatingPoint:
    """The machine whose smallest modulus errs at a rate."""
    if source == "linewidth":
        return _linewidth_point(like, rate)
    machine = noisy(like, source, rate, min(like.all_moduli.moduli))
    found = gamma(machine)
    rates = {m: float(symbol_error_rate(found, m)) for m in machine.moduli}
    return OperatingPoint(machine, rates, 10.0 * math.log10(found))


def _linewidth_point(like: MachineConfig, rate: float) -> OperatingPoint:
    """A phase that is normal by itself errs at erfc(π / (√2 m s)); at 2 W shot noise is nothing.

    Laser noise is common to all rows of a symbol: one row makes readouts independent.
    """
    least = min(like.all_moduli.moduli)

    def excess(log_rms: float) -> float:
        return _phase_error_rate(math.exp(log_rms), least) - rate

    rms_rad = math.exp(brentq(excess, math.log(1e-4), 0.0, xtol=1e-13))
    bright = {"laser.power_w": 2.0, "array.rows": 1}
    machine = wide_ideal(like, {**bright, **line_changes(rms_rad)})
    rates = {m: _phase_error_rate(rms_rad, m) for m in machine.moduli}
    return OperatingPoint(machine, rates, -10.0 * math.log10(2.0 * rms_rad**2))


def _phase_error_rate(rms_rad: float, modulus: int) -> float:
    """Probability that a normal phase lies outside its cell, all turns counted."""
    cell = math.pi / modulus / math.sqrt(2.0) / rms_rad
    turn = 2.0 * modulus * cell
    beyond = [erfc(turn * k + cell) - erfc(turn * (k + 1) - cell) for k in range(4)]
    return float(sum(beyond))


def count_errors(point: OperatingPoint, fidelity: str, errors: float, key: NoiseKey) -> RatePoint:
    """Read until the modulus that errs least is expected to have erred ``errors`` times."""
    machine = point.machine
    core = TensorCore(machine, fidelity=fidelity)
    rows = machine.array.rows
    readouts = max(errors / min(point.rates.values()), _READOUTS)
    vectors = math.ceil(readouts / rows)
    found: Counter[int] = Counter()
    for number, start in enumerate(range(0, vectors, _VECTORS)):
        part = key.fold(number)
        streamed, stationary = operands(core, part, min(_VECTORS, vectors - start), rows)
        for dots, exact in decided(core, streamed, stationary, part):
            off = (dots - exact)[dots != exact]
            for modulus in machine.moduli:
                found[modulus] += int((torch.remainder(off, modulus) != 0).sum())
    return RatePoint(fidelity, point.snr_db, vectors * rows, dict(found), point.rates)


def error_rates(like: MachineConfig, source: str, rates: Rates, errors: float = ERRORS) -> Finding:
    """Counts of every fidelity at every operating point, two-sided exact binomial tests."""
    checks, points = [], []
    for fidelity, wanted in rates.items():
        key = NoiseKey.from_seed(2).fold("verify", "error rates", source, fidelity)
        counted = [
            count_errors(operating_point(like, source, rate), fidelity, errors, key.fold(i))
            for i, rate in enumerate(wanted)
        ]
        points += counted
        checks += [_check(source, fidelity, counted, m) for m in counted[0].theory]
    name = f"error_rate_{source}"
    return Finding(
        checks, {name: lambda: error_rate_curves(source, points, _curves(source, points))}
    )


def _curves(source: str, points: list[RatePoint]) -> dict[int, Curve]:
    """Theory between the operating points."""
    decibels = [p.snr_db for p in points]
    grid = np.linspace(min(decibels) - 0.3, max(decibels) + 0.3, 80)
    return {
        m: (grid.tolist(), [theory(source, 10.0 ** (g / 10.0), m) for g in grid])
        for m in points[0].theory
    }


def _check(source: str, fidelity: str, counted: list[RatePoint], modulus: int) -> Check:
    p_values = tuple(
        float(binomtest(p.errors[modulus], p.readouts, p.theory[modulus]).pvalue) for p in counted
    )
    ratios = [p.rate(modulus) / p.theory[modulus] for p in counted]
    fewest = min(p.errors[modulus] for p in counted)
    detail = f"theory × {min(ratios):.3f}–{max(ratios):.3f}, ≥ {fewest} errors"
    name = f"errors, {source}, m = {modulus}, {fidelity}"
    cases = sum(p.readouts for p in counted)
    points = tuple(
        {
            "snr_db": p.snr_db,
            "readouts": p.readouts,
            "errors": p.errors[modulus],
            "theory": p.theory[modulus],
            "p_value": p_value,
        }
        for p, p_value in zip(counted, p_values, strict=True)
    )
    return Check(name, cases, 0, detail, p_values, points)
