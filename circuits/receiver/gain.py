"""What the receivers are set to for each symbol: full scale and the common mode they take off.

The full scale is fixed, or set from the streamed digits.  The controller knows those before the
light arrives, and the loss that the design gives each of them on its intended path.  It knows
neither leaks nor the errors of this chip.

Legend: J multiplier in the row, D digit, K share of the common mode (of both rails, or of each).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import torch
from torch import Tensor

from circuits.coding.digit_code import DigitCode
from circuits.design.circuit import Design
from circuits.optics.digit import path_loss_db
from photonics.errors import InputError

# Losses are rounded to this step, so that their sums are exact in any order.
_STEP_DB = 2.0**-20
# Amplitudes far below this are no numbers of FP32 any more.
_LEAST_AMPLITUDE_A = 1e-30


class SymbolSetting(NamedTuple):
    """What receivers are set to for symbols; both of one shape."""

    full_scale_a: Tensor
    """Full scale of the converters in A."""
    common_mode: tuple[Tensor, ...] | None
    """The K of :meth:`GainControl.common_mode`; none where no receiver has a trim."""

    def apply(self, change: Callable[[Tensor], Tensor]) -> SymbolSetting:
        """Both changed alike: others of their symbols, or another shape."""
        common_mode = None if self.common_mode is None else tuple(map(change, self.common_mode))
        return SymbolSetting(change(self.full_scale_a), common_mode)


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

    def common_mode_a(self, rail_loss_db: Tensor | float) -> Tensor:
        """Current in A of both diodes of a pair behind a loss of each such rail, (..., K).

        A balanced pair whose diodes depart by ±x from their mean shows x times this as an offset.
        Rails that lose alike count together, R (P+ + P-) / 2.  Where only one has multipliers each
        counts by itself: unlike couplers show the two with opposite signs.
        """
        light_w = torch.stack(self.arriving_w(rail_loss_db), dim=-1)
        if all(self.design.multiplier.rail_shares):
            light_w = light_w.sum(-1, keepdim=True)
        return self.design.receiver.photodiode.responsivity_a_per_w * light_w / 2.0

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

    def raised(self, bits: Tensor, factor: Tensor) -> Tensor:
        """Most, up to a factor (...), by which the gain can be raised over that of digits, (...).

        One gain for all symbols cannot be raised at all; a stage has steps and an end.
        """
        receiver = self.design.receiver
        if receiver.gain == "fixed":
            return torch.ones_like(factor)
        factor = factor.clamp(min=1.0)
        if receiver.stage is None:
            return factor
        largest_a = receiver.full_scale_ratio * self.largest_amplitude_a
        used = largest_a / self.full_scale_a(bits)
        setting = receiver.stage.setting(20.0 * (used * factor).log10())
        return (receiver.stage.factor(setting.gain_db) / used).clamp(min=1.0)

    def common_mode(self, bits: Tensor) -> Tensor:
        """Common mode of streamed digits (..., J, D) over the full scale, (..., K), float64.

        It goes with the light: only for rails that are alike and a gain set for each symbol is it
        in proportion to the full scale.
        """
        return self.common_mode_a(self.rail_loss_db(bits)) / self.full_scale_a(bits)[..., None]

    @cached_property
    def largest_common_mode(self) -> Tensor:
        """Common mode over the full scale at the end of the range where it is larger, (K,)."""
        every = self.code.digits(torch.tensor(self.code.values))
        loss_db = self.residue_loss_db()
        ends = every[torch.stack((loss_db.argmin(), loss_db.argmax()))]
        return self.common_mode(ends[:, None].expand(-1, self.length, -1)).amax(0)


def require_light(design: Design, modulus: int, length: int) -> None:
    """Refuse a design that lets no light through to the receiver.

    Raises:
        InputError: if nothing that can be told from darkness arrives for the lossiest input.
    """
    least_a = GainControl(design, modulus, length).smallest_amplitude_a
    # Loss without end may make this no number at all.
    if not least_a >= _LEAST_AMPLITUDE_A:
        raise InputError(
            "laser.power_w",
            design.unit_power_w(modulus),
            f"no light arrives behind {length} multipliers modulo {modulus}",
            "lower the loss of rings, shifters, bends and coupler, or couple and detune the rings "
            "so that they switch",
        )
