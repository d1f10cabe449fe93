"""The phase before the converters against its exact law in white noise."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray
from scipy.stats import chisquare

from mirage_core.core.tensor_core import TensorCore
from mirage_core.machine.config import MachineConfig
from photonics.random import NoiseKey
from photonics.statistics import phase_density, phase_tail
from studies.verification.check import Check, Finding
from studies.verification.figures import Curve, Phases, phase_histograms
from studies.verification.machines import gamma, noisy
from studies.verification.sampling import LIT, observe, operands

# Of the smallest modulus: enough neighbours to be seen in a histogram.
_RATE = 1e-1
_BINS = 64


def phase_law(like: MachineConfig, vectors: int) -> Finding:
    """Chi-square test of the phases of every modulus, in bins that theory fills nearly alike."""
    machine = noisy(like, "amplifier", _RATE, min(like.all_moduli.moduli))
    snr = gamma(machine)
    edges_rad, shares = _bins(snr)
    checks, phases = [], {m: dict[str, NDArray[np.float64]]() for m in machine.moduli}
    for fidelity in LIT:
        core = TensorCore(machine, fidelity=fidelity)
        key = NoiseKey.from_seed(8).fold("verify", "phase law", fidelity)
        streamed, stationary = operands(core, key, vectors, machine.array.rows)
        seen = observe(core, streamed, stationary, key)
        for modulus in machine.moduli:
            phase = seen.phase_error_rad(modulus).flatten().numpy()
            counts, _ = np.histogram(phase, edges_rad)
            p_value = float(chisquare(counts, len(phase) * shares).pvalue)
            ratio = float(phase.std()) * math.sqrt(2.0 * snr)
            detail = f"{_BINS} bins, rms {ratio:.4f} of σ/A"
            name = f"law of phase, m = {modulus}, {fidelity}"
            checks.append(Check(name, len(phase), 0, detail, (p_value,)))
            phases[modulus][fidelity] = phase
    return Finding(checks, {"phase_histograms": lambda: _draw(phases, snr)})


def _bins(snr: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Edges of bins that theory fills nearly alike, and how it fills them."""
    grid = np.linspace(-12.0, 12.0, 2401) / math.sqrt(2.0 * snr)
    inner = np.interp(np.arange(1, _BINS) / _BINS, 1.0 - phase_tail(grid, snr), grid)
    below = np.concatenate([[0.0], 1.0 - phase_tail(inner, snr), [1.0]])
    return np.concatenate([[-math.pi], inner, [math.pi]]), np.diff(below)


def _draw(phases: Mapping[int, Phases], snr: float) -> Figure:
    curves: dict[int, Curve] = {}
    for modulus in phases:
        grid = np.linspace(-5.0 * math.pi / modulus, 5.0 * math.pi / modulus, 400)
        curves[modulus] = 1e3 * grid, 1e-3 * phase_density(grid, snr)
    decibels = 10.0 * math.log10(snr)
    return phase_histograms(phases, curves, f"Phase in amplifier noise at γ = {decibels:.1f} dB")
