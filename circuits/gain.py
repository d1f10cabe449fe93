"""Full scale of the converters: fixed, or set for each symbol from the streamed digits.

The controller knows the streamed digits before the light arrives, and the loss that the design
gives each of them on its intended path.  It knows neither leaks nor the errors of this chip.

Legend: J multiplier in the row, D digit.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from circuits.design import Design
from circuits.digit_code import DigitCode
from circuits.multiplier import path_loss_db

# Losses are rounded to this step, so that their sums are exact in any order.
_STEP_DB = 2.0**-20


@dataclass(frozen=True)
class GainControl:
    """The full scale that a design sets for the dot products of one modulus."""

    design: Design
    modulus: int
    length: int

    @property
    def code(self) -> DigitCode:
        """Code of the streamed integers."""
        return self.design.multiplier.code(self.modulus)

    @cached_property
    def loss_db(self) -> Tensor:
        """Loss of each digit for bit 0 and bit 1, float64 (D, 2), of a rail with multipliers."""
        wavelength_m = self.design.laser.wavelength_m
        table = torch.tensor(
            path_loss_db(self.design.multiplier, self.modulus, wavelength_m), dtype=torch.float64
        )
        return (table / _STEP_DB).round() * _STEP_DB

    def rail_loss_db(self, bits: Tensor) -> Tensor:
        """Loss in dB of a rail with multipliers for digits (..., J, D) -> (...), float64."""
        off, on = self.loss_db[:, 0], self.loss_db[:, 1]
        per_digit = bits.to(torch.float64) @ (on - off).to(bits.device)
        return per_digit.sum(-1) + bits.shape[-2] * float(off.sum())

    def residue_loss_db(self) -> Tensor:
        """Loss in dB of one multiplier, on one rail, for every integer that can be streamed."""
        every = self.code.digits(torch.tensor(self.code.values))
        return self.rail_loss_db(every[:, None, :])

    def amplitude_a(self, rail_loss_db: Tensor | float) -> Tensor:
        """Amplitude R √(P+ P-) in A of the I/Q phasor behind a loss of each such rail."""
        first_w, second_w = self.arriving_w(rail_loss_db)
        responsivity = self.design.receiver.photodiode.responsivity_a_per_w
        return responsivity * (first_w * second_w).sqrt()

    def arriving_w(self, rail_loss_db: Tensor | float) -> tuple[Tensor, Tensor]:
        """Power of both rails at the receiver; a rail without multipliers loses nothing."""
        passed = torch.pow(10.0, -torch.as_tensor(rail_loss_db, dtype=torch.float64) / 10.0)
        first_w, second_w = self.design.rail_powers_w(self.modulus)
        shares = self.design.multiplier.rail_shares
        return first_w * passed, second_w * (passed if shares[1] else torch.ones_like(passed))

    @cached_property
    def largest_amplitude_a(self) -> float:
        """Amplitude for the least lossy input that can be represented."""
        return float(self.amplitude_a(self.length * self.residue_loss_db().min()))

    @cached_property
    def smallest_amplitude_a(self) -> float:
        """Amplitude for the lossiest input that can be represented."""
        return float(self.amplitude_a(self.length * self.residue_loss_db().max()))

    def full_scale_a(self, bits: Tensor) -> Tensor:
        """Full scale in A for streamed digits (..., J, D) -> (...), float64."""
        receiver = self.design.receiver
        largest_a = receiver.full_scale_ratio * self.largest_amplitude_a
        if receiver.gain == "fixed":
            return torch.full(bits.shape[:-2], largest_a, dtype=torch.float64)
        wanted_a = receiver.full_scale_ratio * self.amplitude_a(self.rail_loss_db(bits))
        if receiver.stage is None:
            return wanted_a
        setting = receiver.stage.setting(20.0 * (largest_a / wanted_a).log10())
        return largest_a / receiver.stage.factor(setting.gain_db)
