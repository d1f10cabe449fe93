"""The section of shifter that a digit of weight one has on either rail, and how it is driven.

::

    rail +  ──[ b + u₊ ]──      phase between the rails: φ(b + u₊) - φ(b - u₋) = w · 2π/m
    rail -  ──[ b - u₋ ]──

Both sections are driven to and fro about a bias b, by swings that depend on the level w that is
asked for.  A shifter that turns either way is biased at zero; one whose phases have one sign, as of
beams and heaters, which are even in the voltage, somewhere in the middle of its drives.

* Rails that share a converter have one swing, u₊ = u₋, about the middle of the drives.  Where the
  phase goes as the square of the drive their difference is still proportional to the swing; but
  both rails are turned by u² together, so that leaks do not turn them alike.
* Rails with converters of their own are set for opposite phases, about the middle of the phase.
  So is a single rail.

A converter has whole codes.  Where its steps are fine enough, a level is a whole number of them,
and the section as much longer as that takes; what is left of a swing is rounded.

The swing of each level is worked out from the curve of the shifter: by design nothing is left of
its bend but what errors of a drive, its loss and leaks make of it.

A digit of weight k has k such sections on one drive, so that phase and loss are k times those of
one.  A digit that counts negatively has the rails exchanged.

Legend of shapes: V level (lowest first), S rail; ``...`` drives.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import torch
from scipy.optimize.elementwise import find_root
from torch import Tensor

from devices.electronics.dac import Dac
from devices.shifters.shifter import Shifter
from photonics.errors import InputError

# Relative error of a drive, and error in levels, for which slopes are taken, to so many digits.
_SLOPE, _SLOPE_DIGITS = 1e-3, 7
# Share of a step of a converter that counts as none.
_LITTLE = 1e-6
# Sizing ends when the phase is right to this share.
_SIZED, _MOST_ROUNDS = 1e-12, 100
# Swings are worked out to this many digits; those of a linear shifter are whole levels.
_DIGITS = 11
# How far beyond the ends of its drives a swing is looked for, for the sake of rounding.
_SLACK = 1.0 + 1e-9
# Rail + is driven upwards where rail - is driven downwards.
_SIGNS = (1.0, -1.0)


@dataclass(frozen=True)
class Section:
    """The sections of weight one of both rails.

    Attributes:
        shifter: as long as it has to be.
        bias: drive at which no phase is asked for, in the shifter's unit of drive.
        step: drive of one level of swing, negative where the phase falls with the drive.
        level_rad: phase of a level between the rails.
        dual: whether there are two rails, the other driven against this one.
        swing: that each level is given by design, in levels, float64 (V, S).
        code: of the converter that gives it, int64 (V, S); none for one without steps.
    """

    shifter: Shifter
    bias: float
    step: float
    level_rad: float
    dual: bool
    swing: Tensor
    code: Tensor | None = None

    @classmethod
    def of(
        cls,
        shifter: Shifter,
        level_rad: float,
        levels: Tensor,
        *,
        dual: bool,
        shared: bool,
        dac: Dac | None = None,
    ) -> Section:
        """Size, bias and drive sections.

        Args:
            shifter: of any kind and length.
            level_rad: phase of a level between the rails.
            levels: signed integers that may be asked for, rising, (V,).
            dual: whether there are two rails.
            shared: whether two rails share a converter.
            dac: that gives the swings; none for one without steps.

        Raises:
            InputError: if no drive reaches the phase of a level, or no code the drive.
        """
        most = int(levels.abs().max())
        width_rad = (1.0 if dual else 2.0) * most * level_rad
        found = cls._driven(_spanning(shifter, width_rad), level_rad, levels, dual, shared)
        if dac is None:
            return found
        # There is one code less above zero than below.
        top, greatest = dac.half_range - 1, max(int(levels[-1]), 1)
        steps = min(math.floor(abs(found.step) / dac.lsb_v + _LITTLE), top // greatest)
        if steps and math.isclose(2.0 * found.bias, sum(found.shifter.drive_range), abs_tol=1e-12):
            # As much longer as a swing by whole steps turns less; its bias may move with that.
            step, ends = math.copysign(steps * dac.lsb_v, found.step), levels[[0, -1]].double()
            asked, wide_rad = float(ends[1] - ends[0]), width_rad
            for _ in range(_MOST_ROUNDS):
                sized = _spanning(shifter, wide_rad)
                found = cls._driven(sized, level_rad, levels, dual, shared, step)
                ratio = asked / float(found._levels(ends[:, None]).diff())
                wide_rad *= ratio
                if abs(ratio - 1.0) < _SIZED:
                    break
        return found._in_codes(dac, levels)

    @classmethod
    def _driven(
        cls,
        shifter: Shifter,
        level_rad: float,
        levels: Tensor,
        dual: bool,
        shared: bool,
        step: float | None = None,
    ) -> Section:
        """Sections of a shifter as long as it is, driven by a converter without steps.

        Without a drive for a level the largest level uses all of the range.
        """
        most = int(levels.abs().max())
        low, high = shifter.drive_range
        bias = 0.5 * (low + high)
        if not (dual and shared):
            bias = float(shifter.drive(0.5 * sum(shifter.phase_range_rad)))
        reach = max(high - bias, bias - low)
        start, end = (float(shifter.phase_rad(drive)) for drive in (low, high))
        if step is None:
            step = (reach if end > start else -reach) / most
        plain = cls(shifter, bias, step, level_rad, dual, levels.double()[:, None])
        return replace(plain, swing=plain._swing_for(levels.double(), shared=shared))

    def _in_codes(self, dac: Dac, levels: Tensor) -> Section:
        """These sections with their swings rounded to codes of a converter."""
        swing_v = self.swing * self.step
        code = (swing_v / dac.lsb_v).round().long()
        top = dac.half_range
        beyond = ((code < -top) | (code >= top)).any(-1).nonzero()
        if len(beyond):
            worst = int(beyond[-1])
            asked_v = float(swing_v[worst].abs().max())
            raise InputError(
                "multiplier.dac.full_scale_v",
                dac.full_scale_v,
                f"its codes end at {(top - 1) * dac.lsb_v:.4g} V, and level {int(levels[worst])} "
                f"asks for {asked_v:.4g} V",
                "raise it, or lower the largest drive of the shifter",
            )
        if bool((code.diff(dim=0) * math.copysign(1.0, self.step) <= 0).any()):
            raise InputError(
                "multiplier.dac.full_scale_v",
                dac.full_scale_v,
                f"has steps of {dac.lsb_v:.4g} V with {dac.bits} bits, and levels are "
                f"{abs(self.step):.4g} V apart",
                "lower it, or take more bits",
            )
        return replace(self, swing=code.double() * (dac.lsb_v / self.step), code=code)

    def _swing_for(self, levels: Tensor, *, shared: bool) -> Tensor:
        """Swings (V, S) at which the phase is that of levels (V,)."""

        def together(swing: Tensor, _: Tensor) -> Tensor:
            pair = self.pair_rad(swing[..., None])
            return pair[..., 0] - pair[..., 1]

        def apart(swing: Tensor, sign: Tensor) -> Tensor:
            return sign * self._turned_rad(self.bias + swing * (self.step * sign))

        signs = torch.tensor(_SIGNS, dtype=torch.float64)
        if self.dual and shared:
            alike = self._found(together, self.level_rad * levels, signs[0])
            return alike[:, None].expand(-1, 2)
        each_rad = (0.5 if self.dual else 1.0) * self.level_rad * levels
        return self._found(apart, each_rad[:, None], signs)

    def _found(
        self, turned: Callable[[Tensor, Tensor], Tensor], asked_rad: Tensor, signs: Tensor
    ) -> Tensor:
        """Swings at which what is made of them, and of the signs of their rails, is as asked."""

        def off(swing: Any, wanted: Any, sign: Any) -> Any:
            return turned(torch.from_numpy(swing), torch.from_numpy(sign)).numpy() - wanted

        reach = _SLACK * max(abs(x - self.bias) for x in self.shifter.drive_range) / abs(self.step)
        found = find_root(off, (-reach, reach), args=(asked_rad.numpy(), signs.numpy()))
        return torch.from_numpy(np.round(found.x, _DIGITS))

    def pair_rad(self, swing: Tensor) -> Tensor:
        """Phase of either section beyond that at the bias, (..., S).

        Args:
            swing: in levels, of either rail, (..., S), or the same of both, (..., 1).
        """
        return self._turned_rad(self._drives(swing))

    def _turned_rad(self, drives: Tensor) -> Tensor:
        """Phase of a section at any drives beyond that at the bias."""
        inside = drives.clamp(*self.shifter.drive_range)
        phase_rad = self.shifter.phase_rad(inside) - self._bias_rad
        over = drives - inside
        if not bool(over.any()):
            return phase_rad
        # Spreads of a drive may lead out of its range, where the curve goes on straight.
        below, above = self._edge_slopes
        return phase_rad + torch.where(over < 0.0, below, above) * over

    def pair_db(self, swing: Tensor) -> Tensor:
        """Loss of either section, (..., S), for swings as of :meth:`pair_rad`."""
        inside = self._drives(swing).clamp(*self.shifter.drive_range)
        return self.shifter.loss_db(self.shifter.phase_rad(inside))

    def _drives(self, swing: Tensor) -> Tensor:
        return self.bias + swing * (self.step * torch.tensor(_SIGNS, dtype=torch.float64))

    @cached_property
    def gain_levels(self) -> Tensor:
        """Phase between the rails per relative error of the drive, in levels, float64 (V,).

        The level itself where the phase is proportional to the swing.
        """
        return self._slope(self.swing)

    @cached_property
    def slopes(self) -> Tensor:
        """Phase between the rails per error of the swing of either, level per level, (V, S)."""
        return torch.stack([self._slope(rail) for rail in torch.eye(2).double()], dim=-1)

    def _slope(self, error: Tensor) -> Tensor:
        """Phase between the rails per unit of an error of the swings (V or 1, S), (V,)."""
        up, down = (self._levels(self.swing + times * error) for times in (_SLOPE, -_SLOPE))
        return torch.from_numpy(np.round(((up - down) / (2.0 * _SLOPE)).numpy(), _SLOPE_DIGITS))

    def _levels(self, swing: Tensor) -> Tensor:
        """Phase between the rails, in levels, of swings (V, S)."""
        pair = self.pair_rad(swing)
        turned_rad = pair[:, 0] - pair[:, 1] if self.dual else pair[:, 0]
        return turned_rad / self.level_rad

    @cached_property
    def rounding(self) -> Tensor:
        """What codes leave of the phase between the rails, in levels, float64 (V,)."""
        if self.code is None:
            return torch.zeros(len(self.swing), dtype=torch.float64)
        count = len(self.swing)
        return self._levels(self.swing) - (torch.arange(count) - count // 2)

    @cached_property
    def least_db(self) -> float:
        """Loss at the level where the rails, on the mean, lose least."""
        used = self._levels_db if self.dual else self._levels_db[:, :1]
        return float(used.mean(-1).min())

    @cached_property
    def fades(self) -> bool:
        """Whether the loss depends on the drive."""
        return bool(self._levels_db.max() > self._levels_db.min())

    @cached_property
    def _levels_db(self) -> Tensor:
        return self.pair_db(self.swing)

    @cached_property
    def _bias_rad(self) -> Tensor:
        return self.shifter.phase_rad(self.bias)

    @cached_property
    def _edge_slopes(self) -> tuple[Tensor, Tensor]:
        """Slope of the phase over a level at the least and at the greatest drive."""
        low, high = self.shifter.drive_range
        # Over a level: at the very end a curve may be as steep as can be.
        width = min(abs(self.step), high - low)
        below = self.shifter.phase_rad(low + width) - self.shifter.phase_rad(low)
        above = self.shifter.phase_rad(high) - self.shifter.phase_rad(high - width)
        return below / width, above / width


def _spanning(shifter: Shifter, width_rad: float) -> Shifter:
    try:
        return shifter.spanning(width_rad)
    except InputError as error:
        allowed = (
            f"must turn by {width_rad:.4g} rad between the ends of its drives for the largest "
            f"level, and {error.field} = {error.value:.4g} {error.allowed}"
        )
        remedy = "drive it further, or take another kind"
        raise InputError("multiplier.shifter", shifter, allowed, remedy) from None
