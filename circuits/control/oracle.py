"""A controller that knows the truth: it reads a chip's errors, and leaves a stated part of them.

It stands in for a calibration in tests and for a quick look, and is of no machine: no controller of
a real chip sees what this one does.  Its trims are not bound to the steps and the range of
trimmers.

Legend of shapes: U unit, R row, J multiplier, D digit, Q quadrature, K share of the common mode.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from circuits.chip.chip import Chip
from circuits.chip.trims import Trims
from circuits.control.estimate import shared_drive_weights
from circuits.control.report import (
    ArraysReport,
    CalibrationReport,
    Residual,
    brightest_common_mode_a,
)
from circuits.control.static_phase import StaticPhase
from circuits.receiver.by_design import gain_control
from devices.heat.trimmer import Trimmer
from photonics.errors import InputError
from photonics.random import NoiseKey

_TURN_RAD = 2.0 * math.pi
# Leaks change as trims are set; each pass leaves a share of their field.
_PASSES = 4
# Trimmers warm their neighbours, by less than half in all.
_NEIGHBOUR_PASSES = 30


@dataclass(frozen=True)
class OracleController:
    """Leaves normal errors of its own choice in the place of a chip's.

    Where the digits of a multiplier share a drive, what departs from its mean stays besides.

    Attributes:
        residual_rad: rms of what is left on the phase of every digit and row and on the right angle
            of Q to I, rad; also of Q over I and of offsets over the common mode.
        residual_drive: rms relative error that is left on every drive.
    """

    residual_rad: float = 1.6e-3
    residual_drive: float = 5e-5

    def __post_init__(self) -> None:
        for name in ("residual_rad", "residual_drive"):
            value = getattr(self, name)
            if not isinstance(value, int | float) or not 0.0 <= value <= 1.0:
                raise InputError(name, value, "must be between 0 and 1")

    def calibrate(self, chip: Chip, key: NoiseKey) -> tuple[dict[int, Trims], CalibrationReport]:
        """Trims for every modulus, and a report of no readings."""
        trims = {m: self._trims(chip, m, key.fold("oracle", m)) for m in chip.moduli}
        reports = {
            m: ArraysReport(
                raw=chip,
                modulus=m,
                trims=settings,
                digit_error_rad=self.residual_rad,
                drive_error=self.residual_drive,
                misfit=1.0,
                worst_misfit=1.0,
                worst_row=(0, 0),
                reading_rad=0.0,
                short_rad=0.0,
                beyond_rad=0.0,
                reads=0,
                loads=0,
            )
            for m, settings in trims.items()
        }
        return trims, CalibrationReport(reports)

    def _trims(self, chip: Chip, modulus: int, key: NoiseKey) -> Trims:
        arrays = chip.arrays(modulus)
        gain, trims = gain_control(chip.design, modulus, chip.shape.length), chip.untrimmed(modulus)
        zero, one = StaticPhase.of(arrays)
        found = Residual.by_phase(arrays, gain, zero.rad(), one.rad())

        def left(name: str, like: Tensor, rms: float) -> Tensor:
            return rms * key.fold(name).normal(0, like.numel()).view_as(like)

        rest_rad = self.residual_rad
        added_rad = torch.zeros_like(found.digit_rad)
        digits = left("digits", found.digit_rad, rest_rad)
        for _ in range(_PASSES):
            added_rad = added_rad - (one.rad(added_rad) - zero.rad(added_rad) - digits)
        warmed_rad = (zero.rad(added_rad) - zero.rad()).sum((2, 3))
        row_rad = left("rows", found.row_rad, rest_rad) - found.row_rad - warmed_rad

        drives = 1.0 + found.drive
        if trims.drive_gain.shape != drives.shape:
            drives = (drives @ shared_drive_weights(arrays.optics.code))[..., None]
        wanted = 1.0 + left("drives", drives, self.residual_drive)

        ratio = (1.0 + left("gain", found.gain, rest_rad)) / (1.0 + found.gain)
        gains = torch.stack((ratio.rsqrt(), ratio.sqrt()), dim=-1)
        # Offsets count as shares of the common mode behind the brightest pattern.
        bright = brightest_common_mode_a(gain)
        offset = gains[..., None] * found.offset - left("offset", found.offset, rest_rad)
        skew_rad = found.quadrature_rad - left("quadrature", found.quadrature_rad, rest_rad)
        return trims.changed(
            digit_rad=_by_themselves(chip.design.calibration.trimmer, added_rad),
            row_rad=row_rad.remainder(_TURN_RAD),
            drive_gain=wanted / drives - 1.0,
            quadrature_rad=skew_rad.remainder(_TURN_RAD),
            gain=gains,
            offset=offset * bright.sum() / bright,
        )


def _by_themselves(trimmer: Trimmer, phase_rad: Tensor) -> Tensor:
    """Phases that trimmers give so that they reach (U, R, J, D), or a turn more, with neighbours.

    None is below zero: neighbours add no more than the least that is asked for.
    """
    coupling = 2.0 * trimmer.neighbour_coupling
    least_rad = coupling * _TURN_RAD / (1.0 - coupling)
    asked_rad = (phase_rad - least_rad).remainder(_TURN_RAD) + least_rad
    rows_rad = asked_rad.flatten(2)
    given_rad = rows_rad
    for _ in range(_NEIGHBOUR_PASSES if coupling else 0):
        given_rad = rows_rad - trimmer.crosstalk_rad(given_rad)
    return given_rad.view_as(asked_rad)
