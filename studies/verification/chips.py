"""A chip as it left the fab, and the same chip calibrated, without noise in the readout."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import torch
from matplotlib.figure import Figure

from circuits.analysis.error_budget import error_budget
from circuits.chip.chip import Chip, fabricate
from circuits.control.procedure import calibrate_with_report
from circuits.control.report import ArraysReport
from circuits.receiver.by_design import converter
from circuits.receiver.converter import Converter
from circuits.receiver.decisions import Signal, may_err
from mirage_core.core.tensor_core import TensorCore
from mirage_core.machine.config import MachineConfig
from photonics.random import NoiseKey
from studies.report.budget_figures import calibration_before_after
from studies.show.error_budget import waterfall, workload
from studies.verification.check import Z_LEVEL, Check, Finding
from studies.verification.equivalence import flawed
from studies.verification.machines import noise_free
from studies.verification.sampling import Readouts, mantissas, observe, operands

EXPECTED_WITHIN = 0.10
"""How far what calibration leaves on the digits may be from what its controller expects."""

MISFIT_WITHIN = (0.5, 1.5)
"""Scatter of the readings about the fit, as a variance, over that of the design's noise.

Leaks and nonlinear drives depart from the normal laws that they are given by a third at most.
"""

TARGET_RAD = 1.6e-3
"""Phase that may be left on every digit, rms."""

# Independent errors of a row, at least, of its digits: one for each multiplier.
_PER_ROW = 16


def raw_and_calibrated(
    machine: MachineConfig, raw: Chip, calibrated: Chip, vectors: int
) -> Finding:
    """Decisions and phases of both chips for the same operands.

    Without noise the phases of the calibrated chip must be better than those of the raw one, so
    that a calibration that changes nothing fails; and on both chips every residue must be right of
    which the reading leaves no doubt, being farther from the edges of its cell than the converters
    can displace it.  What leaks push beyond that is no matter of calibration, and shown.

    Args:
        machine: whose chips these are; its noise is left out.
        raw: as fabricated.
        calibrated: the same chip with its trims set.
        vectors: streamed past one array of rows.
    """
    before, after = (_read(machine, chip, vectors) for chip in (raw, calibrated))
    checks, figures = [], dict[str, Callable[[], Figure]]()
    for modulus in machine.all_moduli.moduli:
        phases = [r.phase_error_rad(modulus) for r in (before, after)]
        rms = [1e3 * float(p.square().mean().sqrt()) for p in phases]
        wrong = [int((r.slips(modulus) != 0).sum()) for r in (before, after)]
        detail = (
            f"rms {rms[0]:.2f} mrad raw ({wrong[0]} wrong), {rms[1]:.2f} mrad ({wrong[1]} wrong)"
        )
        point = {"modulus": modulus, "rms_mrad": rms, "wrong": wrong}
        receiver = converter(machine.design, modulus)
        beyond_doubt = sum(wrong_beyond_doubt(r, receiver) for r in (before, after))
        failures = int(not rms[1] < rms[0]) + beyond_doubt
        name = f"calibrated chip, m = {modulus}"
        checks.append(Check(name, before.exact.numel(), failures, detail, points=(point,)))
        figures[f"calibration_{modulus}"] = partial(
            calibration_before_after, phases[0].numpy(), phases[1].numpy(), modulus
        )
    return Finding(checks, figures)


def wrong_beyond_doubt(readouts: Readouts, receiver: Converter) -> int:
    """Wrong residues of readings without noise that conversion cannot have made wrong."""
    in_phase, quadrature = (x.flatten() for x in readouts.quadratures(receiver.modulus))
    still = torch.zeros_like(in_phase)
    sent = torch.remainder(readouts.exact, receiver.modulus).flatten().long()
    doubt = may_err(receiver, Signal((in_phase, quadrature), (still, still)), sent)
    wrong = readouts.slips(receiver.modulus).flatten() != 0
    return int((wrong & ~doubt).sum())


def calibration(like: MachineConfig, vectors: int) -> Finding:
    """The flawed ``robust`` machine, whose leak leaves room for a calibration to show itself.

    What is left on the digits must be what the controller expects, too.
    """
    machine = flawed(like, "robust")
    raw = fabricate(machine.design, machine.moduli, machine.array_shape, machine.chip_seed)
    calibrated, report = calibrate_with_report(raw)
    found = raw_and_calibrated(machine, raw, calibrated, vectors)
    key, bfp = NoiseKey.from_seed(9).fold("verify", "budget"), machine.bfp
    work = workload(machine, mantissas(key, bfp.max_mantissa, vectors, bfp.group_size))
    budgets = {m: error_budget(calibrated, m, work) for m in machine.moduli}
    drawn = {f"budget_{m}": partial(waterfall, machine.name, b) for m, b in budgets.items()}
    left = [as_expected(m, arrays) for m, arrays in report.arrays.items()]
    return Finding(found.checks + left, found.figures | drawn)


def as_expected(modulus: int, report: ArraysReport) -> Check:
    """The true phase error of the digits, which no controller sees, against what it believes.

    Fits that are no longer unbiased and a report that flatters itself move the ratio; noise that is
    not what the design says moves the scatter of the readings about the fit.
    """
    left_rad, expected_rad = report.after.rms()["digit_rad"], report.digit_error_rad
    ratio = left_rad / expected_rad
    cases = report.after.digit_rad.numel()
    # Errors of the digits of a row hang together; those of rows do not.
    rows = report.after.row_rad.numel()
    allowed = EXPECTED_WITHIN + Z_LEVEL / math.sqrt(2.0 * rows * _PER_ROW)
    least, most = MISFIT_WITHIN
    failures = (
        int(abs(ratio - 1.0) > allowed)
        + int(not least <= report.misfit <= most)
        + int(left_rad > TARGET_RAD)
    )
    detail = (
        f"{1e3 * left_rad:.2f} mrad left, {1e3 * expected_rad:.2f} expected (x {ratio:.3f}), "
        f"at most {1e3 * TARGET_RAD:.1f}; readings scatter x {report.misfit:.2f}"
    )
    point = {
        "modulus": modulus,
        "left_rad": left_rad,
        "expected_rad": expected_rad,
        "misfit": report.misfit,
    }
    name = f"digits of the calibrated chip, m = {modulus}"
    return Check(name, cases, failures, detail, points=(point,))


def _read(machine: MachineConfig, chip: Chip, vectors: int) -> Readouts:
    core = TensorCore(noise_free(machine), fidelity="compact", chip=chip)
    key = NoiseKey.from_seed(9).fold("verify", "chips")
    streamed, stationary = operands(core, key, vectors, machine.array.rows)
    return observe(core, streamed, stationary, key)
