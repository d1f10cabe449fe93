"""Modular multiplier: the light of one rail through the digits of one multiplier.

::

            ┌── bypass (two bends) ──┐             bit d of x opens or closes the rings,
    ──►──(ring)                   (ring)──►──      the drive w sets the shifter's phase
            └── shifter, 2^d units ──┘             s·(π/m)·2^d·w   (s = ±1: rail)

The two paths of a digit stay coherent: light that leaks through a ring takes the other path and
interferes at the second ring.  With t and d the through and drop fields of a ring, a digit is
``t²·(straight path) + d²·(coupled path)``, t and d being those of the ring's present state.

Legend of shapes: D digit (least first), S rail (0: +w, 1: -w); ``...`` broadcasts.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from circuits.design import MultiplierDesign
from circuits.phase_code import digit_count, max_drive_level
from devices.ring_switch import RingState
from photonics.optics import phasor
from photonics.units import loss_to_amplitude

RAIL_SIGN = (1, -1)


@dataclass(frozen=True)
class DigitStatics:
    """Static deviations of the digits of multipliers from their design; all broadcast together.

    Attributes:
        shifter_phase_rad: of the shifter path, (..., D, S).
        bypass_phase_rad: of the bypass path, (..., D, S), design value not included.
        drive_gain: relative error of the multiplier's drive, (...).
    """

    shifter_phase_rad: Tensor
    bypass_phase_rad: Tensor
    drive_gain: Tensor

    @classmethod
    def none(cls, modulus: int) -> DigitStatics:
        """Multipliers exactly as designed."""
        zero = torch.zeros(digit_count(modulus), 2, dtype=torch.float64)
        return cls(zero, zero, torch.zeros((), dtype=torch.float64))


@dataclass(frozen=True)
class DigitOptics:
    """Fixed optics of the digits of a multiplier of one modulus, worked out from its design."""

    modulus: int
    coupled: RingState
    detuned: RingState
    shifter_amplitude: Tensor  # (D,) field transmission of the shifter path
    bypass_amplitude: float
    bypass_phase_rad: float
    zero_coupled: bool

    @classmethod
    def of(cls, design: MultiplierDesign, modulus: int, wavelength_m: float) -> DigitOptics:
        """Lengths, losses and ring states of a design."""
        unit_m = unit_length_m(design, modulus)
        bends = loss_to_amplitude(2.0 * design.bend.loss_db)
        zero_coupled = design.polarity == "zero-coupled"
        shifter = torch.tensor(
            [
                loss_to_amplitude(design.shifter.loss_db(unit_m * 2**d))
                for d in range(digit_count(modulus))
            ],
            dtype=torch.float64,
        )
        return cls(
            modulus=modulus,
            coupled=design.ring.coupled(wavelength_m),
            detuned=design.ring.detuned(wavelength_m),
            shifter_amplitude=shifter if zero_coupled else shifter * bends,
            bypass_amplitude=bends if zero_coupled else 1.0,
            bypass_phase_rad=design.bypass_phase_rad,
            zero_coupled=zero_coupled,
        )

    def ring_state(self, bit: int) -> RingState:
        """State of both rings of a digit for a value of its bit."""
        return self.coupled if (bit == 0) == self.zero_coupled else self.detuned

    def paths(self, level: Tensor, statics: DigitStatics) -> tuple[Tensor, Tensor]:
        """Field transmission of the shifter and bypass path of every digit.

        Args:
            level: signed drive levels, (...), any real dtype.
            statics: static deviations.

        Returns:
            Two complex128 tensors of shape (..., D, S).
        """
        weight = 2.0 ** torch.arange(len(self.shifter_amplitude), dtype=torch.float64)
        sign = torch.tensor(RAIL_SIGN, dtype=torch.float64)
        drive = level.to(torch.float64) * (1.0 + statics.drive_gain)
        turn = (math.pi / self.modulus) * weight[:, None] * sign * drive[..., None, None]
        shifter = self.shifter_amplitude[:, None] * phasor(turn + statics.shifter_phase_rad)
        bypass_phase = self.bypass_phase_rad + statics.bypass_phase_rad
        bypass = self.bypass_amplitude * phasor(bypass_phase)
        return shifter, bypass.expand_as(shifter)

    def through_digit(self, field: Tensor, bit: Tensor, shifter: Tensor, bypass: Tensor) -> Tensor:
        """Send a field through one digit: split at the first ring, recombine at the second.

        Args:
            field: complex128, (..., S).
            bit: digit values 0 or 1, (..., 1) or (..., S).
            shifter: field transmission of the shifter path, (..., S).
            bypass: field transmission of the bypass path, (..., S).
        """
        coupled_now = (bit == 0) if self.zero_coupled else (bit == 1)
        through = torch.where(coupled_now, self.coupled.through, self.detuned.through)
        drop = torch.where(coupled_now, self.coupled.drop, self.detuned.drop)
        straight, turned = (shifter, bypass) if self.zero_coupled else (bypass, shifter)
        return through * (straight * (through * field)) + drop * (turned * (drop * field))

    def transfer(self, bit: int, shifter: Tensor, bypass: Tensor) -> Tensor:
        """Field transmission of digits whose bit is known: (..., D, S)."""
        state = self.ring_state(bit)
        straight, turned = (shifter, bypass) if self.zero_coupled else (bypass, shifter)
        return state.through**2 * straight + state.drop**2 * turned


def unit_length_m(design: MultiplierDesign, modulus: int) -> float:
    """Length of the shifter of the lowest digit: π/m per drive level within the voltage range."""
    return design.shifter.length_m(math.pi / modulus * max_drive_level(modulus))


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
