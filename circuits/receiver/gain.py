"""What the receivers are set to for each symbol: full scale and the common mode they take off.

The full scale is fixed, or set from the streamed digits.  The controller knows those before the
light arrives, and the loss that the design gives each of them on its intended path.  It knows
neither leaks nor the errors of this chip.

Legend: J multiplier in the row, D digit, K part of the common mode (of both rails, or of each).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import torch
from torch import Tensor

from circuits.coding.digit_code import DigitCode
from photonics.converters import GainSteps

LOSS_STEP_DB = 2.0**-20
"""Losses of digits are whole numbers of this, so that their sums are exact in any order."""


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
    """Amplitudes by design, and the full scale set for them, of the dot products of one modulus.

    Attributes:
        code: of the streamed integers.
        length: multipliers in a row.
        loss_db: loss of each digit for bit 0 and bit 1, float64 (D, 2), of a rail with multipliers;
            on a power-of-two grid, so that sums are exact in any order.
        rail_powers_w: power that enters either rail.
        dual: whether both rails have multipliers, or only the first.
        responsivity_a_per_w: of the diodes, for light in front of the hybrid.
        full_scale_ratio: full scale over the amplitude that it is set for.
        per_symbol: whether it is set symbol by symbol, or once for the largest amplitude.
        steps: gains that the stage can give; none for any.
    """

    code: DigitCode
    length: int
    loss_db: Tensor
    rail_powers_w: tuple[float, float]
    dual: bool
    responsivity_a_per_w: float
    full_scale_ratio: float
    per_symbol: bool
    steps: GainSteps | None

    def rail_loss_db(self, bits: Tensor) -> Tensor:
        """Loss in dB of a rail with multipliers for digits (..., J, D) -> (...), float64."""
        off, on = self.loss_db[:, 0], self.loss_db[:, 1]
        per_digit = bits.to(torch.float64) @ (on - off)
        return per_digit.sum(-1) + bits.shape[-2] * self._least_db

    @cached_property
    def _least_db(self) -> float:
        """Loss of a multiplier whose bits are 0."""
        return float(self.loss_db[:, 0].sum())

    @property
    def _every(self) -> Tensor:
        """Digits of every integer that can be streamed, (X, D)."""
        return self.code.digits(torch.tensor(self.code.values, device=self.loss_db.device))

    def residue_loss_db(self) -> Tensor:
        """Loss in dB of one multiplier, on one rail, for every integer that can be streamed."""
        return self.rail_loss_db(self._every[:, None, :])

    @cached_property
    def amplifies(self) -> bool:
        """Whether some integer passes with gain, as parts may be measured within tolerance."""
        return bool((self.residue_loss_db() < 0.0).any())

    def amplitude_a(self, rail_loss_db: Tensor | float) -> Tensor:
        """Amplitude R √(P+ P-) in A of the I/Q phasor behind a loss of each such rail."""
        first_w, second_w = self.arriving_w(rail_loss_db)
        return self.responsivity_a_per_w * (first_w * second_w).sqrt()

    def common_mode_a(self, rail_loss_db: Tensor | float) -> Tensor:
        """Current in A of both diodes of a pair behind a loss of each such rail, (..., K).

        A balanced pair whose diodes depart by ±x from their mean shows x times this as an offset.
        Rails that lose alike count together, R (P+ + P-) / 2.  Where only one has multipliers each
        counts by itself: unequal couplers show the two with opposite signs.
        """
        light_w = torch.stack(self.arriving_w(rail_loss_db), dim=-1)
        if self.dual:
            light_w = light_w.sum(-1, keepdim=True)
        return self.responsivity_a_per_w * light_w / 2.0

    def arriving_w(self, rail_loss_db: Tensor | float) -> tuple[Tensor, Tensor]:
        """Power of both rails at the receiver; a rail without multipliers loses nothing."""
        passed = torch.pow(10.0, -torch.as_tensor(rail_loss_db, dtype=torch.float64) / 10.0)
        first_w, second_w = self.rail_powers_w
        return first_w * passed, second_w * (passed if self.dual else torch.ones_like(passed))

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
        if not self.per_symbol:
            return self.full_scale_of(self.loss_db.new_zeros(bits.shape[:-2]))
        return self.full_scale_of(self.rail_loss_db(bits))

    def full_scale_of(self, rail_loss_db: Tensor) -> Tensor:
        """Full scale in A for a loss of each rail with multipliers, float64 (...)."""
        largest_a = self.full_scale_ratio * self.largest_amplitude_a
        if not self.per_symbol:
            return torch.full_like(rail_loss_db, largest_a)
        wanted_a = self.full_scale_ratio * self.amplitude_a(rail_loss_db)
        if self.steps is None:
            return wanted_a
        gain_db = self.steps.largest_db(20.0 * (largest_a / wanted_a).log10())
        return largest_a / torch.pow(10.0, gain_db / 20.0)

    def raised(self, bits: Tensor, factor: Tensor) -> Tensor:
        """Most, up to a factor (...), by which the gain can be raised over that of digits, (...).

        One gain for all symbols cannot be raised at all; a stage has steps and an end.
        """
        if not self.per_symbol:
            return torch.ones_like(factor)
        factor = factor.clamp(min=1.0)
        if self.steps is None:
            return factor
        largest_a = self.full_scale_ratio * self.largest_amplitude_a
        used = largest_a / self.full_scale_a(bits)
        gain_db = self.steps.largest_db(20.0 * (used * factor).log10())
        return (torch.pow(10.0, gain_db / 20.0) / used).clamp(min=1.0)

    def common_mode(self, bits: Tensor) -> Tensor:
        """Common mode of streamed digits (..., J, D) over the full scale, (..., K), float64.

        It goes with the light: only for rails that are alike and a gain set for each symbol is it
        in proportion to the full scale.
        """
        return self.common_mode_a(self.rail_loss_db(bits)) / self.full_scale_a(bits)[..., None]

    @cached_property
    def largest_common_mode(self) -> Tensor:
        """Common mode over the full scale at the end of the range where it is larger, (K,)."""
        loss_db = self.residue_loss_db()
        ends = self._every[torch.stack((loss_db.argmin(), loss_db.argmax()))]
        return self.common_mode(ends[:, None].expand(-1, self.length, -1)).amax(0)
