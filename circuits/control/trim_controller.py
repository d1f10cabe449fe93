"""Trims as a controller sets them: in steps, within their range, from where they are.

Legend of shapes: U unit, R row, L = U·R line, J multiplier, D digit, P unknown, Q quadrature.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from circuits.chip.chip import Chip
from circuits.control.controller import CalibrationError
from circuits.control.estimate import Estimate, Unknowns
from circuits.receiver.by_design import gain_control
from devices.heat.trimmer import Trimmer, wrapped_rad

_TURN_RAD = 2.0 * math.pi
# Share of what a trimmer gives its neighbours that may differ from its design, for all that the
# controller knows.
_UNSURE = 0.2
# Share of the room in their range that trimmers are given below.
_ROOM_BELOW = 0.7
# A trimmer that misses more than this is moved by a turn.
_MISSED_RAD = 0.2


class TrimController:
    """Settings of the arrays of one modulus.

    Args:
        chip: the chip.
        modulus: which arrays.
        unknowns: what the settings are to cancel.
    """

    def __init__(self, chip: Chip, modulus: int, unknowns: Unknowns) -> None:
        self.plan, self.unknowns = chip.design.calibration, unknowns
        self.places = (chip.shape.units, chip.shape.rows)
        # The step of what is taken off holds where the common mode is largest.
        gain = gain_control(chip.design, modulus, chip.shape.length)
        self.offset_step = self.plan.receiver_step / gain.largest_common_mode
        self.trims = chip.untrimmed(modulus)
        self._short_rad: dict[str, float] = {}

    @property
    def short_rad(self) -> float:
        """Most by which trimmers fall short of the phase that they should give, as set last."""
        return max(self._short_rad.values(), default=0.0)

    def _note(self, name: str, wanted_rad: Tensor, set_rad: Tensor) -> None:
        self._short_rad[name] = float(wrapped_rad(wanted_rad - set_rad).abs().max())

    def receiver(self, gain: Tensor, offset: Tensor, skew_rad: Tensor) -> None:
        """Raise the receivers' gains (L, Q), and take off offsets (L, Q, K) and skews (L,)."""
        was = self.trims.gain.flatten(0, 1)
        new = _stepped(was * gain, self.plan.receiver_step)
        shift = (self.trims.offset.flatten(0, 1) + offset) * (new / was)[..., None]
        turned_rad = self.trims.quadrature_rad.flatten() + skew_rad
        self.trims = self.trims.changed(
            gain=new.unflatten(0, self.places),
            offset=_stepped(shift, self.offset_step).unflatten(0, self.places),
            quadrature_rad=placed_rad(self.plan.trimmer, turned_rad).unflatten(0, self.places),
        )

    def place(self, estimate: Estimate) -> None:
        """Set digits and rows for the first time: anywhere within their range."""
        # Once more, for those set anywhere in a turn have warmed their neighbours.
        for anywhere in (True, False):
            self._set_phases(estimate, anywhere=anywhere)

    def place_known(self, mean: Tensor) -> None:
        """The same by what is known for sure of the unknowns, (P, L)."""
        for anywhere in (True, False):
            mean = mean + self._phases_set(mean, anywhere=anywhere)[0]

    def adjust(self, estimate: Estimate) -> None:
        """Move all settings by what is estimated to be wrong.

        Raises:
            CalibrationError: if that is no receiver that could have been made.
        """
        self._check_estimate(estimate)
        self._set_phases(estimate, anywhere=False)
        unknowns, trims, step = self.unknowns, self.trims, self.plan.receiver_step
        change = torch.zeros_like(estimate.mean)

        wrong = unknowns.driven @ estimate.mean
        old = self._flat(trims.drive_gain)
        new = _stepped((1.0 + old) / (1.0 + wrong) - 1.0, self.plan.drive_step)
        change[unknowns.drives] = (1.0 + wrong) * (1.0 + new) / (1.0 + old) - 1.0 - wrong

        ratio, skew, *offset = estimate.mean[unknowns.receiver]
        opposite = torch.stack(((1.0 + ratio).sqrt(), (1.0 + ratio).rsqrt()), dim=-1)
        was = trims.gain.flatten(0, 1)
        gain = _stepped(was * opposite, step)
        scaled = gain / was
        shift = trims.offset.flatten(0, 1)
        taken = torch.stack(offset, dim=-1).unflatten(-1, (2, -1))
        shifted = _stepped(shift + taken, self.offset_step)
        turned = trims.quadrature_rad.flatten()
        quadrature = placed_rad(self.plan.trimmer, turned + skew)
        self._note("quadrature", turned + skew, quadrature)
        change[unknowns.receiver] = torch.stack(
            (
                (1.0 + ratio) * scaled[:, 1] / scaled[:, 0] - 1.0 - ratio,
                wrapped_rad(turned + skew - quadrature) - skew,
                *(shift - shifted).flatten(1).unbind(-1),
            )
        )
        self.trims = trims.changed(
            drive_gain=new.T.reshape(trims.drive_gain.shape),
            gain=gain.reshape(trims.gain.shape),
            offset=shifted.reshape(trims.offset.shape),
            quadrature_rad=quadrature.reshape(self.places),
        )
        estimate.moved(change, torch.zeros_like(estimate.covariance))

    def _check_estimate(self, estimate: Estimate) -> None:
        ratio = estimate.mean[self.unknowns.receiver][0]
        if not bool(torch.isfinite(estimate.mean).all()) or float(ratio.min()) <= -1.0:
            raise CalibrationError(
                "calibration.reads",
                self.plan.reads,
                f"readings modulo {self.unknowns.optics.modulus} fit no receiver",
                "allow more of them, more light or lesser flaws, or set calibration.policy=none",
            )

    def _set_phases(self, estimate: Estimate, *, anywhere: bool) -> None:
        change, moved_rad = self._phases_set(estimate.mean, anywhere=anywhere)
        estimate.moved(change, self._allowance(moved_rad))

    def _phases_set(self, mean: Tensor, *, anywhere: bool) -> tuple[Tensor, Tensor]:
        """Set phases; what that changes of the unknowns, and moves trimmers by, (J·D, L)."""
        unknowns, trims = self.unknowns, self.trims
        change = torch.zeros_like(mean)
        digits, row = self._flat(trims.digit_rad), trims.row_rad.flatten()
        static = unknowns.static @ mean
        wrong_row, wrong = static[unknowns.row], static[unknowns.digits]
        wanted = digits - self._alone(wrong)
        digits_new = near_rad(self.plan.trimmer, wanted)
        if anywhere:
            # A row with nothing to set stays where it is; one trimmer by itself could not, since
            # it has no room to follow when its neighbours warm it.
            idle = (wrong.abs() < self.plan.trimmer.lsb_rad / 2).all(0)
            digits_new = torch.where(idle, digits, placed_rad(self.plan.trimmer, wanted))
        row_new = placed_rad(self.plan.trimmer, row - wrong_row)
        self._note("digits", wanted, digits_new)
        self._note("rows", row - wrong_row, row_new)
        moved_rad = digits_new - digits
        change[unknowns.digits] = moved_rad + self._warmed(moved_rad)
        change[unknowns.row] = row_new - row
        # An estimate of a phase holds modulo a turn.
        left = mean[: unknowns.row + 1] + change[: unknowns.row + 1]
        change[: unknowns.row + 1] -= _TURN_RAD * (left / _TURN_RAD).round()
        self.trims = trims.changed(
            digit_rad=digits_new.T.reshape(trims.digit_rad.shape),
            row_rad=row_new.reshape(self.places),
        )
        return change, moved_rad

    def _warmed(self, moved_rad: Tensor) -> Tensor:
        """Phase that trimmers' moves give their neighbours by design, (J·D, L)."""
        return self.plan.trimmer.crosstalk_rad(moved_rad.T).T

    def _alone(self, phase_rad: Tensor) -> Tensor:
        """What trimmers must give themselves so that they get (J·D, L) with their neighbours."""
        return phase_rad - self._warmed(phase_rad - self._warmed(phase_rad))

    def _allowance(self, moved_rad: Tensor) -> Tensor:
        """Covariance of what neighbours may have done besides: all alike, and each apart."""
        count, digits = self.unknowns.count, self.unknowns.digits
        unsure = _UNSURE * self.plan.trimmer.neighbour_coupling
        variance = 2.0 * unsure**2 * float(moved_rad.square().mean())
        allowance = torch.zeros(count, count, dtype=torch.float64)
        size = digits.stop
        allowance[digits, digits] = variance * (torch.eye(size, dtype=torch.float64) + 1.0)
        return allowance

    @staticmethod
    def _flat(setting: Tensor) -> Tensor:
        """Settings (U, R, J, ...) as (J·..., L)."""
        return setting.flatten(2).flatten(0, 1).T


