"""Mean and variance of I and Q, one source of noise at a time, against constants of nature.

Every readout is one symbol of a chip with a single row, so that all readouts are independent, and
all of them carry the same residue, so that mean and variance are those of one point of the plane.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.stats import chi2, norm
from torch import Tensor

from circuits.optics.hybrid import Hybrid
from mirage_core.core.tensor_core import TensorCore
from mirage_core.machine.config import MachineConfig
from photonics.random import NoiseKey
from studies.verification.check import Check, Finding
from studies.verification.machines import ONE_POLE_HZ, SHORT_ROW, amplitude_a, wide_ideal
from studies.verification.moments import Moments, Source, expected, line_changes
from studies.verification.sampling import observe

_PHASE_RMS_RAD = 0.05


def sources() -> list[Source]:
    """Shot noise is always there; each of the others is at least ten times as strong."""
    bright, dim = {"laser.power_w": 2.0}, {"laser.power_w": 2e-4}
    line = line_changes(_PHASE_RMS_RAD)
    intensity = {"laser.rin_db_per_hz": -140.0, "receiver.hybrid.responsivity_rms": 1e-3}
    return [
        Source("shot", dim),
        Source("amplifier", {**dim, "receiver.tia.noise_a_per_rthz": 50e-12}),
        Source("dark current", {**dim, "receiver.photodiode.dark_current_a": 10e-3}),
        Source("laser intensity", {**bright, **intensity}, mismatch=0.1, white=False),
        Source("laser linewidth", {**bright, **line}, white=False, bent=True),
    ]


def statistics(
    like: MachineConfig, source: Source, fidelity: str, readouts: int, seed: int = 4
) -> Check:
    """Two-sided tests of mean and variance of I and Q for every modulus."""
    single: dict[str, Any] = {"receiver.tia.bandwidth_hz": ONE_POLE_HZ, "array.rows": 1}
    machine = wide_ideal(like, {**single, **source.changes})
    core = TensorCore(machine, fidelity=fidelity)
    if source.mismatch:
        core = TensorCore(machine, fidelity=fidelity, chip=_unlike_diodes(core, source.mismatch))
    streamed, stationary, dot = same_residue(machine, readouts)
    key = NoiseKey.from_seed(seed).fold("verify", source.name, fidelity)
    seen = observe(core, streamed, stationary, key)
    full_scale_a = machine.design.receiver.full_scale_ratio * amplitude_a(machine)
    p_values: list[float] = []
    points = []
    for modulus in machine.moduli:
        moments = expected(machine, source, 2.0 * math.pi * (dot % modulus) / modulus)
        sample = full_scale_a * torch.stack(seen.quadratures(modulus)).flatten(1).numpy()
        tested, point = _test(sample, moments, source)
        p_values += tested
        points.append({"modulus": modulus, **point})
    ratios = [r for p in points for r in p["variance_over_theory"]]
    detail = f"σ²: theory × {min(ratios):.4f}–{max(ratios):.4f}"
    name = f"I and Q, {source.name}, {fidelity}"
    cases = readouts * len(machine.moduli)
    return Check(name, cases, 0, detail, tuple(p_values), tuple(points))


def same_residue(machine: MachineConfig, readouts: int) -> tuple[Tensor, Tensor, int]:
    """Streamed vectors, stationary rows, and their dot product: a quarter turn, or nearly so."""
    top, wanted = machine.bfp.max_mantissa, max(machine.moduli) // 4
    filled = [min(top, max(0, wanted - top * j)) for j in range(SHORT_ROW)]
    streamed = torch.tensor([filled], dtype=torch.int16).expand(readouts, -1).contiguous()
    stationary = torch.ones(machine.array.rows, SHORT_ROW, dtype=torch.int16)
    return streamed, stationary, sum(filled)


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
    decoded = ratio[:1] if source.bent else ratio
    p_values += [2.0 * min(law.cdf(r), law.sf(r)) for r in (count - 1) * decoded]
    if source.white:
        correlation = float(np.asarray(np.corrcoef(sample))[0, 1])
        p_values.append(2.0 * float(norm.sf(abs(correlation) * math.sqrt(count))))
    return [float(p) for p in p_values], {
        "mean_a": mean.tolist(),
        "mean_theory_a": list(moments.mean),
        "variance_a2": variance.tolist(),
        "variance_theory_a2": list(moments.variance),
        "variance_over_theory": decoded.round(6).tolist(),
    }


def _unlike_diodes(core: TensorCore, mismatch: float) -> Any:
    """The chip of a core with diodes 1 ± mismatch in every pair, and no other flaw."""
    chip = core.chip
    places = (chip.shape.units, chip.shape.rows)
    pair = torch.tensor([1.0 + mismatch, 1.0 - mismatch] * 2, dtype=torch.float64)
    zeros = torch.zeros(*places, 2, dtype=torch.float64)
    hybrid = Hybrid.build(zeros, zeros, zeros[..., 0], pair.expand(*places, 4))
    made = {m: replace(arrays, hybrid=hybrid) for m, arrays in chip.fabricated.items()}
    return replace(chip, fabricated=made)


def every_source(like: MachineConfig, fidelity: str, readouts: int) -> Finding:
    """All sources at one fidelity."""
    return Finding([statistics(like, source, fidelity, readouts) for source in sources()])
