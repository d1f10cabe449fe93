"""Readouts that noise may reach, found in tensors: the screen of the native kernels for any device.

Phases and tilts (the log of rail + over rail -) of all readouts are summed; only the few whose
leading byte, and then the direction of their noise, leave a doubt are evaluated.  The bounds are
those of :mod:`mirage_core.engines.screening`.

Legend of shapes: G group, n vector of a block, m row of a block, J multiplier, D digit; S readouts.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from mirage_core.engines.screening import (
    BINS,
    LIGHT_LIMIT,
    MOST_DISPLACED,
    Screening,
)
from photonics.readout_words import (
    LARGEST_RADIUS,
    leading_bytes,
    leading_bytes_at,
    readout_normals,
)

if TYPE_CHECKING:
    from mirage_core.engines.compact import CompactBlock

# Sums in FP32 of phases that were reduced to a turn, of tilts and of ranges are off by less.
_SLACK = 1e-4


def aims(modulus: int, level: Tensor, i: Tensor, q: Tensor) -> tuple[Tensor, Tensor]:
    """How far normals of I and Q move readouts out of a residue, above and below, at most (...).

    Args:
        modulus: m.
        level: the residue, float64.
        i: normals of I.
        q: normals of Q.
    """
    found = []
    for side in (1.0, -1.0):
        edge = (level + side / 2.0) * (2.0 * math.pi / modulus)
        by_i, by_q = -side * i * edge.sin(), side * q * edge.cos()
        found.append(by_i.clamp_min(0.0) + by_q.clamp_min(0.0))
    return found[0], found[1]


@dataclass(frozen=True)
class TileBounds:
    """How far the rows of tiles may be displaced, and tables of what light meets in them.

    Attributes:
        screening: bounds of the modulus.
        phase: grid steps of the base, (G, 1, m), and of digits of 1, (G, J·D, m).
        tilt: neper, likewise, off the middle of what digits can do.
        turned_rad: what the hybrid turns phases by, (G, 1, m).
        reach_rad: half a cell less what displaces a row always, (G, 1, m); 0 for loud rows.
        by_tilt_rad: displacement per neper of tilt, (G, 1, m).
        strength: least amplitude over that by design, over its largest gain, (G, 1, m).
    """

    screening: Screening
    phase: tuple[Tensor, Tensor]
    tilt: tuple[Tensor, Tensor]
    turned_rad: Tensor
    reach_rad: Tensor
    by_tilt_rad: Tensor
    strength: Tensor

    def spare_rad(self, block: CompactBlock) -> Tensor:
        """Angle that the light of readouts has to spare, times their amplitude, (G, n, m)."""
        return self.angles_rad(block)[0]

    def angles_rad(self, block: CompactBlock) -> tuple[Tensor, Tensor]:
        """That, and how far the phase is off, times the amplitude too, (G, n, m) each."""
        screening = self.screening
        streamed = block.operands.streamed[:, block.vectors]
        bits = screening.bits[streamed.long() + screening.limit].flatten(-2).to(torch.float32)
        phase = torch.baddbmm(self.phase[0], bits, self.phase[1])
        phase = phase.mul_(screening.arrays.digits.step[2]).add_(self.turned_rad)
        turns = (phase / (2.0 * math.pi)).round_()
        off = phase.sub_(turns.mul_(2.0 * math.pi))
        tilt = torch.baddbmm(self.tilt[0], bits, self.tilt[1]).abs_()
        displaced = off.abs().addcmul_(tilt, self.by_tilt_rad)
        spare = displaced.neg_().add_(self.reach_rad).clamp_min_(0.0).mul_(self.strength)
        return spare, off.mul_(self.strength)

    def classes(self, block: CompactBlock) -> Tensor:
        """Class of every symbol by its loss, int64 (G, n)."""
        streamed = block.operands.streamed[:, block.vectors].long() + self.screening.limit
        return self.screening.loss_steps[streamed].sum(-1) >> self.screening.class_shift

    def radius(self, spare_rad: Tensor, classes: Tensor) -> Tensor:
        """Radius of noise that certainly leaves readouts (...) as sent, float64; maybe below 0."""
        noise, displaced = self.screening.class_bounds[classes].unbind(-1)
        return (spare_rad.double().sin() - displaced) / noise

    def suspects(self, block: CompactBlock) -> Tensor:
        """Readouts of a block that must be evaluated, as indices (g, n, m), (S, 3)."""
        screening, classes = self.screening, self.classes(block)
        spare, off = self.angles_rad(block)
        half = math.pi / screening.modulus
        bins = (spare * (BINS / half)).to(torch.int64).clamp_max_(BINS - 1)
        limits = screening.class_limits.flatten()[bins.add_((classes * BINS).unsqueeze(-1))]
        found = (self._lead(block).clamp_max(254) < limits).nonzero()
        group, vector, row = found.T
        place, classes = (group, vector, row), classes[group, vector]
        loud = self.reached(spare[place], off[place], classes, *self._aims(block, found))
        return found[loud]

    def reached(
        self, spare_rad: Tensor, off_rad: Tensor, classes: Tensor, above: Tensor, below: Tensor
    ) -> Tensor:
        """Whether noise of some :func:`aims` may reach an edge of the residue, (...)."""
        near, far = (self.radius(x, classes) for x in (spare_rad, spare_rad + off_rad.abs()))
        to_near = torch.where(off_rad < 0.0, below, above)
        to_far = torch.where(off_rad < 0.0, above, below)
        return (to_near >= near) | (to_far >= far)

    def _lead(self, block: CompactBlock) -> Tensor:
        """Leading bytes of all readouts of a block, (G, n, m)."""
        first, device = block.operands.row_offset, block.operands.device
        begin, end = first + block.vectors.start, first + block.vectors.stop
        vector = torch.arange(begin, end, device=device)
        rows, groups = self.screening.arrays.digits.shape[1], block.operands.groups
        tile = torch.cat([rows_of.tiles(groups, device) for rows_of in block.row_blocks])
        lead = leading_bytes(block.streams(self.screening.modulus), vector, tile, rows)
        count = block.rows.stop - block.rows.start
        by_group = lead.unflatten(1, (-1, groups)).permute(2, 0, 1, 3)
        found: Tensor = by_group.flatten(-2)[..., :count]
        return found

    def _aims(self, block: CompactBlock, found: Tensor) -> tuple[Tensor, Tensor]:
        """:func:`aims` of readouts (S, 3), from above."""
        group, vector, row = found.T
        modulus, rows = self.screening.modulus, self.screening.arrays.digits.shape[1]
        stationary = block.operands.stationary[group, row + block.rows.start].long()
        streamed = block.operands.streamed[group, vector + block.vectors.start].long()
        level = torch.remainder((stationary * streamed).sum(-1), modulus).double()
        row = row + block.rows.start
        streams = block.streams(modulus)
        number = block.operands.row_offset + block.vectors.start + vector
        place = number, row // rows * block.operands.groups + group, row % rows
        lead = leading_bytes_at(streams, *place, rows)
        above, below = aims(modulus, level, *readout_normals(streams, lead, *place, rows))
        return above * (1.0 + 1e-9) + 1e-9, below * (1.0 + 1e-9) + 1e-9


@dataclass(frozen=True)
class Screen:
    """Bounds of one modulus."""

    screening: Screening

    @cached_property
    def _ranges(self) -> Tensor:
        """What each multiplier does at most, float64 (P·V, 4)."""
        return self.screening.ranges.flatten(0, 1)

    @cached_property
    def _lines(self) -> Tensor:
        return self.screening.lines

    def bound(
        self, stationary: Tensor, unit: Tensor, row: Tensor, tables: tuple[Tensor, Tensor]
    ) -> TileBounds:
        """Bounds of rows of tiles: mantissas (G, m, J) on arrays (G, m) and rows (m,).

        ``tables`` are those of :meth:`CompiledArrays.load` for them.
        """
        screening = self.screening
        digits, receiver = screening.arrays.digits, screening.receiver
        modulus, length = screening.modulus, digits.shape[2]
        half = math.pi / modulus
        line = unit * digits.shape[1] + row
        place = line[..., None] * length + torch.arange(length, device=line.device)
        level = torch.remainder(stationary.long() + modulus // 2, modulus)
        ranges = self._ranges[place * modulus + level].sum(2)
        in_front = digits.input_response[line].double() * digits.steps
        plus, minus = in_front[..., 0], in_front[..., 1]
        noise = LARGEST_RADIUS * receiver.laser.intensity_rms
        low = (ranges[..., 0] + plus + minus).exp() * (1.0 - noise)
        high = (ranges[..., 1] + plus + minus).exp() * (1.0 + noise)
        middle, reach = ranges[..., 2] + plus - minus, ranges[..., 3] + _SLACK
        by_heat = _reach_of_heat(screening, unit, row, level - modulus // 2)
        low, high = low * by_heat[0].exp(), high * by_heat[1].exp()
        reach = reach + by_heat[2]
        lines = self._lines[line]
        rho, against = lines[..., 23], lines[..., 24]
        first = lines[..., 25:27] * middle.exp()[..., None]
        second = lines[..., 27:29] / middle.exp()[..., None]
        taken = lines[..., 29:31]
        still = (first + second - taken).abs() + (first + second).abs() * (
            reach.cosh() - 1.0
        ).unsqueeze(-1)
        # Convex: up to the reach the sine is at most this many times the tilt.
        by_tilt = (first - second).norm(dim=-1) * (reach.sinh() / reach) / rho
        common = torch.maximum(1.0 / low - 1.0, 1.0 - 1.0 / high)
        displaced = (against + still.norm(dim=-1) + common * taken.norm(dim=-1)) / rho
        most = displaced + by_tilt * reach
        ends = torch.stack((middle + reach, middle - reach)).exp()
        light = (lines[..., 32] * ends + lines[..., 33] / ends).amax(0) + lines[..., 34]
        laser_rad = LARGEST_RADIUS * max(receiver.laser.phase_rms_rad)
        reach_rad = half - displaced / math.cos(half) - laser_rad - _SLACK
        loud = (most > MOST_DISPLACED) | (light * high > LIGHT_LIMIT)
        loud |= high * rho * (1.0 + most) > screening.amplitude_limit
        # Noise that may leave no light at all.
        loud |= low <= 0.0
        base, delta = tables
        tilt_base, tilt_delta = (
            part[0].double() * digits.step[0] - part[1].double() * digits.step[1] for part in tables
        )

        def shaped(part: Tensor) -> Tensor:
            return part.float().unsqueeze(1)

        return TileBounds(
            screening,
            (base[2], delta[2]),
            ((tilt_base - middle.unsqueeze(1)).float(), tilt_delta.float()),
            shaped(lines[..., 22]),
            shaped(reach_rad.clamp_min(0.0).masked_fill(loud, 0.0)),
            shaped(by_tilt / math.cos(half) * (1.0 + 1e-6)),
            shaped(low * rho / lines[..., 31] * (1.0 - 1e-6)),
        )


def _reach_of_heat(
    screening: Screening, unit: Tensor, row: Tensor, level: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """What heat does to the amplitudes of rows at most, neper (G, m) each.

    The least and the most of both rails together, and their tilt to either side.
    """
    digits = screening.arrays.digits
    if digits.heat is None:
        none = torch.zeros(unit.shape, dtype=torch.float64, device=unit.device)
        return none, none, none
    added = digits.heat.added(unit, row, level)
    base, delta = (part[..., :2].double() * digits.steps[:2] for part in added)
    both, each = base.sum((-2, -1)), delta.sum(-1)
    tilt = (base[..., 0] - base[..., 1]).abs().sum(-1)
    tilt = tilt + (delta[..., 0] - delta[..., 1]).abs().sum(-1)
    return both + each.clamp_max(0.0).sum(-1), both + each.clamp_min(0.0).sum(-1), tilt
