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

Where heaters warm each other, a digit's response depends on the drives of the whole tile; it is
then worked out tile by tile, and looked up by place and drive otherwise.

Legend of shapes: P place (unit, row, multiplier), L line (unit, row), V drive level, J multiplier,
D digit, Q quantity (log amplitude of rail +, of rail -, phase deviation); G group, N streamed
vector, M row.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from circuits.chip.arrays import ModulusArrays
from circuits.coding.phase_code import level_angle_rad
from circuits.optics.digit import Arms, DigitOptics, DigitStatics
from photonics.errors import InputError
from photonics.optics import power_w

_EXACT = 2.0**24
_FINEST_STEP = 2.0**-30
# Numbers that working out a digit's response holds at a time, over those that it results in.
_COMPLEX_WORK = 16
# Rounding the entries of a chain may turn its phase by this share of half a cell, rms.
_COARSEST = 0.02


@dataclass(frozen=True)
class BitPlanes:
    """Responses of the digits of all places of one modulus, in grid steps.

    Attributes:
        arrays: the arrays.
        shape: units, rows, multipliers in a row.
        table: response of every digit to bit 0 and what bit 1 adds, float32 integers
            (P, V, Q) summed over digits and (P, V, D, Q); none where it depends on the tile.
        entry: response of what lies in front of the digits, float32 integers (L, Q).
        step: size of a grid step of each quantity: neper, neper, rad.
    """

    arrays: ModulusArrays
    shape: tuple[int, int, int]
    table: tuple[Tensor, Tensor] | None
    entry: Tensor
    step: tuple[float, float, float]

    @classmethod
    def of(cls, arrays: ModulusArrays) -> BitPlanes:
        """Work out the tables of a arrays.

        Raises:
            InputError: if the exact sums would round the phase too coarsely.
        """
        optics = arrays.optics
        units, rows, length = arrays.statics.drive_gain.shape[:3]
        zero, delta = _without_heat(arrays)
        entry = line_response(arrays.entry.flatten(0, 1))
        reach = length * (zero.abs().sum(2) + delta.abs().sum(2)).amax((0, 1))
        reach = reach + entry.abs().amax(0)
        # Heat moves what a digit does by no more than this; the factor is for its leaks.
        warmed = 2.0 * length * optics.code.count * arrays.heat_bound()
        step = _grid_steps(reach + warmed)
        _refuse_coarse(step[2], length * optics.code.count, optics.modulus)
        grid = torch.tensor(step, dtype=torch.float64)
        table = None if arrays.heat is not None else _on_grid(zero, delta, grid)
        line = (entry / grid).round().to(torch.float32)
        return cls(arrays, (units, rows, length), table, line, step)

    @property
    def modulus(self) -> int:
        """The modulus m."""
        return self.arrays.optics.modulus

    @property
    def table_entries(self) -> int:
        """Numbers that a tile needs for each of its multipliers."""
        warm = 1 if self.arrays.heat is None else _COMPLEX_WORK
        return 3 * self.arrays.optics.code.count * warm

    def spread_rad2(self) -> Tensor:
        """How far multipliers turn the phase wrongly at every drive, mean square, float64 (V,).

        Over all places, for digits that are as often one as zero, and against what the same places
        turn it by at drive 0 for digits of zero, which calibration takes off.  Sums over a row are
        the variance of its phase as far as multipliers err independently.
        """
        zero, delta = (
            (x.double() * self.step[2] for x in (self.table[0][..., 2], self.table[1][..., 2]))
            if self.table is not None
            else (x[..., 2] for x in _without_heat(self.arrays))
        )
        base = zero if self.table is not None else zero.sum(2)
        base = base - base[:, self.modulus // 2, None]
        base = torch.remainder(base + math.pi, 2 * math.pi) - math.pi
        mean = base + delta.sum(-1) / 2
        # A bit that is zero or one departs from a half by a half.
        of_bits = delta.square().sum(-1) / 4
        return ((mean - mean.mean(0)).square() + of_bits).mean(0)

    def select(self, unit: Tensor, row: Tensor, level: Tensor) -> tuple[Tensor, Tensor]:
        """Tables of the rows of tiles.

        Args:
            unit: array that each row is on, (G, M).
            row: row of the array that it is, (M,); with heaters that warm each other, whole
                arrays from row 0 on (the last may be cut short).
            level: signed drives, (G, M, J).

        Returns:
            ``base`` (Q, G, 1, M) and ``delta`` (Q, G, J·D, M).
        """
        base, delta = (
            self._warmed(unit, row, level)
            if self.table is None
            else self._looked_up(self.table, unit, row, level)
        )
        base = base.sum(2) + self.entry[unit * self.shape[1] + row]
        return base.permute(2, 0, 1).unsqueeze(2), delta.permute(3, 0, 2, 1).contiguous()

    def _looked_up(
        self, table: tuple[Tensor, Tensor], unit: Tensor, row: Tensor, level: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Response of multipliers (G, M, J, Q) and of their digits (G, M, J·D, Q)."""
        groups, rows, length = level.shape
        line = unit * self.shape[1] + row
        place = line[..., None] * self.shape[2] + torch.arange(length)
        index = (place * self.modulus + level + self.modulus // 2).flatten()
        base, delta = (part.flatten(0, 1).index_select(0, index) for part in table)
        return base.view(groups, rows, length, 3), delta.view(groups, rows, -1, 3)

    def _warmed(self, unit: Tensor, row: Tensor, level: Tensor) -> tuple[Tensor, Tensor]:
        """The same, worked out for the drives of whole tiles."""
        groups, rows, length = level.shape
        array = self.shape[1]
        padded = F.pad(level, (0, 0, 0, -rows % array))
        tiles = padded.view(groups, -1, array, length)
        thermal_shift = self.arrays.thermal_shift(tiles, unit[:, ::array])
        assert thermal_shift is not None
        thermal_shift = thermal_shift.apply(lambda part: part.flatten(1, 2)[:, :rows])
        statics = self.arrays.statics.at(unit, row, slice(0, length)).with_heat(thermal_shift)
        zero, delta = digit_responses(self.arrays.optics, level, statics)
        base, step = _on_grid(zero, delta, torch.tensor(self.step, dtype=torch.float64))
        return base, step.flatten(2, 3)

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

    def respond_at(
        self, bits: Tensor, base: Tensor, delta: Tensor, group: Tensor, row: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """As :meth:`respond`, bit for bit, for single readouts (S,).

        Args:
            bits: streamed digits of each readout, (S, J·D).
            base: from :meth:`select`.
            delta: from :meth:`select`.
            group: index G of each readout.
            row: index M of each readout.
        """
        plus, minus, phase = (
            (bits * delta[q][group, :, row]).sum(-1).add_(base[q][group, 0, row]).mul_(self.step[q])
            for q in range(3)
        )
        return plus, minus, phase


def _without_heat(arrays: ModulusArrays) -> tuple[Tensor, Tensor]:
    """:func:`digit_responses` of all places at all drives: (P, V, D, Q)."""
    levels = torch.arange(arrays.optics.modulus) - arrays.optics.modulus // 2
    places = DigitStatics(*(x.flatten(0, 2).unsqueeze(1) for x in vars(arrays.statics).values()))
    return digit_responses(arrays.optics, levels, places)


def digit_responses(
    optics: DigitOptics, level: Tensor, statics: DigitStatics
) -> tuple[Tensor, Tensor]:
    """Response of every digit to bit 0, and what bit 1 adds to it: (..., D, Q)."""
    arms = optics.paths(level, statics)
    zero, one = (_log_response(optics, level, statics, arms, bit) for bit in (0, 1))
    delta = one - zero
    delta[..., 2] = torch.remainder(delta[..., 2] + math.pi, 2 * math.pi) - math.pi
    return zero, delta


def _log_response(
    optics: DigitOptics, level: Tensor, statics: DigitStatics, arms: Arms, bit: int
) -> Tensor:
    """Log amplitudes and phase deviation of every digit for one value of its bit: (..., D, Q)."""
    field = optics.transfer(bit, statics, arms)
    weight = torch.tensor(optics.code.weights, dtype=torch.float64)
    ideal = bit * level_angle_rad(optics.modulus) * (level[..., None] * weight)
    beat = field[..., 0] * field[..., 1].conj()
    deviation = torch.remainder(beat.angle() - ideal + math.pi, 2 * math.pi) - math.pi
    return torch.stack([*(power_w(field).log() / 2).unbind(-1), deviation], dim=-1)


def line_response(entry: Tensor) -> Tensor:
    """Log amplitudes and phase between the rails of fields (..., S): (..., Q)."""
    beat = entry[..., 0] * entry[..., 1].conj()
    return torch.stack([*(power_w(entry).log() / 2).unbind(-1), beat.angle()], dim=-1)


def _on_grid(zero: Tensor, delta: Tensor, grid: Tensor) -> tuple[Tensor, Tensor]:
    """Responses in grid steps: of bit 0 summed over digits (..., Q), and what bit 1 adds."""
    base = (zero / grid).round().sum(-2).to(torch.float32)
    return base, (delta / grid).round().to(torch.float32)


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
