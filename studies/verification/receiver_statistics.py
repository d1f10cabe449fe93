"""Mean and variance of I and Q, one source of noise at a time, against constants of nature.

Every readout is one symbol of a chip with a single row, so that all readouts are independent, and
all of them carry the same residue, so that mean and variance are those of one point of the plane.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.integrate import quad
from scipy.stats import chi2, norm

from circuits.hybrid import Hybrid
from mirage_core.machine import MachineConfig
from mirage_core.tensor_core import TensorCore
from photonics.random import NoiseKey
from studies.verification.check import Check, Finding
from studies.verification.machines import (
    ONE_POLE_HZ,
    SHORT_ROW,
    amplitude_a,
    bandwidth_hz,
    white_variance_a2,
    wide_ideal,
)
from studies.verification.sampling import observe

_DELAY_S = 50e-12
_PHASE_RMS_RAD = 0.05


@dataclass(frozen=True)
class Source:
    """A source of noise, made to dominate.

    Attributes:
        name: for people.
        changes: parameters of the ideal machine that turn it on.
        mismatch: relative difference of the two diodes of each pair, through which the common
            power of both rails leaks into I and Q.
        white: whether I and Q are independent.
        bent: whether only I, across the phasor, is normal: Q then goes with the square of it.
    """

    name: str
    changes: dict[str, Any] = field(default_factory=dict)
    mismatch: float = 0.0
    white: bool = True
    bent: bool = False


def sources() -> list[Source]:
    """Shot noise is always there; each of the others is at least ten times as strong."""
    bright, dim = {"laser.power_w": 2.0}, {"laser.power_w": 2e-4}
    per_hz = line_variance_rad2(1.0, _DELAY_S, math.pi / 2.0 * ONE_POLE_HZ)
    line = {
        "receiver.rail_mismatch_s": _DELAY_S,
        "laser.linewidth_hz": _PHASE_RMS_RAD**2 / per_hz,
    }
    intensity = {"laser.rin_db_per_hz": -140.0, "receiver.hybrid.responsivity_rms": 1e-3}
    return [
        Source("shot", dim),
        Source("amplifier", {**dim, "receiver.tia.noise_a_per_rthz": 50e-12}),
        Source("dark current", {**dim, "receiver.photodiode.dark_current_a": 10e-3}),
        Source("laser intensity", {**bright, **intensity}, mismatch=0.1, white=False),
        Source("laser linewidth", {**bright, **line}, white=False, bent=True),
    ]


def line_variance_rad2(linewidth_hz: float, delay_s: float, band_hz: float) -> float:
    """∫₀ᴮ 4 sin²(π f τ) Δν / (π f²) df, summed up numerically."""

    def density(hertz: float) -> float:
        return 4.0 * math.sin(math.pi * hertz * delay_s) ** 2 / (math.pi * hertz**2)

    return linewidth_hz * float(quad(density, 0.0, band_hz, epsabs=0.0, limit=400)[0])


@dataclass(frozen=True)
class Moments:
    """Expected mean and variance of I and Q in A and A²."""

    mean: tuple[float, float]
    variance: tuple[float, float]


def expected(machine: MachineConfig, source: Source, angle_rad: float) -> Moments:
    """Moments of a phasor at an angle.

    Unequal diodes add ε R (P+ + P-)/2 = ε A to I and Q; relative intensity noise multiplies I and
    Q alike; a phase that varies by s² turns cos φ into cos φ e^(-s²/2) and so on.
    """
    amplitude, band = amplitude_a(machine), bandwidth_hz(machine)
    intensity = 10.0 ** (machine.laser.rin_db_per_hz / 10.0) * band
    delay_s = machine.receiver.rail_mismatch_s
    turn = line_variance_rad2(machine.laser.linewidth_hz, delay_s, band) if delay_s else 0.0
    means, variances = [], []
    for cosine, double in (
        (math.cos(angle_rad), math.cos(2.0 * angle_rad)),
        (math.sin(angle_rad), -math.cos(2.0 * angle_rad)),
    ):
        mean = amplitude * (cosine * math.exp(-turn / 2.0) + source.mismatch)
        spread = 0.5 * (1.0 + double * math.exp(-2.0 * turn)) - cosine**2 * math.exp(-turn)
        # A pair of unlike diodes carries ε A cos φ more than the A that its share of light gives.
        white = white_variance_a2(machine) * (1.0 + source.mismatch * cosine)
        means.append(mean)
        variances.append(white + intensity * mean**2 + amplitude**2 * spread)
    return Moments((means[0], means[1]), (variances[0], variances[1]))


def statistics(
    like: MachineConfig, source: Source, fidelity: str, readouts: int, seed: int = 4
) -> Check:
    """Two-sided tests of mean and variance of I and Q for every modulus."""
    single: dict[str, Any] = {"receiver.tia.bandwidth_hz": ONE_POLE_HZ, "array.rows": 1}
    machine = wide_ideal(like, {**single, **source.changes})
    core = TensorCore(machine, fidelity=fidelity)
    if source.mismatch:
        core = TensorCore(machine, fidelity=fidelity, chip=_unlike_diodes(core, source.mismatch))
    top, wanted = machine.bfp.max_mantissa, max(machine.moduli) // 4
    filled = [min(top, max(0, wanted - top * j)) for j in range(SHORT_ROW)]
    streamed = torch.tensor([filled], dtype=torch.int16).expand(readouts, -1).contiguous()
    stationary = torch.ones(1, SHORT_ROW, dtype=torch.int16)
    key = NoiseKey.from_seed(seed).fold("verify", source.name, fidelity)
    seen = observe(core, streamed, stationary, key)
    full_scale_a = machine.receiver.full_scale_ratio * amplitude_a(machine)
    p_values: list[float] = []
    points = []
    for modulus in machine.moduli:
        moments = expected(machine, source, 2.0 * math.pi * (sum(filled) % modulus) / modulus)
        sample = full_scale_a * torch.stack(seen.quadratures(modulus)).flatten(1).numpy()
        tested, point = _test(sample, moments, source)
        p_values += tested
        points.append({"modulus": modulus, **point})
    ratios = [r for p in points for r in p["variance_over_theory"]]
    detail = f"variance: theory × {min(ratios):.4f} to {max(ratios):.4f}"
    name = f"I and Q, {source.name}, {fidelity}"
    cases = readouts * len(machine.moduli)
    return Check(name, cases, 0, detail, tuple(p_values), tuple(points))


def _test(
    sample: NDArray[np.float64], moments: Moments, source: Source
) -> tuple[list[float], dict[str, Any]]:
    """p-values, and what was measured, of a sample (2, N) of I and Q.

    The chi-square law of a sample variance wants a normal variable: of a phasor whose phase
    varies only the component across it is one, and that is I, since all are sent near a quarter
    turn.
    """
    count = sample.shape[1]
    mean, variance = sample.mean(axis=1), sample.var(axis=1, ddof=1)
    z = (mean - moments.mean) / np.sqrt(np.divide(moments.variance, count))
    ratio = variance / np.asarray(moments.variance)
    p_values = list(2.0 * norm.sf(np.abs(z)))
    law = chi2(count - 1)
    judged = ratio[:1] if source.bent else ratio
    p_values += [2.0 * min(law.cdf(r), law.sf(r)) for r in (count - 1) * judged]
    if source.white:
        correlation = float(np.asarray(np.corrcoef(sample))[0, 1])
        p_values.append(2.0 * float(norm.sf(abs(correlation) * math.sqrt(count))))
    return [float(p) for p in p_values], {
        "mean_a": mean.tolist(),
        "mean_theory_a": list(moments.mean),
        "variance_a2": variance.tolist(),
        "variance_theory_a2": list(moments.variance),
        "variance_over_theory": judged.round(6).tolist(),
    }


def _unlike_diodes(core: TensorCore, mismatch: float) -> Any:
    """The chip of a core with diodes 1 ± mismatch in every pair, and no other flaw."""
    chip = core.chip
    places = (chip.shape.units, chip.shape.rows)
    pair = torch.tensor([1.0 + mismatch, 1.0 - mismatch] * 2, dtype=torch.float64)
    zeros = torch.zeros(*places, 2, dtype=torch.float64)
    hybrid = Hybrid.build(zeros, zeros, zeros[..., 0], pair.expand(*places, 4))
    return replace(chip, hybrids=dict.fromkeys(chip.hybrids, hybrid))


def every_source(like: MachineConfig, fidelity: str, readouts: int) -> Finding:
    """All sources at one fidelity."""
    return Finding([statistics(like, source, fidelity, readouts) for source in sources()])
