r"""What wander costs: phase errors between pilots, and without them, long after the start.

Rows err alike in every step of a period; over many periods a quantity of variance s² and
correlation time τ leaves ``2 s² (1 - exp(-T/2τ))`` unseen between pilots a time T apart, and 2 s²
without pilots (:mod:`circuits.compiled.row_wander`).  To that comes what pilots cannot see: they
take all digits of a row as one, whatever its drives.  And they have noise of their own, and
trimmers have steps.

Legend of shapes: W quantity, K move of the switches, P place (unit, row, multiplier), V drive
level, L line (unit, row), J multiplier, D digit.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from circuits.compiled.row_wander import PilotTracking, RowWander
from photonics.wander import step_variance


@dataclass(frozen=True)
class WanderErrors:
    """Phase errors of one modulus, rms over rows, drives, and digits that are as often one as zero.

    Attributes:
        die_rad: by the temperature of the die.
        rails_rad: by the difference between the rails.
        laser_rad: by the frequency of the laser.
        leaks_rad: by leaks that any of them turns, drive by drive, and by squares of moves.
        pilots_rad: by the noise of pilots, and by leaks that they take for it.
        steps_rad: by the steps of the trimmers, at most.
        untracked_rad: altogether, if there were no pilots since the start.
    """

    die_rad: float
    rails_rad: float
    laser_rad: float
    leaks_rad: float
    pilots_rad: float
    steps_rad: float
    untracked_rad: float

    @property
    def total_rad(self) -> float:
        """Altogether."""
        wander = self.die_rad, self.rails_rad, self.laser_rad, self.leaks_rad
        return math.hypot(*wander, self.pilots_rad, self.steps_rad)


class _Turn(NamedTuple):
    """Phase of rows of 0 (..., L), and of each of their digits of 1 (..., L, J·D)."""

    row_rad: Tensor
    digit_rad: Tensor

    def with_(self, other: _Turn) -> Tensor:
        """Mean product with another over rows and digits, (...)."""
        first, second = (x.row_rad + x.digit_rad.sum(-1) / 2.0 for x in (self, other))
        # A digit that is zero or one departs from a half by a half.
        spread = (self.digit_rad * other.digit_rad).sum(-1) / 4.0
        return (first * second + spread).mean(-1)


def wander_errors(rows: RowWander) -> WanderErrors:
    """What the wander of the rows of a modulus costs their readings."""
    variance = torch.tensor(rows.rms, dtype=torch.float64).square()
    by_move = _Turn(
        rows.base_rad.double().mean(-1).unflatten(1, (rows.lines, -1)).sum(-1),
        rows.digit_rad.double().mean(2).unflatten(1, (rows.lines, -1)).flatten(2),
    )
    turn = _Turn(_by_quantity(rows, by_move.row_rad), _by_quantity(rows, by_move.digit_rad))
    turn.row_rad.add_(rows.rail_rad[:, None])
    whole_rad2 = left_rad2 = 2.0 * variance * turn.with_(turn)
    noise_rad2, steps_rad2 = 0.0, 0.0
    if rows.pilots is not None:
        seen_rad = _by_quantity(rows, rows.pilots.seen_rad)
        seen_rad[..., 0] += rows.rail_rad[:, None]
        unseen = _Turn(turn.row_rad - seen_rad[..., 0], turn.digit_rad - seen_rad[..., 1:])
        half = rows.period_steps / 2.0
        steps = [step_variance(half, tau) for tau in rows.correlation_steps]
        gone = torch.tensor(steps, dtype=torch.float64) * (turn.with_(turn) - turn.with_(unseen))
        left_rad2 = variance * (gone + 2.0 * unseen.with_(unseen))
        noise_rad2, steps_rad2 = _pilots_rad2(rows.pilots, turn.digit_rad.shape[-1])
    drives_rad2 = _drives_rad2(rows, variance)
    left_leaks_rad2 = drives_rad2 + _squares_rad2(rows, variance, by_move, rows.pilots)
    untracked_rad2 = float(whole_rad2.sum()) + drives_rad2
    untracked_rad2 += _squares_rad2(rows, variance, by_move, None)
    every = (*left_rad2.tolist(), left_leaks_rad2, noise_rad2, steps_rad2, untracked_rad2)
    return WanderErrors(*(math.sqrt(max(x, 0.0)) for x in every))


def _by_quantity(rows: RowWander, by_move: Tensor) -> Tensor:
    """What a unit of each quantity does to the first order, (W, ...), of that of moves (K, ...)."""
    return torch.einsum("ws,s...->w...", rows.switch_offset, by_move[:2])


def _drives_rad2(rows: RowWander, variance: Tensor) -> float:
    """Variance by what each drive departs from the mean of all, which no pilot can see."""
    tables = rows.base_rad.double(), rows.digit_rad.double()
    base, digit = (x - x.mean(2, keepdim=True) for x in tables)
    # Multipliers have drives of their own.
    apart = _Turn(base.flatten(1), digit.flatten(1, 2))
    first = _Turn(*(_by_quantity(rows, x) for x in apart))
    linear = float((2.0 * variance * first.with_(first)).sum())
    moments = _half_squares(rows, variance, [1.0] * len(rows.rms))
    return rows.shape[2] * (linear + _sum(moments, apart, apart))


def _squares_rad2(
    rows: RowWander, variance: Tensor, by_move: _Turn, pilots: PilotTracking | None
) -> float:
    """Variance by the squares of moves, on the mean over drives, and less what pilots see of it."""
    together = _half_squares(rows, variance, [1.0] * len(rows.rms))
    whole = _sum(together, by_move, by_move)
    if pilots is None:
        return whole
    seen_rad = pilots.seen_rad
    seen = _Turn(seen_rad[..., 0], seen_rad[..., 1:].expand_as(by_move.digit_rad))
    half = rows.period_steps / 2.0
    kept = [math.exp(-half / tau) for tau in rows.correlation_steps]
    later = _half_squares(rows, variance, kept)
    return whole - 2.0 * _sum(later, by_move, seen) + _sum(together, seen, seen)


def _half_squares(rows: RowWander, variance: Tensor, correlation: list[float]) -> Tensor:
    """Mean product of δ²/2 of a rail and δ'²/2 of another, (S, S), δ and δ' departures.

    Their quantities correlate so far about their means; what both depart from is the same.
    """
    offset = rows.switch_offset
    here = 2.0 * torch.einsum("w,ws->s", variance, offset.square())
    kept = 1.0 + torch.tensor(correlation, dtype=torch.float64)
    both = torch.einsum("w,ws,wt->st", kept * variance, offset, offset)
    return (here[:, None] * here + 2.0 * both.square()) / 4.0


def _sum(moments: Tensor, one: _Turn, other: _Turn) -> float:
    """Mean product of what squares of moves do, (K, ...) each, for their own mean products."""
    total = 0.0
    for s, t in itertools.product(range(2), repeat=2):
        first, second = (_Turn(*(x[2 + k] for x in turn)) for k, turn in ((s, one), (t, other)))
        total += float(moments[s, t] * first.with_(second))
    return total


def _pilots_rad2(pilots: PilotTracking, digits: int) -> tuple[float, float]:
    """Variance by the noise of pilots and by the steps of trimmers, of rows of so many digits."""
    row, both, digit = (pilots.noise_rad @ pilots.noise_rad.T).flatten()[[0, 1, 3]].tolist()
    noise = row + digits * both + digits * (digits + 1) / 4.0 * digit
    # A row lies within half a step, and so does the sum over the digits of which half are one; one
    # digit takes a step more than the next, or not, as often as not at most.
    steps = 1.0 / 12.0 + 1.0 / 48.0 + digits / 24.0
    return noise, steps * pilots.step_rad**2
