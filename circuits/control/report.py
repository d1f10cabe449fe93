"""What a calibration has left: the truth, which no controller sees, and its estimate.

Legend of shapes: U unit, R row, J multiplier, D digit, S rail, Q quadrature.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
from torch import Tensor

from circuits.chip.arrays import ModulusArrays
from circuits.chip.chip import Chip
from circuits.chip.trims import Trims
from circuits.control.cost import TrimmerCost
from circuits.control.estimate import Estimate
from circuits.control.plan import reading_time_s
from circuits.control.static_phase import StaticPhase
from circuits.receiver.by_design import gain_control
from circuits.receiver.gain import GainControl
from devices.heat.trimmer import Trimmer, wrapped_rad
from photonics.representation import one_line


@dataclass(frozen=True)
class Residual:
    """What is wrong with the arrays of one modulus.

    The mean of leaks over all drives counts as the static phase that it is; what departs from it
    is left out.

    Attributes:
        digit_rad: phase that a bit adds beyond its design, (U, R, J, D).
        row_rad: phase of a row with all bits at 0, (U, R).
        drive: relative error of the drive that each digit gets, (U, R, J, D).
        gain: of Q over I, less one, (U, R).
        quadrature_rad: departure of Q from a right angle to I, (U, R).
        offset: of I and Q, by share of the common mode, over all of it behind the brightest
            pattern, (U, R, Q, K).
    """

    digit_rad: Tensor
    row_rad: Tensor
    drive: Tensor
    gain: Tensor
    quadrature_rad: Tensor
    offset: Tensor

    @classmethod
    def of(cls, arrays: ModulusArrays, gain: GainControl) -> Residual:
        """Work it out from the arrays as they are, and what their receivers are set to."""
        zero, one = (each.rad() for each in StaticPhase.of(arrays))
        return cls.by_phase(arrays, gain, zero, one)

    @classmethod
    def by_phase(
        cls, arrays: ModulusArrays, gain: GainControl, zero: Tensor, one: Tensor
    ) -> Residual:
        """The same, given the phase between the rails of digits 0 and 1, (U, R, J, D)."""
        alpha, beta, gamma = arrays.hybrid.difference()
        split_rad = (arrays.input_field[..., 0] * arrays.input_field[..., 1].conj()).angle()
        row = split_rad + zero.sum((2, 3)) + gamma[..., 0].angle()
        seen, offset = gamma.abs(), _shown(arrays, alpha, beta)
        if arrays.receiver is not None:
            seen = seen * arrays.receiver.gain
            offset = offset * arrays.receiver.gain[..., None] - arrays.receiver.offset
        bright = brightest_common_mode_a(gain)
        return cls(
            digit_rad=wrapped_rad(one - zero),
            row_rad=wrapped_rad(row),
            drive=(1.0 + arrays.statics.drive_gain) * (1.0 + _efficiency(arrays)) - 1.0,
            gain=seen[..., 1] / seen[..., 0] - 1.0,
            quadrature_rad=wrapped_rad((1j * gamma[..., 1] * gamma[..., 0].conj()).angle()),
            offset=offset * bright / bright.sum(),
        )

    def rms(self) -> dict[str, float]:
        """Root mean square of each, by name."""
        return {name: float(x.square().mean().sqrt()) for name, x in vars(self).items()}


@dataclass(frozen=True)
class ArraysReport:
    """Calibration of the arrays of one modulus.

    Attributes:
        raw: the chip before it.
        modulus: which arrays.
        trims: what was set.
        digit_error_rad: standard error of a digit's phase that the controller expects, rms,
            step of the trimmer included.
        drive_error: the same of the drive that a digit gets.
        misfit: variance of the last readings about the fit over what the design expects; well
            above 1 where leaks or crosstalk do what no trim can take out.
        worst_misfit: the same of the row that fits worst.
        worst_row: unit and row that it is.
        reading_rad: rms phase error of a reading that the design expects.
        short_rad: most by which a trimmer falls short of the phase that it should give.
        beyond_rad: expected error of the least certain reading at the least drives, where drives
            were found by none because of it; 0 where they were.
        reads: probes read on every row.
        loads: times that drives were loaded.
    """

    raw: Chip
    modulus: int
    trims: Trims
    digit_error_rad: float
    drive_error: float
    misfit: float
    worst_misfit: float
    worst_row: tuple[int, int]
    reading_rad: float
    short_rad: float
    beyond_rad: float
    reads: int
    loads: int

    @cached_property
    def before(self) -> Residual:
        """What was wrong."""
        return Residual.of(self.raw.arrays(self.modulus), self._gain)

    @cached_property
    def after(self) -> Residual:
        """What is left."""
        trimmed = self.raw.with_trims({self.modulus: self.trims})
        return Residual.of(trimmed.arrays(self.modulus), self._gain)

    def unexplained_rad(self, misfit: float) -> float:
        """Rms scatter of the phase beyond what the design expects, for a misfit."""
        return self.reading_rad * math.sqrt(max(0.0, misfit - 1.0))

    @property
    def _gain(self) -> GainControl:
        return gain_control(self.raw.design, self.modulus, self.raw.shape.length)

    @property
    def trimmers(self) -> TrimmerCost:
        """What the trimmers cost as they are set."""
        return TrimmerCost.of(self.trims, self.raw.design.calibration.trimmer)

    @property
    def time_s(self) -> float:
        """Time that its readings take; every one dithers a row trimmer, which has to settle."""
        return reading_time_s(self.raw.design, self.reads, self.loads)

    def numbers(self) -> dict[str, Any]:
        """Everything as plain numbers by name, the residuals rms."""
        plain = {k: v for k, v in vars(self).items() if isinstance(v, int | float)}
        cost = self.trimmers
        return {
            **plain,
            "time_s": self.time_s,
            "trimmers": cost.count,
            "saturated": cost.saturated,
            "trimmer_power_w": cost.power_w,
            "trimmer_area_m2": cost.area_m2,
            "before": self.before.rms(),
            "after": self.after.rms(),
        }


@dataclass(frozen=True)
class CalibrationReport:
    """Reports of all moduli; empty where nothing was calibrated."""

    arrays: dict[int, ArraysReport]

    __repr__ = one_line


def expected_errors(estimate: Estimate, trimmer: Trimmer) -> tuple[float, float]:
    """Standard errors, rms, that a controller expects of digits in rad, and of drives."""
    unknowns = estimate.unknowns
    digit = _expected(estimate, unknowns.static[unknowns.digits])
    drive = _expected(estimate, unknowns.delivered)
    # What shifters that share a drive leave is known, but cannot be set.
    drive += float((unknowns.delivered @ estimate.mean).square().mean())
    return math.sqrt(digit + trimmer.residual_variance_rad2), math.sqrt(drive)


def _expected(estimate: Estimate, what: Tensor) -> float:
    """Mean variance that a controller expects of sums of unknowns (n, P)."""
    return float(((what @ estimate.covariance) * what).sum(1).mean()) * float(
        estimate.misfit.mean()
    )


def _efficiency(arrays: ModulusArrays) -> Tensor:
    """Relative error of the shifters of each digit, both rails together: (U, R, J, D)."""
    shares = torch.tensor(arrays.optics.design.rail_shares, dtype=torch.float64)
    return arrays.statics.shifter_gain @ shares.abs()


def brightest_common_mode_a(gain: GainControl) -> Tensor:
    """Common mode in A behind the brightest pattern, by share, (K,)."""
    return gain.common_mode_a(gain.length * gain.loss_db.amin(1).sum())


def _shown(arrays: ModulusArrays, alpha: Tensor, beta: Tensor) -> Tensor:
    """Offsets of the balanced pairs over the common mode by design, (U, R, Q, K)."""
    # Light of a rail shows as alpha or beta times R P, and its common mode is R P / 2.
    power = arrays.input_field.abs().square()[..., None, :]
    shown = 2.0 * torch.stack((alpha, beta), dim=-1) * power
    if not all(arrays.optics.design.rail_shares):
        return shown
    # Both rails lose alike, and their powers are equal by design.
    return shown.mean(-1, keepdim=True)
