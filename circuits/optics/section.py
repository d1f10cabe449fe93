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

The swing of each level is worked out from the curve of the shifter: by design nothing is left of
its bend but what errors of a drive, its loss and leaks make of it.

A digit of weight k has k such sections on one drive, so that phase and loss are k times those of
one.  A digit that counts negatively has the rails exchanged.

Legend of shapes: V level (lowest first), S rail; ``...`` drives.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import torch
from scipy.optimize.elementwise import find_root
from torch import Tensor

from devices.shifters.shifter import Shifter
from photonics.errors import InputError

# Share of the range of drives over which a slope at its end is taken.
_EDGE = 1e-6
# Step over the largest swing for slopes, which are taken to this many digits.
_SLOPE, _SLOPE_DIGITS = 1e-5, 7
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
        swing: that each level asks for, in levels, float64 (V, S).
    """

    shifter: Shifter
    bias: float
    step: float
    level_rad: float
    dual: bool
    swing: Tensor

    @classmethod
    def of(
        cls, shifter: Shifter, level_rad: float, levels: Tensor, *, dual: bool, shared: bool
    ) -> Section:
        """Size, bias and drive sections.

        Args:
            shifter: of any kind and length.
            level_rad: phase of a level between the rails.
            levels: signed integers that may be asked for, rising, (V,).
            dual: whether there are two rails.
            shared: whether two rails share a converter.

        Raises:
            InputError: if no drive reaches the phase of a level.
        """
        most = int(levels.abs().max())
        shifter = _spanning(shifter, (1.0 if dual else 2.0) * most * level_rad)
        low, high = shifter.drive_range
        bias = 0.5 * (low + high)
        if not (dual and shared):
            bias = float(shifter.drive(0.5 * sum(shifter.phase_range_rad)))
        reach = max(high - bias, bias - low)
        start, end = (float(shifter.phase_rad(drive)) for drive in (low, high))
        step = (reach if end > start else -reach) / most
        plain = cls(shifter, bias, step, level_rad, dual, levels.double()[:, None])
        return replace(plain, swing=plain._swing_for(levels.double(), shared=shared))

    def _swing_for(self, levels: Tensor, *, shared: bool) -> Tensor:
        """Swings (V, S) at which the phase is that of levels (V,)."""

        def together(pair: Tensor) -> Tensor:
            return pair[..., 0] - pair[..., 1]

        if self.dual and shared:
            return self._found(together, self.level_rad * levels)[:, None].expand(-1, 2)
        each_rad = (0.5 if self.dual else 1.0) * self.level_rad * levels
        plus = self._found(lambda pair: pair[..., 0], each_rad)
        minus = self._found(lambda pair: -pair[..., 1], each_rad)
        return torch.stack((plus, minus), dim=-1)

    def _found(self, turned: Any, asked_rad: Tensor) -> Tensor:
        """Swings, the same on both rails, at which what is made of their phases is as asked."""

        def off(swing: Any, wanted: Any) -> Any:
            each = torch.from_numpy(np.asarray(swing, dtype=np.float64))
            return turned(self.pair_rad(each[..., None])).numpy() - wanted

        reach = _SLACK * max(abs(x - self.bias) for x in self.shifter.drive_range) / abs(self.step)
        found = find_root(off, (-reach, reach), args=(asked_rad.numpy(),))
        return torch.from_numpy(np.round(found.x, _DIGITS))

    def pair_rad(self, swing: Tensor) -> Tensor:
        """Phase of either section beyond that at the bias, (..., S).

        Args:
            swing: in levels, of either rail, (..., S), or the same of both, (..., 1).
        """
        drives = self._drives(swing)
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
        up, down = (self.pair_rad(self.swing * (1.0 + x)) for x in (_SLOPE, -_SLOPE))
        slope_rad = (up - down) / (2.0 * _SLOPE)
        found = slope_rad[:, 0] - slope_rad[:, 1] if self.dual else slope_rad[:, 0]
        return torch.from_numpy(np.round((found / self.level_rad).numpy(), _SLOPE_DIGITS))

    @cached_property
    def least_db(self) -> float:
        """Loss at the level, and on the rail, where it is least."""
        return float(self._levels_db.min())

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
        """Slope of the phase at the least and at the greatest drive."""
        low, high = self.shifter.drive_range
        width = _EDGE * (high - low)
        below = self.shifter.phase_rad(low + width) - self.shifter.phase_rad(low)
        above = self.shifter.phase_rad(high) - self.shifter.phase_rad(high - width)
        return below / width, above / width


def _spanning(shifter: Shifter, width_rad: float) -> Shifter:
    try:
        return shifter.spanning(width_rad)
    except InputError as error:
        allowed = f"must turn by {width_rad:.4g} rad between the ends of its drives"
        raise InputError("multiplier.shifter", shifter, f"{allowed}, and {error}") from None
