r"""The chain of multipliers as sums over digits: the algebra that makes it fast.

Light runs one way, so the log of a rail's field is a sum over digits.  With ``E_b`` the field
transmission of a digit for bit b at its drive,

``log E = Σ_jd log E_0 + Σ_jd bit_jd (log E_1 - log E_0)``

exactly, leaks and static errors included, because a bit acts only on its own digit and the chain
has settled.  So three matrix products of the streamed bits give, for every readout, the log
amplitude of both rails and the *deviation* of their phase difference from the ideal phase; the
ideal phase itself is an integer modulo m and never enters floating point.

All entries are rounded to a power-of-two grid so coarse that every partial sum is an integer
below 2^24 grid steps.  FP32 sums of such numbers are exact, so a readout does not depend on
tiling, threads or the order of summation.

Legend of shapes: P position, V drive level, J multiplier, D digit, Q quantity (log amplitude of
rail +, of rail -, phase deviation); G group, N streamed vector, M row.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from circuits.multiplier import DigitOptics, DigitStatics
from circuits.phase_code import level_angle_rad
from photonics.errors import InputError
from photonics.optics import power_w

_EXACT = 2.0**24
_FINEST_STEP = 2.0**-30
# Rounding the entries of a chain may turn its phase by this share of half a cell, rms.
_COARSEST = 0.02


@dataclass(frozen=True)
class BitPlanes:
    """Tables of the digits of all positions of one modulus, in grid steps (float32 integers).

    Attributes:
        base: sum over digits of the value for bit 0, (P, V, Q).
        delta: what setting each bit adds, (P, V, D, Q).
        step: size of a grid step of each quantity: neper, neper, rad.
        modulus: m.
    """

    base: Tensor
    delta: Tensor
    step: tuple[float, float, float]
    modulus: int

    @classmethod
    def of(cls, optics: DigitOptics, statics: DigitStatics, length: int) -> BitPlanes:
        """Work out the tables for statics with leading axes (U, R, J), rows ``length`` long."""
        levels = torch.arange(optics.modulus, dtype=torch.float64) - optics.modulus // 2
        lattice = statics.drive_gain.shape[:-1]
        flat = DigitStatics(
            *(x.flatten(0, len(lattice) - 1).unsqueeze(1) for x in vars(statics).values())
        )
        arms = optics.paths(levels.long(), flat)
        zero, one = (_log_response(optics, levels, arms, bit) for bit in (0, 1))
        delta = one - zero
        turn = delta[..., 2]
        delta[..., 2] = torch.remainder(turn + math.pi, 2 * math.pi) - math.pi
        reach = length * (zero.abs().sum(2) + delta.abs().sum(2)).amax((0, 1))
        step = _grid_steps(reach)
        _refuse_coarse(step[2], length * optics.code.count, optics.modulus)
        grid = torch.tensor(step, dtype=torch.float64)
        return cls(
            base=(zero / grid).round().sum(2).to(torch.float32),
            delta=(delta / grid).round().to(torch.float32),
            step=step,
            modulus=optics.modulus,
        )

    def select(self, position: Tensor, level: Tensor) -> tuple[Tensor, Tensor]:
        """Tables of the rows of tiles.

        Args:
            position: index of the multiplier that each operand sits on, (G, M, J).
            level: its signed drive, (G, M, J).

        Returns:
            ``base`` (Q, G, 1, M) and ``delta`` (Q, G, J·D, M).
        """
        groups, rows, length = level.shape
        index = (position * self.modulus + level + self.modulus // 2).flatten()
        base = self.base.flatten(0, 1).index_select(0, index).view(groups, rows, length, 3)
        delta = self.delta.flatten(0, 1).index_select(0, index)
        delta = delta.view(groups, rows, -1, 3)
        return base.sum(2).permute(2, 0, 1).unsqueeze(2), delta.permute(3, 0, 2, 1).contiguous()

    def respond(self, bits: Tensor, base: Tensor, delta: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Log amplitude of rails + and - (neper) and phase deviation (rad), each (G, N, M).

        Args:
            bits: streamed digits as float32 zeros and ones, (G, N, J·D).
            base: from :meth:`select`.
            delta: from :meth:`select`.
        """
        plus, minus, phase = (
            torch.baddbmm(base[q], bits, delta[q]).mul_(self.step[q]) for q in range(3)
        )
        return plus, minus, phase


def _log_response(
    optics: DigitOptics, levels: Tensor, arms: tuple[Tensor, Tensor], bit: int
) -> Tensor:
    """Log amplitudes and phase deviation of every digit for one value of its bit: (P, V, D, Q)."""
    field = optics.transfer(bit, *arms)
    weight = torch.tensor(optics.code.weights, dtype=torch.float64)
    ideal = bit * level_angle_rad(optics.modulus) * levels[:, None] * weight
    beat = field[..., 0] * field[..., 1].conj()
    deviation = torch.remainder(beat.angle() - ideal + math.pi, 2 * math.pi) - math.pi
    return torch.stack([*(power_w(field).log() / 2).unbind(-1), deviation], dim=-1)


def _grid_steps(reach: Tensor) -> tuple[float, float, float]:
    """Power-of-two step for each quantity that keeps sums up to ``reach`` exact in FP32."""
    steps = []
    for bound in reach.tolist():
        # The rounding of each entry may add half a step per digit; a factor of two covers it.
        least = 2.0 * bound / _EXACT
        steps.append(
            max(2.0 ** math.ceil(math.log2(least)), _FINEST_STEP) if least else _FINEST_STEP
        )
    return steps[0], steps[1], steps[2]


def _refuse_coarse(step_rad: float, entries: int, modulus: int) -> None:
    """Refuse tables whose rounding would decide readings of its own."""
    # Each of the entries and the base is rounded, uniformly within half a step.
    rms_rad = step_rad * math.sqrt(2 * entries / 12)
    if rms_rad > _COARSEST * level_angle_rad(modulus) / 2:
        raise InputError(
            "multiplier",
            f"{entries} digits modulo {modulus}",
            f"deviate so far that exact sums would round the phase by {rms_rad:.2g} rad",
            "lower static_phase_rms_rad, bypass_phase_rms_rad or bfp.group_size, or use field",
        )