def placed_rad(trimmer: Trimmer, wanted_rad: Tensor) -> Tensor:
    """Phase of trimmers set afresh, away from the ends of their range.

    Most of the room is left below, since neighbours will add to what is wanted.
    """
    room_rad = _ROOM_BELOW * max(0.0, trimmer.range_rad - _TURN_RAD)
    wanted = torch.remainder(wanted_rad - room_rad, _TURN_RAD) + room_rad
    if trimmer.range_rad < _TURN_RAD:
        return trimmer.setting(wanted, saturate=True).phase_rad
    return _stepped(wanted.clamp(max=trimmer.range_rad), trimmer.lsb_rad)


def near_rad(trimmer: Trimmer, wanted_rad: Tensor) -> Tensor:
    """Phase of trimmers moved from where they are.

    At an end of the range they stay there, short of what is wanted, unless they miss so much that
    warming the neighbours by a whole turn is the lesser evil.
    """
    missed = wanted_rad - wanted_rad.clamp(0.0, trimmer.range_rad)
    turned = wanted_rad - _TURN_RAD * missed.sign() * (missed.abs() > _MISSED_RAD)
    return _stepped(turned.clamp(0.0, trimmer.range_rad), trimmer.lsb_rad)


def _stepped(wanted: Tensor, step: float | Tensor) -> Tensor:
    step = torch.as_tensor(step, dtype=torch.float64)
    return torch.where(step > 0.0, (wanted / step).round() * step, wanted)
