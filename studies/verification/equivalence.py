"""Fidelities against the reference: the same chip, the same operands, noise of their own.

Operands and chip being shared, what is systematic is the same on both sides, and differences are
decoded in pairs: the spread of a mean is that of the means of symbols, whose rows share one laser.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from matplotlib.figure import Figure
from scipy.stats import chi2, chi2_contingency
from torch import Tensor

from mirage_core.core.tensor_core import TensorCore
from mirage_core.machine.config import MachineConfig
from photonics.errors import InputError
from photonics.random import NoiseKey
from studies.report.figures import constellations
from studies.verification.check import Z_LEVEL, Check, Finding, Outcome
from studies.verification.check import compare as compare_difference
from studies.verification.figures import Phases, confusion, phase_agreement
from studies.verification.machines import of_preset, powered
from studies.verification.sampling import LIT, Readouts, observe, operands

REFERENCE = "field"
COMPARED = ("compact",)
"""Fidelities that are held against the reference."""

SIGMA_WITHIN = 0.01
MEAN_WITHIN_RAD = 0.5e-3

# A confusion cell of fewer expected counts is pooled with its neighbour.
_LEAST_EXPECTED = 5.0
_SHOWN = 4096

_FLAWS: dict[str, Any] = {
    "receiver.gain": "per-symbol",
    "receiver.hybrid.coupler.imbalance_rms_db": 0.05,
    "receiver.hybrid.quadrature_rms_rad": 0.01,
    "receiver.hybrid.responsivity_rms": 0.005,
}

# Converters and drives that are not linear, gain in steps, symbols that do not settle and a clock
# that jitters, on a chip that has drifted since its calibration and is tracked by pilots.
_RESTLESS: dict[str, Any] = {
    "array.rows": 16,
    "clock_hz": 1e9,
    "receiver.adc_inl_rms_lsb": 0.4,
    "receiver.adc_noise_lsb": 0.5,
    "receiver.stage.step_db": 1.0,
    "receiver.clock_jitter_s": 2e-11,
    "receiver.sampling_guard_s": 1e-10,
    "multiplier.drive_inl_rms": 1e-3,
    "drift.common_rms_k": 0.05,
    "drift.rail_rms_k": 1e-3,
    "drift.pilots": 64,
}

MACHINES: dict[str, tuple[str, dict[str, Any]]] = {
    "robust": ("robust", _FLAWS),
    "isca2024": (
        "isca2024",
        {**_FLAWS, "receiver.adc_extra_bits": 2, "multiplier.switch.detuning_m": 2e-9},
    ),
    "restless": ("robust", {**_FLAWS, **_RESTLESS}),
}
"""Presets with every source on and flawed hybrids: by name, the preset and what is changed."""

# Of noise alone, behind the mean loss: what varies adds to it.
_ERROR_RATE = 1e-3


def flawed(like: MachineConfig, name: str) -> MachineConfig:
    """A machine of :data:`MACHINES` with the moduli and mantissas of another."""
    preset, changes = MACHINES[name]
    return powered(of_preset(preset, like, changes), _ERROR_RATE)


@dataclass(frozen=True)
class Interval:
    """A difference with its standard error."""

    value: float
    standard_error: float

    def compared(self, margin: float) -> Outcome:
        """Whether it is below a margin, at the family-wise level."""
        return compare_difference(self.value, Z_LEVEL * self.standard_error, margin)

    @classmethod
    def of(cls, differences: Tensor) -> Interval:
        """Mean difference of readouts (N, M) whose rows M are not independent."""
        by_symbol = differences.mean(-1)
        return cls(float(by_symbol.mean()), float(by_symbol.std()) / math.sqrt(len(by_symbol)))


def mean_difference(phase: Tensor, reference: Tensor) -> Interval:
    """Difference in rad of the means of two sets of phases (N, M) of the same operands."""
    return Interval.of(phase - reference)


def sigma_difference(phase: Tensor, reference: Tensor) -> Interval:
    """Relative difference of their standard deviations: half of that of their variances."""
    spread = reference.var()
    squares = (phase - phase.mean()).square() - (reference - reference.mean()).square()
    return Interval.of(squares / (2.0 * spread))


def slip_counts(slips: Tensor) -> list[int]:
    """Readouts that are off by at most -2, by -1, 0, 1, and by at least 2 residues."""
    return torch.bincount((slips.clamp(-2, 2) + 2).flatten(), minlength=5).tolist()


def confusion_p_value(counts: list[int], reference: list[int], design_effect: float = 1.0) -> float:
    """Chi-square test of equal laws; cells that are too rare join their neighbour inside.

    Args:
        counts: of every slip.
        reference: the same of the other.
        design_effect: variance of a count over that of as many independent readouts, by which the
            statistic is too large: Rao and Scott, J. Am. Stat. Assoc. 76, 221 (1981).
    """
    table = np.array([counts, reference], dtype=np.float64)
    for outer, inner in ((0, 1), (4, 3), (1, 2), (3, 2)):
        expected = table[:, outer].sum() * table.sum(axis=1) / table.sum()
        if expected.min() < _LEAST_EXPECTED:
            table[:, inner] += table[:, outer]
            table[:, outer] = 0.0
    table = table[:, table.sum(axis=0) > 0]
    if table.shape[1] == 1:
        return 1.0
    found = chi2_contingency(table, correction=False)
    return float(chi2.sf(found.statistic / design_effect, found.dof))


def equal_errors(wrong: Tensor, reference: Tensor) -> tuple[float, float]:
    """Test that errors (N, M), boolean, are as frequent; rows M share the laser and the clock.

    Returns:
        p, and the design effect: variance of the difference over that of independent readouts, at
        least 1.
    """
    apart = Interval.of(wrong.double() - reference.double())
    rates = [float(x.double().mean()) for x in (wrong, reference)]
    independent = sum(r * (1.0 - r) for r in rates) / wrong.numel()
    if apart.standard_error == 0.0:
        return 1.0, 1.0
    p_value = math.erfc(abs(apart.value) / (math.sqrt(2.0) * apart.standard_error))
    return p_value, max(1.0, apart.standard_error**2 / independent)


def compare(
    readouts: Readouts, reference: Readouts, modulus: int, lit: bool
) -> tuple[dict[str, Outcome], list[float], dict[str, Any]]:
    """How σ and mean compare, p-values of confusion and error counts, and what was measured."""
    seen = slip_counts(readouts.slips(modulus)), slip_counts(reference.slips(modulus))
    total = reference.exact.numel()
    errors = [total - counts[2] for counts in seen]
    equal, design_effect = equal_errors(*(r.slips(modulus) != 0 for r in (readouts, reference)))
    point: dict[str, Any] = {"slips": seen[0], "slips_reference": seen[1], "errors": errors}
    outcomes: dict[str, Outcome] = {}
    if lit:
        phase, true = (r.phase_error_rad(modulus) for r in (readouts, reference))
        sigma, mean = sigma_difference(phase, true), mean_difference(phase, true)
        outcomes = {
            "sigma": sigma.compared(SIGMA_WITHIN),
            "mean": mean.compared(MEAN_WITHIN_RAD),
        }
        point |= {
            "sigma_reference_rad": float(true.std()),
            "sigma_difference": sigma.value,
            "sigma_standard_error": sigma.standard_error,
            "mean_difference_rad": mean.value,
            "mean_standard_error_rad": mean.standard_error,
        }
    return outcomes, [confusion_p_value(*seen, design_effect), equal], point


def equivalence(
    like: MachineConfig, name: str, vectors: int, compared: tuple[str, ...] = COMPARED
) -> Finding:
    """Every compared fidelity against the reference on one flawed chip, calibrated and drifted.

    Skipped where the machine of that name cannot have the moduli.

    Args:
        like: machine whose moduli and mantissas are taken.
        name: of :data:`MACHINES`.
        vectors: streamed past one array of rows.
        compared: fidelities.
    """
    try:
        machine = flawed(like, name)
    except InputError as error:
        said = f"{MACHINES[name][0]} cannot have these moduli: {error}"
        return Finding([Check(f"equivalence, {name}", 0, skipped=said)])
    chip = TensorCore(machine).chip
    cores = {f: TensorCore(machine, fidelity=f, chip=chip) for f in (REFERENCE, *compared)}
    root = NoiseKey.from_seed(6).fold("verify", "equivalence", name)
    streamed, stationary = operands(cores[REFERENCE], root, vectors, machine.array.rows)
    seen = {f: observe(c, streamed, stationary, root.fold(f)) for f, c in cores.items()}
    checks = [
        _check(f, name, seen[f], seen[REFERENCE], modulus)
        for f in compared
        for modulus in machine.moduli
    ]
    return Finding(checks, _figures(name, seen))


def _check(
    fidelity: str, machine: str, readouts: Readouts, reference: Readouts, modulus: int
) -> Check:
    lit = fidelity in LIT
    outcomes, p_values, point = compare(readouts, reference, modulus, lit)
    errors = point["errors"]
    detail = f"{errors[0]:,} and {errors[1]:,} errors"
    if lit:
        detail = (
            f"σ {100 * point['sigma_difference']:+.2f}"
            f"±{100 * Z_LEVEL * point['sigma_standard_error']:.2f} %, "
            f"µ {1e3 * point['mean_difference_rad']:+.2f}"
            f"±{1e3 * Z_LEVEL * point['mean_standard_error_rad']:.2f} mrad"
        )
    name = f"{fidelity} = {REFERENCE}, {machine}, m = {modulus}"
    points = ({"modulus": modulus, **point},)
    cases, found = reference.exact.numel(), list(outcomes.values())
    unsure = "too few symbols were read" if "unsure" in found else ""
    different = found.count("different")
    return Check(name, cases, different, detail, tuple(p_values), points, inconclusive=unsure)


def _figures(machine: str, seen: dict[str, Readouts]) -> dict[str, Callable[[], Figure]]:
    moduli = list(seen[REFERENCE].probe.samples)
    name = f"flawed {machine}"

    def phases() -> dict[int, Phases]:
        lit = {f: r for f, r in seen.items() if f in LIT}
        return {
            m: {f: r.phase_error_rad(m).flatten().numpy() for f, r in lit.items()} for m in moduli
        }

    def counts() -> dict[int, dict[str, list[int]]]:
        return {m: {f: slip_counts(r.slips(m)) for f, r in seen.items()} for m in moduli}

    return {
        f"constellation_{machine}": lambda: constellations(
            {f: r.probe.first(_SHOWN) for f, r in seen.items() if f in LIT}
        ),
        f"phase_agreement_{machine}": lambda: phase_agreement(
            phases(), REFERENCE, f"Phase before the converters, {name}"
        ),
        f"confusion_{machine}": lambda: confusion(
            counts(), f"Decisions of {name}, {seen[REFERENCE].exact.numel():,} readouts each"
        ),
    }
