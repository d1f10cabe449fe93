r"""Static phase of the digits of a chip, the mean of their leaks over all drives included.

With ``S`` and ``B`` the fields of a digit's path through its shifter and past it, a bit of 1 means
``S`` to pass, and ``B`` leaks: the light is turned by ``arg(1 + z)`` beyond the intended path, with
``z = B / S``, and a bit of 0 the other way about.  The drive turns z.

Legend of shapes: U unit, R row, J multiplier, D digit, S rail, V drive level.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from circuits.chip.arrays import ModulusArrays
from circuits.coding.phase_code import drive_level
from circuits.optics.digit import Arms, set_points
from photonics.optics import phasor

# Orders of a leak that count in the mean phase.
_LEAK_ORDERS = 4


@dataclass(frozen=True)
class StaticPhase:
    """Digits of the arrays of one modulus with a value of their bit.

    Light on the intended path has the phase of a drive at zero, and of the mean of the drives'
    nonlinearity over all levels; what departs from that, and their gain, does not count.

    Attributes:
        bit: the value.
        path_rad: phase of the intended path, (U, R, J, D, S).
        leak: z with all drives at zero, complex128 (U, R, J, D, S).
        turned: mean over all drives of what they turn each order of z by, (orders, D, S).
        used: 1 for a rail with multipliers, 0 for one without, (S,).
    """

    bit: int
    path_rad: Tensor
    leak: Tensor
    turned: Tensor
    used: Tensor

    @classmethod
    def of(cls, arrays: ModulusArrays) -> tuple[StaticPhase, StaticPhase]:
        """Work out those of bits 0 and 1 from arrays as they are."""
        statics = arrays.statics
        rest = torch.zeros(statics.drive_gain.shape[:-1], dtype=torch.int64)
        arms = arrays.optics.paths(rest, statics)
        return cls._of_bit(arrays, arms, 0), cls._of_bit(arrays, arms, 1)

    @classmethod
    def _of_bit(cls, arrays: ModulusArrays, arms: Arms, bit: int) -> StaticPhase:
        optics, statics = arrays.optics, arrays.statics
        straight, coupled = (x.prod(-1) for x in optics.switch_fields(bit, statics))
        on_shifter, on_bypass = (straight, coupled) if optics.zero_coupled else (coupled, straight)
        switch, other = (on_shifter, on_bypass) if bit else (on_bypass, on_shifter)
        intended, leaked = arms if bit else (arms.bypass, arms.shifter)
        path_rad = statics.shifter_phase_rad + optics.drive_rad(_mean_inl(arrays))
        if bit == 0:
            path_rad = optics.design.bypass_phase_rad + statics.bypass_phase_rad
        levels = drive_level(torch.arange(optics.modulus), optics.modulus)
        points = set_points(optics.design, optics.code, levels)
        drive_rad = optics.drive_rad(optics.swing(points))
        turned = phasor(-drive_rad if bit else drive_rad)
        orders = [turned.pow(order).mean(0) for order in range(1, _LEAK_ORDERS + 1)]
        return cls(
            bit=bit,
            path_rad=switch.angle() + path_rad,
            leak=other * leaked / (switch * intended),
            turned=torch.stack(orders),
            used=torch.tensor([float(share != 0) for share in optics.design.rail_shares]),
        )

    def rad(self, added_rad: Tensor | None = None) -> Tensor:
        """Phase between the rails, (U, R, J, D).

        Args:
            added_rad: further phase of the shifter path of rail +, (U, R, J, D).
        """
        path_rad, leak = self.path_rad, self.leak
        if added_rad is not None:
            both = torch.stack((added_rad, torch.zeros_like(added_rad)), dim=-1)
            leak = leak * phasor(-both if self.bit else both)
            path_rad = path_rad + both if self.bit else path_rad
        # arg(1 + z) is the imaginary part of z - z²/2 + ...
        mean_rad, power = torch.zeros_like(path_rad), leak
        for order, turned in enumerate(self.turned, start=1):
            term = (power * turned).imag / order
            mean_rad += term if order % 2 else -term
            power = power * leak
        phase_rad = (path_rad + mean_rad) * self.used
        return phase_rad[..., 0] - phase_rad[..., 1]


def _mean_inl(arrays: ModulusArrays) -> Tensor:
    """Mean nonlinearity of the drives over all levels, in levels: (U, R, J, D or 1, S or 1)."""
    optics, inl = arrays.optics, arrays.statics.drive_inl
    levels = drive_level(torch.arange(optics.modulus), optics.modulus)
    index = (set_points(optics.design, optics.code, levels) + optics.modulus // 2).T.unsqueeze(-2)
    return inl.gather(-1, index.expand(*inl.shape[:-1], -1)).mean(-1)
