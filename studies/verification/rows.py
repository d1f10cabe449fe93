"""What rows of one symbol share: the laser's noise, and nothing of the receivers'."""

from __future__ import annotations

import math

import numpy as np
from scipy.stats import norm

from mirage_core.core.tensor_core import TensorCore
from mirage_core.machine.config import MachineConfig
from photonics.random import NoiseKey
from studies.verification.check import Check, Finding
from studies.verification.machines import ONE_POLE_HZ, wide_ideal
from studies.verification.moments import Source, expected, line_changes
from studies.verification.receiver_statistics import same_residue
from studies.verification.sampling import observe

# A phase noise about as strong as the shot noise at the power below.
_PHASE_RMS_RAD = 5e-3


def sources() -> list[Source]:
    """Noise of the receiver alone, and each noise of the laser about as strong as shot noise."""
    dim = {"laser.power_w": 2e-4}
    return [
        Source("amplifier", {**dim, "receiver.tia.noise_a_per_rthz": 50e-12}),
        Source("laser intensity", {**dim, "laser.rin_db_per_hz": -145.0}),
        Source("laser linewidth", {**dim, **line_changes(_PHASE_RMS_RAD)}),
    ]


def between_rows(like: MachineConfig, source: Source, fidelity: str, symbols: int) -> Check:
    """Correlation of I, and of Q, of two rows, by Fisher's transform, for every modulus.

    Source: R. A. Fisher, Metron 1, 3 (1921): atanh r is normal about atanh ρ with 1/(n - 3).
    """
    pair = {"receiver.tia.bandwidth_hz": ONE_POLE_HZ, "array.rows": 2}
    machine = wide_ideal(like, {**pair, **source.changes})
    streamed, stationary, dot = same_residue(machine, symbols)
    key = NoiseKey.from_seed(10).fold("verify", "rows", source.name, fidelity)
    seen = observe(TensorCore(machine, fidelity=fidelity), streamed, stationary, key)
    p_values, points = [], []
    for modulus in machine.moduli:
        moments = expected(machine, source, 2.0 * math.pi * (dot % modulus) / modulus)
        for i, sample in enumerate(seen.quadratures(modulus)):
            found = float(np.asarray(np.corrcoef(sample.numpy().T))[0, 1])
            theory = moments.common[i] / moments.variance[i]
            z = (math.atanh(found) - math.atanh(theory)) * math.sqrt(symbols - 3)
            p_values.append(2.0 * float(norm.sf(abs(z))))
            points.append({"modulus": modulus, "correlation": found, "theory": theory})
    largest = max(points, key=lambda p: abs(float(p["theory"])))
    detail = f"correlation {largest['correlation']:.4f}, theory {largest['theory']:.4f}"
    name = f"two rows, {source.name}, {fidelity}"
    cases = symbols * len(machine.moduli)
    return Check(name, cases, 0, detail, tuple(p_values), tuple(points))


def every_source(like: MachineConfig, fidelity: str, symbols: int) -> Finding:
    """All sources at one fidelity."""
    return Finding([between_rows(like, source, fidelity, symbols) for source in sources()])
