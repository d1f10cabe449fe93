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

A digit's response is looked up by place and drive.  Where heaters warm each other it depends on the
drives of the whole tile: an expansion adds to what was looked up, or, where heat is so strong that
this would leave out too much, the response is worked out tile by tile.

Legend of shapes: P place (unit, row, multiplier), L line (unit, row), V drive level, J multiplier,
D digit, Q quantity (log amplitude of rail +, of rail -, phase deviation); G group, N streamed
vector, M row.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from circuits.compiled.heat_expansion import HeatExpansion
from circuits.compiled.warm_digits import WarmDigits

_EXACT = 2.0**24
_FINEST_STEP = 2.0**-30
# Numbers that working out a digit's response holds at a time, over those that it results in.
_COMPLEX_WORK = 16
_EXPANSION_WORK = 32


@dataclass(frozen=True)
class DigitTables:
    """Responses of the digits of all places of one modulus, in grid steps.

    Attributes:
        modulus: m.
        shape: units, rows, multipliers in a row.
        digits: digits of a multiplier, D.
        table: response of every multiplier to bits 0 and what bit 1 of each digit adds, float32
            integers (P, V, Q) and (P, V, D, Q); none where it depends on the tile.
        input_response: response of what lies in front of the digits, float32 integers (L, Q).
        step: size of a grid step of each quantity: neper, neper, rad.
        heat: what the heat of a tile adds; none where nothing is warmed.
        warm: digits whose response is worked out for each tile; none where tables hold it.
    """

    modulus: int
    shape: tuple[int, int, int]
    digits: int
    table: tuple[Tensor, Tensor] | None
    input_response: Tensor
    step: tuple[float, float, float]
    heat: HeatExpansion | None
    warm: WarmDigits | None

    @cached_property
    def steps(self) -> Tensor:
        """The steps as float64, (Q,), where the tables are."""
        return torch.tensor(self.step, dtype=torch.float64, device=self.input_response.device)

    @property
    def entries(self) -> int:
        """Numbers that a tile needs for each of its multipliers."""
        work = 1 if self.heat is None else _EXPANSION_WORK
        return 3 * self.digits * (work if self.warm is None else _COMPLEX_WORK)

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
            self._warmed(self.warm, unit, row, level)
            if self.table is None
            else self._looked_up(self.table, unit, row, level)
        )
        if self.heat is not None:
            more = self.heat.added(unit, row, level)
            base, delta = base + more[0], delta + more[1]
        base = base.sum(2) + self.input_response[unit * self.shape[1] + row]
        return base.permute(2, 0, 1).unsqueeze(2), delta.permute(3, 0, 2, 1).contiguous()

    def turn(
        self, tables: tuple[Tensor, Tensor], row_rad: Tensor, place_rad: Tensor, digit_rad: Tensor
    ) -> None:
        """Add phases to tables of :meth:`select`, in place and on their grid.

        Args:
            tables: ``base`` and ``delta``.
            row_rad: of every row, (G, M).
            place_rad: of every multiplier whose bits are 0, (G, M, J).
            digit_rad: of every digit of 1, (G, M, J·D).
        """
        base, delta = tables
        by_row, by_place, by_digit = (
            (rad / self.step[2]).round() for rad in (row_rad, place_rad, digit_rad)
        )
        base[2] += (by_row + by_place.sum(-1)).unsqueeze(1)
        delta[2] += by_digit.transpose(1, 2)

    def _looked_up(
        self, table: tuple[Tensor, Tensor], unit: Tensor, row: Tensor, level: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Response of multipliers (G, M, J, Q) and of their digits (G, M, J·D, Q)."""
        groups, rows, length = level.shape
        line = unit * self.shape[1] + row
        place = line[..., None] * self.shape[2] + torch.arange(length, device=level.device)
        index = (place * self.modulus + level + self.modulus // 2).flatten()
        base, delta = (part.flatten(0, 1).index_select(0, index) for part in table)
        return base.view(groups, rows, length, 3), delta.view(groups, rows, -1, 3)

    def _warmed(
        self, warm: WarmDigits | None, unit: Tensor, row: Tensor, level: Tensor
    ) -> tuple[Tensor, Tensor]:
        """The same, worked out for the drives of whole tiles."""
        assert warm is not None
        zero, delta = warm.responses(unit, row, level)
        base, step = on_grid(zero, delta, self.steps)
        return base, step.flatten(2, 3)

    def respond(self, bits: Tensor, base: Tensor, delta: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Log amplitude of rails + and - (neper), phase deviation (rad): float64 (G, N, M) each.

        Args:
            bits: streamed digits as float32 zeros and ones, (G, N, J·D).
            base: from :meth:`select`.
            delta: from :meth:`select`.
        """
        plus, minus, phase = (
            torch.baddbmm(base[q], bits, delta[q]).double().mul_(self.step[q]) for q in range(3)
        )
        return plus, minus, phase

    def respond_at(
        self, bits: Tensor, base: Tensor, delta: Tensor, group: Tensor, row: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """The bits of :meth:`respond`, for single readouts (S,).

        Args:
            bits: streamed digits of each readout, (S, J·D).
            base: from :meth:`select`.
            delta: from :meth:`select`.
            group: index G of each readout.
            row: index M of each readout.
        """
        plus, minus, phase = (
            (bits * delta[q][group, :, row])
            .sum(-1)
            .add_(base[q][group, 0, row])
            .double()
            .mul_(self.step[q])
            for q in range(3)
        )
        return plus, minus, phase


def on_grid(zero: Tensor, delta: Tensor, grid: Tensor) -> tuple[Tensor, Tensor]:
    """Responses in grid steps: of bit 0 summed over digits (..., Q), and what bit 1 adds."""
    base = (zero / grid).round().sum(-2).to(torch.float32)
    return base, (delta / grid).round().to(torch.float32)


def grid_steps(reach: Tensor) -> tuple[float, float, float]:
    """Power-of-two step for each quantity that keeps sums up to ``reach`` (Q,) exact in FP32."""
    steps = []
    for bound in reach.tolist():
        # The rounding of each entry may add half a step per digit; a factor of two covers it.
        least = 2.0 * bound / _EXACT
        steps.append(
            max(2.0 ** math.ceil(math.log2(least)), _FINEST_STEP) if least else _FINEST_STEP
        )
    return steps[0], steps[1], steps[2]
