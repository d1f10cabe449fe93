r"""Heat of whole tiles as what it adds to cold tables: an expansion to second order.

Light of a digit takes two paths, of which the share α goes by the shifter; with the heat of a tile
its field is that of the cold digit times ``1 + z``,

``z = α ((1 + o) (1 + o') (1 + i δ - δ²/2) - 1) + (1 - α) ((1 + u) (1 + u') - 1)``,

where δ is what heat turns the shifter by, and ``o = p m + q m²`` what a switch that moves by m does
to the field of a path, ``o`` and ``o'`` of the two switches on the path by the shifter, ``u`` and
``u'`` on the other.  Slopes p are those of each switch as it was made, and curvatures follow from
them: ``q = q_0 + q_1 p``, as those of switches do that are off their design by some detuning.  The
log of the field grows by ``z - z²/2``.

What heaters give follows from what they are asked for as in :mod:`circuits.optics.tile_heat`, with
neighbours left out that together do next to nothing, and the controller's misjudgement, which is
small, in the last term of the series alone.

All is FP32, in an order that is fixed: products and sums only, one rounding each, so native kernels
come to the same bits (``native/heat.h``).  What this leaves out is looked at when a chip is
compiled (:mod:`circuits.chip.expanding`): heat so strong that rows err by more is followed exactly,
tile by tile (:mod:`circuits.compiled.warm_digits`).

Legend of shapes: U unit, R row, J multiplier, D digit, P = J·D place along a row, S rail, E switch
of a digit, V drive level, B bit, W path (by the shifter, the other), C part (real, imaginary),
Q quantity (log amplitude of rail +, of rail -, phase deviation), T tap; L place (unit, row,
multiplier); G group, M row of tiles, n tile.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import torch
import torch.nn.functional as F
from torch import Tensor


@dataclass(frozen=True)
class Taps:
    """What heaters give to what is around them, as a list of neighbours.

    Attributes:
        place: what is given to, rail that gives, rows down and places along, int32 (T, 4).
        weight: float32 (T,), or bfloat16 (U, T, R, P) where no place is like another.
    """

    place: Tensor
    weight: Tensor

    @cached_property
    def neighbours(self) -> list[tuple[int, ...]]:
        """The places as plain numbers."""
        return [tuple(place) for place in self.place.cpu().tolist()]

    @cached_property
    def reach(self) -> tuple[int, int]:
        """Farthest rows and places away."""
        down, along = ([abs(place[axis]) for place in self.neighbours] for axis in (2, 3))
        return max(down, default=0), max(along, default=0)

    def of(self, given: Tensor, count: int, unit: Tensor) -> Tensor:
        """Sums over the neighbours of heaters (n, S, R, P) on arrays (n,): (n, count, R, P)."""
        tiles, _, rows, places = given.shape
        down, along = self.reach
        around = F.pad(given, (along, along, down, down))
        total = given.new_zeros(tiles, count, rows, places)
        for number, (to, source, y, x) in enumerate(self.neighbours):
            if abs(y) >= rows or abs(x) >= places:
                continue  # beyond the array there is no heater
            near = around[:, source, y + down : y + down + rows, x + along : x + along + places]
            unlike = self.weight.ndim > 1
            weight = self.weight[unit, number].float() if unlike else self.weight[number]
            # Two roundings, as the kernels have it.
            total[:, to] += near * weight
        return total


@dataclass(frozen=True)
class HeatExpansion:
    """What the heat of tiles adds to the tables of the arrays of one modulus.

    Attributes:
        modulus: m.
        shape: units, rows, multipliers in a row.
        digits: of a multiplier.
        asked_rad: phase that shifters are asked for, float32 (V, D, S).
        seen: coupling that drives are set against; none where they are not.
        turning: what turns shifters: coupling, or what the controller takes for it and is not; none
            where it knows all.
        moving: what moves switches; none where they stay cold.
        terms: of the series of what heaters give.
        seen_slope_rad: phase that the controller lays to a move of either switch; moves are over
            the largest here, and in what follows.
        slopes: p, float32 (L, S, B, W, E, C, D).
        curves: q_0 and q_1, float32 (B, W, 2, C).
        share: α, float32 (L, V, S, B, C, D).
        step: of the tables, of Q.
    """

    modulus: int
    shape: tuple[int, int, int]
    digits: int
    asked_rad: Tensor
    seen: Taps | None
    turning: Taps | None
    moving: Taps | None
    terms: int
    seen_slope_rad: float
    slopes: Tensor
    curves: Tensor
    share: Tensor
    step: tuple[float, float, float]

    @property
    def taps(self) -> list[Taps]:
        """Those that are seen, turn shifters and move switches; without neighbours for none."""
        none = Taps(torch.empty(0, 4, dtype=torch.int32), torch.empty(0))
        return [taps or none for taps in (self.seen, self.turning, self.moving)]

    def added(self, unit: Tensor, row: Tensor, level: Tensor) -> tuple[Tensor, Tensor]:
        """Grid steps added to what digits of 0 do, (G, M, J, Q), and to what 1 adds (G, M, J·D, Q).

        Float32 integers.

        Args:
            unit: array that each row is on, (G, M).
            row: row of the array that it is, (M,): whole arrays from row 0 on (the last may be cut
                short; its missing rows are at rest).
            level: signed drives, (G, M, J).
        """
        shape = level.shape
        zero, one = self.changes(unit, row, level)
        base, delta = [], []
        for low, high, step in zip(zero, one, self.step, strict=True):
            base.append((low * (1.0 / step)).round().sum(-1))
            delta.append(((high - low) * (1.0 / step)).round())
        steps = torch.stack(delta, -1).view(*shape[:2], -1, 3)
        return torch.stack(base, -1).view(*shape, 3), steps

    def changes(
        self, unit: Tensor, row: Tensor, level: Tensor
    ) -> tuple[tuple[Tensor, ...], tuple[Tensor, ...]]:
        """What is added to each quantity of digits of 0, and of digits of 1: (G·M·J, D) each.

        Arguments are those of :meth:`added`.
        """
        turned, move = self.tiles(unit, level)
        place = (unit * self.shape[1] + row)[..., None] * level.shape[2]
        index = (place + torch.arange(level.shape[2], device=level.device)).flatten()
        slopes = self.slopes[index]
        share = self.share[index, level.flatten() + self.modulus // 2]
        found = []
        for bit in range(2):
            plus, minus = (
                self._log_change(
                    bit, slopes[:, rail, bit], share[:, rail, bit], turned[:, rail], move[:, rail]
                )
                for rail in range(2)
            )
            found.append((plus[0], minus[0], plus[1] - minus[1]))
        return found[0], found[1]

    def tiles(self, unit: Tensor, level: Tensor) -> tuple[Tensor, Tensor]:
        """What heat turns shifters by (G·M·J, S, D), and moves switches by (G·M·J, S, E, D)."""
        groups, rows, length = level.shape
        array = self.shape[1]
        padded = F.pad(level, (0, 0, 0, -rows % array)) + self.modulus // 2
        asked = self.asked_rad[padded.view(-1, array, length)]
        asked = asked.permute(0, 4, 1, 2, 3).flatten(3)
        given, turned = asked, torch.zeros_like(asked)
        on = unit[:, ::array].reshape(-1)
        if self.seen is None:
            assert self.turning is not None
            turned = self.turning.of(asked, 2, on)
        else:
            for term in range(self.terms):
                rest = asked - self.seen.of(given, 2, on)
                if term == self.terms - 1 and self.turning is not None:
                    misjudged = self.turning.of(given, 2, on)
                    rest, turned = rest - misjudged, -misjudged
                given = rest
        move = given.new_zeros(len(given), 4, *given.shape[2:])
        if self.moving is not None:
            move = self.moving.of(given, 4, on)
            slope = torch.tensor(self.seen_slope_rad, dtype=torch.float32)
            for rail in range(2) if self.seen is not None else ():
                turned[:, rail] -= (move[:, 2 * rail] + move[:, 2 * rail + 1]) * slope

        def by_row(part: Tensor) -> Tensor:
            """(n, A, R, P) to (G·M·J, A, D)."""
            part = part.unflatten(-1, (length, self.digits)).permute(0, 2, 3, 1, 4)
            part = part.reshape(groups, -1, length, part.shape[3], self.digits)[:, :rows]
            return part.reshape(-1, *part.shape[3:])

        return by_row(turned), by_row(move).unflatten(1, (2, 2))

    def _log_change(
        self, bit: int, slopes: Tensor, share: Tensor, phase: Tensor, move: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Real and imaginary part of ``z - z²/2`` of digits of one rail and bit, (k, D) each.

        Args:
            bit: of the digits.
            slopes: p, (k, W, E, C, D).
            share: α, (k, C, D).
            phase: δ, (k, D).
            move: m, (k, E, D).
        """
        paths = []
        for path in range(2):
            each = []
            for m, p in zip(move.unbind(1), slopes[:, path].unbind(1), strict=True):
                (re, im), (slope_re, slope_im) = self.curves[bit, path]
                q_re = (p[:, 0] * slope_re - p[:, 1] * slope_im) + re
                q_im = (p[:, 0] * slope_im + p[:, 1] * slope_re) + im
                each.append((p[:, 0] * m + (m * m) * q_re, p[:, 1] * m + (m * m) * q_im))
            paths.append(_both(*each))
        shifter, bypass = _both(paths[0], ((phase * phase) * -0.5, phase)), paths[1]
        apart = shifter[0] - bypass[0], shifter[1] - bypass[1]
        re, im = share[:, 0], share[:, 1]
        z_re = bypass[0] + (re * apart[0] - im * apart[1])
        z_im = bypass[1] + (re * apart[1] + im * apart[0])
        return z_re - (z_re * z_re - z_im * z_im) * 0.5, z_im - z_re * z_im


def _both(a: tuple[Tensor, Tensor], b: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
    """``(1 + a) (1 + b) - 1`` of complex numbers in two parts."""
    return (
        (a[0] + b[0]) + (a[0] * b[0] - a[1] * b[1]),
        (a[1] + b[1]) + (a[0] * b[1] + a[1] * b[0]),
    )
