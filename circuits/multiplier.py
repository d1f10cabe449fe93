"""Modular multiplier: the light of one rail through the digits of one multiplier.

::

            ┌── bypass (two bends) ──┐             bit d of x opens or closes the rings,
    ──►──(ring)                   (ring)──►──      the drive w sets the shifter's phase
            └── shifter ─────────────┘             share · (2π/m) · weight_d · w

The two paths of a digit stay coherent: light that leaks through a ring takes the other path and
interferes at the second ring.  With t and d the through and drop fields of a ring, a digit is
``t²·(straight path) + d²·(coupled path)``, t and d being those of the ring's present state.

A rail takes a share of the phase: +1/2 and -1/2 with two rails that are each other's reference,
the whole of it with a single rail whose reference has no multipliers.

Legend of shapes: D digit (least first), S rail, V drive level (lowest first); ``...`` broadcasts.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from circuits.design import MultiplierDesign
from circuits.digit_code import DigitCode
from circuits.phase_code import drive_level, level_angle_rad, max_drive_level
from devices.ring_switch import RingState
from photonics.optics import phasor
from photonics.units import loss_to_amplitude


@dataclass(frozen=True)
class DigitStatics:
    """Static deviations of the digits of multipliers from their design; all broadcast together.

    Attributes:
        shifter_phase_rad: of the shifter path, (..., D, S).
        bypass_phase_rad: of the bypass path, (..., D, S), design value not included.
        drive_gain: relative error of each drive, (..., D), or (..., 1) where digits share one.
        drive_inl: nonlinearity of each drive in levels, (..., D or 1, V).
    """

    shifter_phase_rad: Tensor
    bypass_phase_rad: Tensor
    drive_gain: Tensor
    drive_inl: Tensor

    @classmethod
    def none(cls, code: DigitCode) -> DigitStatics:
        """Multipliers exactly as designed."""
        phase = torch.zeros(code.count, 2, dtype=torch.float64)
        drive = torch.zeros(1, dtype=torch.float64)
        return cls(phase, phase, drive, drive.expand(1, code.modulus))

    def at(self, *place: int | slice | Tensor) -> DigitStatics:
        """Those of some positions, by an index of the leading axes."""
        return DigitStatics(
            self.shifter_phase_rad[place],
            self.bypass_phase_rad[place],
            self.drive_gain[place],
            self.drive_inl[place],
        )


@dataclass(frozen=True)
class DigitOptics:
    """Fixed optics of the digits of a multiplier of one modulus, worked out from its design."""

    design: MultiplierDesign
    code: DigitCode
    coupled: RingState
    detuned: RingState
    shifter_amplitude: Tensor  # (D,) field transmission of the shifter path
    bypass_amplitude: float

    @classmethod
    def of(cls, design: MultiplierDesign, modulus: int, wavelength_m: float) -> DigitOptics:
        """Lengths, losses and ring states of a design."""
        bends = loss_to_amplitude(2.0 * design.bend.loss_db)
        loss = [loss_to_amplitude(design.shifter.loss_db(x)) for x in section_m(design, modulus)]
        shifter = torch.tensor(loss, dtype=torch.float64)
        zero_coupled = design.polarity == "zero-coupled"
        return cls(
            design=design,
            code=design.code(modulus),
            coupled=design.ring.coupled(wavelength_m),
            detuned=design.ring.detuned(wavelength_m),
            shifter_amplitude=shifter if zero_coupled else shifter * bends,
            bypass_amplitude=bends if zero_coupled else 1.0,
        )

    @property
    def modulus(self) -> int:
        """The modulus m."""
        return self.code.modulus

    @property
    def zero_coupled(self) -> bool:
        """Whether a 0 puts the rings on resonance."""
        return self.design.polarity == "zero-coupled"

    def ring_state(self, bit: int) -> RingState:
        """State of both rings of a digit for a value of its bit."""
        return self.coupled if (bit == 0) == self.zero_coupled else self.detuned

    def paths(self, level: Tensor, statics: DigitStatics) -> tuple[Tensor, Tensor]:
        """Field transmission of the shifter and bypass path of every digit.

        Args:
            level: signed drive levels, integers (...).
            statics: static deviations.

        Returns:
            Two complex128 tensors of shape (..., D, S).
        """
        set_point = set_points(self.design, self.code, level)
        index = set_point + self.modulus // 2
        inl = _pick(statics.drive_inl, index)
        drive = set_point * (1.0 + statics.drive_gain) + inl
        factor = torch.tensor(drive_factors(self.design, self.code), dtype=torch.float64)
        shares = torch.tensor(self.design.rail_shares, dtype=torch.float64)
        turn = level_angle_rad(self.modulus) * (drive * factor).unsqueeze(-1) * shares
        shifter = self.shifter_amplitude[:, None] * phasor(turn + statics.shifter_phase_rad)
        bypass_phase = self.design.bypass_phase_rad + statics.bypass_phase_rad
        bypass = self.bypass_amplitude * phasor(bypass_phase)
        return shifter, bypass.expand_as(shifter)

    def through_digit(self, field: Tensor, bit: Tensor, shifter: Tensor, bypass: Tensor) -> Tensor:
        """Send the fields of both rails through one digit: split at one ring, meet at the next.

        Args:
            field: complex128, (..., S).
            bit: digit values 0 or 1, (..., 1) or (..., S).
            shifter: field transmission of the shifter path, (..., S).
            bypass: field transmission of the bypass path, (..., S).
        """
        coupled_now = (bit == 0) if self.zero_coupled else (bit == 1)
        # As tensors: a choice between Python numbers would be made in the default precision.
        coupled, detuned = (
            torch.tensor(s, dtype=torch.complex128) for s in (self.coupled, self.detuned)
        )
        through = torch.where(coupled_now, coupled[0], detuned[0])
        drop = torch.where(coupled_now, coupled[1], detuned[1])
        straight, turned = (shifter, bypass) if self.zero_coupled else (bypass, shifter)
        after = through * (straight * (through * field)) + drop * (turned * (drop * field))
        return self._only_multipliers(after, field)

    def transfer(self, bit: int, shifter: Tensor, bypass: Tensor) -> Tensor:
        """Field transmission of digits whose bit is known: (..., D, S)."""
        state = self.ring_state(bit)
        straight, turned = (shifter, bypass) if self.zero_coupled else (bypass, shifter)
        after = state.through**2 * straight + state.drop**2 * turned
        return self._only_multipliers(after, torch.ones_like(after))

    def _only_multipliers(self, after: Tensor, before: Tensor) -> Tensor:
        """A rail without a share of the phase is a plain guide: its field passes unchanged."""
        if all(self.design.rail_shares):
            return after
        return torch.where(torch.tensor(self.design.rail_shares) != 0, after, before)


def set_points(design: MultiplierDesign, code: DigitCode, level: Tensor) -> Tensor:
    """Set point of every drive in levels: (...) -> (..., 1) if digits share one, else (..., D).

    A drive of its own need only give ``weight · w`` modulo m.
    """
    level = level.unsqueeze(-1)
    if design.drive == "shared":
        return level
    return drive_level(level * torch.tensor(code.weights), code.modulus)


def drive_factors(design: MultiplierDesign, code: DigitCode) -> tuple[int, ...]:
    """Phase of each digit per level of its drive, in levels: the length of its section, signed."""
    return code.weights if design.drive == "shared" else (1,) * code.count


def unit_length_m(design: MultiplierDesign, modulus: int) -> float:
    """Length of a section that gives one level of phase per level of drive, on one rail."""
    share = max(abs(s) for s in design.rail_shares)
    return design.shifter.length_m(share * level_angle_rad(modulus) * max_drive_level(modulus))


def section_m(design: MultiplierDesign, modulus: int) -> list[float]:
    """Length of the shifter of every digit, on one rail."""
    unit_m = unit_length_m(design, modulus)
    return [unit_m * abs(f) for f in drive_factors(design, design.code(modulus))]


def path_loss_db(design: MultiplierDesign, modulus: int, wavelength_m: float) -> list[list[float]]:
    """Loss in dB of each digit for bit 0 and bit 1, light on its intended path only: [D][2]."""
    optics = DigitOptics.of(design, modulus, wavelength_m)
    losses = []
    for amplitude in optics.shifter_amplitude.tolist():
        row = []
        for bit in (0, 1):
            state = optics.ring_state(bit)
            ring = state.drop if state is optics.coupled else state.through
            path = amplitude if bit else optics.bypass_amplitude
            row.append(-20.0 * math.log10(abs(ring) ** 2 * path))
        losses.append(row)
    return losses


def _pick(table: Tensor, index: Tensor) -> Tensor:
    """Entries of a table (..., D or 1, V) at indices (..., D or 1)."""
    shape = torch.broadcast_shapes(table.shape[:-1], index.shape)
    wide = index.expand(shape).unsqueeze(-1)
    return torch.take_along_dim(table.expand(*shape, table.shape[-1]), wide, dim=-1).squeeze(-1)
