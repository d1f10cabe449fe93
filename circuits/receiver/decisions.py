r"""How likely a residue is to be decided wrongly, without drawing any noise.

For known light, I and Q are two independent normals, and a reading is decided by the pair of codes
that they fall on.  The probability of a decision is therefore a sum of products of two normal
masses.  In a column of cells (one code of I) the codes of Q that are decided for a residue make one
interval, so only its ends count:

``P(beyond) = Σ_i P(code I = i) · P(Q beyond the end of column i)``

No difference of nearly equal numbers occurs, and what is left out is below 1e-15.
Converters too wide for a table of their cells count as continuous: then only the angle decides,
and the law is the exact law of the phase (:mod:`photonics.statistics`) in units of the noise.

Legend of shapes: S readout; C code of one converter; W code near the mean; E edge of a residue,
below and above.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, Protocol

import torch
from torch import Tensor

from circuits.coding.phase_code import level_angle_rad
from circuits.receiver.converter import Converter
from photonics.statistics import phase_tail

# Wider converters are taken as continuous: in a reading that errs more often than 1e-12, noise is
# at least a hundred of their steps.
_MOST_CELL_BITS = 10
# Codes farther than this many rms from the mean are left out: 1e-15 of the readings.
_WINDOW_RMS = 8.0
# A normal number is beyond this many rms in one of 1e19 draws.
_CERTAIN_RMS = 9.0
# Points of the integral over the tail of a phase: 1e-6 where the mean lies on an edge, else 1e-11.
_TAIL_ORDER = 200


class Signal(NamedTuple):
    """I and Q of readouts (S,) as they reach the converters.

    Attributes:
        mean: as fractions of the full scale, float64.
        rms: noise, as fractions of the full scale, float64.
        transitions: of converters, (S, Q, codes - 1); none for linear ones.
    """

    mean: tuple[Tensor, Tensor]
    rms: tuple[Tensor, Tensor]
    transitions: Tensor | None = None

    def at(self, chosen: Tensor) -> Signal:
        """Some of them, by their numbers."""
        mean, rms = ((x[0][chosen], x[1][chosen]) for x in (self.mean, self.rms))
        own = None if self.transitions is None else self.transitions[chosen]
        return Signal(mean, rms, own)


class Decisions(Protocol):
    """How the receiver of one modulus decides readings."""

    def wrong(self, signal: Signal, residue: Tensor) -> Tensor:
        """Probabilities of decisions for another residue than the given one, float64 (S,).

        Args:
            signal: readings (S,).
            residue: of each, int64 (S,).
        """
        ...


def may_err(converter: Converter, signal: Signal, residue: Tensor) -> Tensor:
    """Readings (S,) that may be decided wrongly more often than in 1e18, by their geometry alone.

    A mean that lies farther from the edges of its residue than nine rms and what conversion can
    displace, and that conversion does not clip, leaves no doubt.
    """
    (mean_i, mean_q), noise = signal.mean, _CERTAIN_RMS * torch.maximum(*signal.rms)
    angle = level_angle_rad(converter.modulus) * residue.double()
    along = mean_i * angle.cos() + mean_q * angle.sin()
    across = mean_q * angle.cos() - mean_i * angle.sin()
    half_cell = level_angle_rad(converter.modulus) / 2
    margin = along * math.sin(half_cell) - across.abs() * math.cos(half_cell)
    # Half a step in both directions, and the transitions of a nonlinear converter.
    displaced = converter.lsb * (math.sqrt(0.5) + _spare_steps(converter))
    clips = torch.maximum(mean_i.abs(), mean_q.abs()) + noise > 1.0
    return (margin < noise + displaced) | clips


def _spare_steps(converter: Converter) -> int:
    """Steps by which transitions of nonlinear converters may be off."""
    inl = converter.inl_rms_lsb
    return 1 + math.ceil(8 * inl) if inl else 0


def decisions(converter: Converter) -> Decisions:
    """The decisions of a receiver: cell by cell, or by angle for wide converters."""
    wide = converter.bits > _MOST_CELL_BITS
    return RayDecisions(converter.modulus) if wide else CellDecisions(converter)


@dataclass(frozen=True)
class CellDecisions:
    """Decisions by pairs of codes."""

    converter: Converter

    @cached_property
    def table(self) -> Tensor:
        """Decided residue of every pair of codes, int64 (C of I, C of Q)."""
        adc = self.converter
        middle = adc.middle(torch.arange(-adc.half_range, adc.half_range, dtype=torch.float64))
        in_phase, quadrature = torch.meshgrid(middle, middle, indexing="ij")
        return self.converter.decide(in_phase, quadrature).long()

    @cached_property
    def _edges(self) -> tuple[Tensor, Tensor]:
        """Edges between codes of Q at which decisions change in each column, int64 (C, m, E).

        Right of the origin decisions rise with Q, left of it they fall: the second result, the
        sense of each column (C,), is ±1.
        """
        modulus, half = self.converter.modulus, self.converter.half_range
        residue = torch.arange(modulus)
        signed = torch.remainder(residue + modulus // 2, modulus) - modulus // 2
        parts = []
        for columns, level, rises in (
            (slice(0, half), residue, False),
            (slice(half, 2 * half), signed, True),
        ):
            rank = level[self.table[columns]]
            rank = rank.contiguous() if rises else rank.flip(-1)
            asked = (level[:, None] + torch.arange(2)).flatten().expand(half, -1).contiguous()
            index = torch.searchsorted(rank, asked).view(half, modulus, -1)
            parts.append(index if rises else 2 * half - index)
        sense = torch.ones(2 * half, dtype=torch.float64)
        sense[:half] = -1.0
        return torch.cat(parts), sense

    def wrong(self, signal: Signal, residue: Tensor) -> Tensor:
        """See :class:`Decisions`."""
        column, mass = self._columns(signal)
        edges, senses = self._edges
        edge = edges[column, residue[:, None]]
        # Probability that Q lies before the lower edge, and behind the upper one.
        sense = senses[column][..., None] * torch.tensor([1.0, -1.0], dtype=torch.float64)
        before = _below(sense * self._distance(signal, 1, edge))
        return torch.einsum("sw,swe->se", mass, before).sum(1)

    def _columns(self, signal: Signal) -> tuple[Tensor, Tensor]:
        """Codes of I near the mean, counted from the least one, (S, W), and their probabilities."""
        half = self.converter.half_range
        mean, rms = signal.mean[0] * half, signal.rms[0] * half
        reach = min(math.ceil(_WINDOW_RMS * float(rms.max())) + _spare_steps(self.converter), half)
        width = min(2 * reach + 1, 2 * half)
        middle = mean.floor().clamp(-half, half - 1).long() + half
        column = (middle - reach).clamp(0, 2 * half - width)[:, None] + torch.arange(width)
        return column, self._mass(signal, column)

    def _mass(self, signal: Signal, code: Tensor) -> Tensor:
        """Probability of consecutive codes (S, W) of I, counted from the least one."""
        edges = torch.cat([code, code[:, -1:] + 1], dim=1)
        distance = self._distance(signal, 0, edges)
        # Every edge is measured by the tail on its own side of the mean.
        tail = _below(-distance.abs())
        low, high = tail[:, :-1], tail[:, 1:]
        astride = (distance[:, :-1] < 0) & (distance[:, 1:] >= 0)
        return torch.where(astride, 1.0 - low - high, (high - low).abs())

    def _distance(self, signal: Signal, pair: int, edge: Tensor) -> Tensor:
        """From the mean of I or Q to edges (S, ...) between codes, in rms.

        Edge n lies below code n; the outermost codes hold everything beyond them.
        """
        half = self.converter.half_range
        if signal.transitions is None:
            place = (edge - half) * (1.0 / half)
        else:
            inner = (edge.flatten(1) - 1).clamp(0, 2 * half - 2)
            place = signal.transitions[:, pair].gather(1, inner).view_as(edge)
        place = place.to(torch.float64).masked_fill(edge <= 0, -math.inf)
        place.masked_fill_(edge >= 2 * half, math.inf)
        shape = (-1, *(1,) * (edge.ndim - 1))
        # No noise at all counts as very little.
        rms = signal.rms[pair].clamp(min=1e-20)
        return place.sub_(signal.mean[pair].view(shape)).div_(rms.view(shape))


@dataclass(frozen=True)
class RayDecisions:
    """Decisions by the angle of (I, Q) alone."""

    modulus: int

    def wrong(self, signal: Signal, residue: Tensor) -> Tensor:
        """See :class:`Decisions`."""
        gamma, angle = self._angles(signal, residue[:, None] + torch.arange(2))
        beyond = _tail(angle * torch.tensor([-1.0, 1.0], dtype=torch.float64), gamma).sum(1)
        # Where the half turn lies between the edges, both tails hold it.
        wraps = angle[:, 1] < angle[:, 0]
        return beyond.sub_(wraps.double()).clamp_(min=0.0)

    def _angles(self, signal: Signal, level: Tensor) -> tuple[Tensor, Tensor]:
        """``gamma`` (S, 1), and angles (S, E) from the mean to the lower edges of levels (S, E).

        In units of the noise of I and of Q both are alike, and rays stay rays.
        """
        rms_i, rms_q = (x.clamp(min=1e-20)[:, None] for x in signal.rms)
        mean_i, mean_q = signal.mean[0][:, None] / rms_i, signal.mean[1][:, None] / rms_q
        edge = (level.double() - 0.5) * level_angle_rad(self.modulus)
        x, y = edge.cos() / rms_i, edge.sin() / rms_q
        angle = torch.atan2(mean_i * y - mean_q * x, mean_i * x + mean_q * y)
        return (mean_i.square() + mean_q.square()) / 2, angle


def _below(distance: Tensor) -> Tensor:
    """Standard normal distribution function, exact to rounding in its lower tail."""
    return torch.erfc(distance * -math.sqrt(0.5)) * 0.5


def _tail(angle_rad: Tensor, gamma: Tensor) -> Tensor:
    """Probabilities that the phase of a reading lies farther on than an angle."""
    return torch.from_numpy(phase_tail(angle_rad.numpy(), gamma.numpy(), _TAIL_ORDER))
