r"""How rows turn while a chip wanders: stored derivatives, so that nothing is compiled again.

Three quantities wander about their means, as Ornstein-Uhlenbeck processes (:mod:`photonics.wander`)
of variance s² and correlation time τ: the temperature of the die, the difference between the rails
of each row, and the frequency of the laser.  They turn the guides of a row, and move the switches
of either rail by δ.  A digit turns by ``a δ + b δ²/2`` of rail + and of rail -; a and b are stored
by place, drive and bit, for the leak of a switch goes with all of them.

Pilots measure the row, and take back what they see, every period T::

    time        t_k        t_k + T/2      t_k+1          reading at t_k takes back X(t_k)
    steps       |-------------+-------------|            all steps between see X(t_k + T/2)

The light of a whole period is that of its middle.  So what pilots have not seen has the variance
``2 s² (1 - exp(-T/2τ))``, s² T/τ of short periods: as much as the true one has on the mean over a
period, ``2 s² (1 - (1 - exp(-T/τ)) τ/T)``, and a little more of long ones.  Without further pilots
every step has its own light, and nothing is taken back.

Legend of shapes: W quantity (K of the die, K between the rails, Hz of the laser), K move (δ of
either rail, then δ²/2 of either), P place (unit, row, multiplier), V drive level, U unit, R row,
L = U·R line, J multiplier, D digit, S rail; G group, M row of tiles.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from photonics.random import NoiseKey
from photonics.representation import one_line
from photonics.wander import wandering

# A normal draw ends at 6.8 rms, and a departure is the difference of two.
_REACH_RMS = 14.0


class WanderState(NamedTuple):
    """A chip at one time, over what it was at the start.

    Its parts are those of :class:`circuits.chip.arrays.ThermalDrift` that wander.
    """

    switch_offset: Tensor
    """Move of all switches of either rail, (U, R, S)."""
    rail_rad: Tensor
    """Phase that rail + gains over rail -, switches left out, (U, R)."""
    tracked_rad: Tensor
    """Phase that the row trimmers take back, (U, R)."""
    tracked_digit_rad: Tensor
    """Phase that the trimmers of the digits take back, (U, R, J, D)."""

    @property
    def moves(self) -> Tensor:
        """What the switches have moved by, (K, L)."""
        return moves_of(self.switch_offset.flatten(0, 1))


@dataclass(frozen=True)
class PilotTracking:
    """Pilots of the rows of one modulus.

    Attributes:
        period_steps: training steps from one set to the next, at least 1.
        seen_rad: phase of rows, and mean phase of a digit of 1, that they find per unit of each
            move, (K, L, 2).
        noise_rad: lower triangle of the covariance of what they find, (2, 2).
        step_rad: of the trimmers.
    """

    period_steps: int
    seen_rad: Tensor
    noise_rad: Tensor
    step_rad: float

    __repr__ = one_line


@dataclass(frozen=True)
class RowWander:
    """The rows of one modulus.

    Attributes:
        modulus: m.
        shape: units, rows, multipliers in a row.
        rms: of each quantity, (W,).
        correlation_steps: their correlation times in training steps, (W,).
        switch_offset: move of the switches of either rail per unit of each, float64 (W, S).
        rail_rad: phase of rail + over rail - per unit of each, switches left out, float64 (W,).
        base_rad: phase of multipliers whose bits are 0 per unit of each move, float32 (K, P, V).
        digit_rad: what bit 1 of each digit adds to it, float32 (K, P, V, D).
        pilots: none where nothing is tracked while it wanders.
    """

    modulus: int
    shape: tuple[int, int, int]
    rms: tuple[float, ...]
    correlation_steps: tuple[float, ...]
    switch_offset: Tensor
    rail_rad: Tensor
    base_rad: Tensor
    digit_rad: Tensor
    pilots: PilotTracking | None

    __repr__ = one_line

    @property
    def lines(self) -> int:
        """Rows of all units, L."""
        return self.shape[0] * self.shape[1]

    @property
    def period_steps(self) -> int:
        """Training steps that see the same light."""
        return self.pilots.period_steps if self.pilots else 1

    @property
    def reach_rad(self) -> float:
        """More than the phases of a row and of all its digits can add up to."""
        most = _REACH_RMS * torch.tensor(self.rms, dtype=torch.float64)
        half_squares = (most @ self.switch_offset.abs()).square() / 2.0

        def bound(by_move: Tensor) -> Tensor:
            """Most that all moves do, (...), of what each does (K, ...)."""
            first = torch.einsum("ws,s...->w...", self.switch_offset, by_move[:2].double())
            squares = by_move[2:].double().abs()
            return torch.einsum("w,w...->...", most, first.abs()) + torch.einsum(
                "s,s...->...", half_squares, squares
            )

        length, digits = self.shape[2], self.shape[2] * self.digit_rad.shape[-1]
        guides = float(most @ self.rail_rad.abs())
        turned = bound(self.base_rad) + bound(self.digit_rad).sum(-1)
        if self.pilots is None:
            return guides + length * float(turned.max())
        weight = torch.tensor([1.0, digits], dtype=torch.float64)
        seen = (bound(self.pilots.seen_rad) @ weight).max()
        noise = _REACH_RMS * self.pilots.noise_rad.abs().sum(1) @ weight
        taken = guides + float(seen + noise) + digits * self.pilots.step_rad
        return guides + length * float(turned.max()) + taken

    def at(self, key: NoiseKey, step: int) -> WanderState:
        """The rows while a training step is taken, on the CPU as all of this.

        Args:
            key: names all that wanders.
            step: number of the training step.
        """
        interval, half = step // self.period_steps, self.period_steps
        offset, rail_rad = self._departure(key, (2 * interval + 1) * half)
        taken_rad = torch.zeros_like(rail_rad)
        digits = self.shape[2] * self.digit_rad.shape[-1]
        taken_digit_rad = rail_rad.new_zeros(self.lines, digits)
        # The pilots of the first interval are those by which the chip was brought up.
        if self.pilots is not None and interval != 0:
            then, found_rad = self._departure(key, 2 * interval * half)
            normals = self._normals(key, interval)
            seen_rad = (moves_of(then)[..., None] * self.pilots.seen_rad).sum(0)
            seen_rad = seen_rad + normals @ self.pilots.noise_rad.T
            step_rad = self.pilots.step_rad
            taken_rad = step_rad * ((found_rad + seen_rad[:, 0]) / step_rad).round()
            taken_digit_rad = in_steps(seen_rad[:, 1], step_rad, digits)
        units, rows, length = self.shape
        return WanderState(
            offset.view(units, rows, -1),
            rail_rad.view(units, rows),
            taken_rad.view(units, rows),
            taken_digit_rad.view(units, rows, length, -1),
        )

    def turned_rad(
        self, now: WanderState, unit: Tensor, row: Tensor, level: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Phases by which the rows of tiles are turned, float32.

        Args:
            now: where they have wandered to.
            unit: array that each row is on, (G, M).
            row: row of the array that it is, (M,).
            level: signed drives, (G, M, J).

        Returns:
            Of rows (G, M), of their multipliers whose bits are 0 (G, M, J), and what each digit of
            1 adds (G, M, J·D).
        """
        line = unit * self.shape[1] + row
        place = line[..., None] * self.shape[2] + torch.arange(self.shape[2], device=level.device)
        drive = level + self.modulus // 2
        by_row = (now.rail_rad - now.tracked_rad).flatten().float()[line]
        by_place = torch.zeros(level.shape, device=level.device)
        by_digit = -now.tracked_digit_rad.flatten(0, 1).float()[line]
        # One product and one sum after the other: the same bits for any cut of the rows.
        for amount, base, digit in zip(
            now.moves.float(), self.base_rad, self.digit_rad, strict=True
        ):
            times = amount[line][..., None]
            by_place = by_place + times * base[place, drive]
            by_digit = by_digit + times[..., None] * digit[place, drive]
        return by_row, by_place, by_digit.flatten(2)

    def _departure(self, key: NoiseKey, half_steps: int) -> tuple[Tensor, Tensor]:
        """Move of the switches (L, S) and phase of the guides (L,) since the start."""
        keys = key.fold("die"), key.fold(self.modulus, "rails"), key.fold("laser")
        counts = 1, self.lines, 1
        moved = [
            rms * (wandering(k, half_steps, 2.0 * tau, n) - wandering(k, 0, 2.0 * tau, n))
            for k, n, rms, tau in zip(keys, counts, self.rms, self.correlation_steps, strict=True)
        ]
        each = torch.stack([x.expand(self.lines) for x in moved], dim=1)
        return each @ self.switch_offset, each @ self.rail_rad

    def _normals(self, key: NoiseKey, interval: int) -> Tensor:
        """Standard normals of the pilots of an interval, (L, 2)."""
        count = 2 * self.lines
        return key.fold(self.modulus, "pilots").normal(count * interval, count).view(-1, 2)


def moves_of(switch_offset: Tensor) -> Tensor:
    """Moves of the switches of either rail (L, S), and half of their squares: (K, L)."""
    return torch.cat((switch_offset, switch_offset.square() / 2.0), dim=-1).T


def in_steps(each_rad: Tensor, step_rad: float, count: int) -> Tensor:
    """A phase (...) for each of ``count`` digits, in whole steps: (..., count).

    It may be less than a step: then as many digits take one as make up the sum.
    """
    total = (torch.arange(count + 1) * (each_rad / step_rad)[..., None]).round()
    return step_rad * total.diff(dim=-1)
