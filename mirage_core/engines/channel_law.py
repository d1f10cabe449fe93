r"""The odds of wrong residues of one modulus of a chip, by what is known about a readout.

A class of readouts is a place (unit, row), the loss that the design gives the streamed digits, and
the true residue, which sets where its phase falls among the cells of the converters.  What is not
known, the digits and drives themselves, is tried: patterns of the format (see
:mod:`mirage_core.engines.channel_patterns`) go through the compact model of this very chip, each
with a laser of its own, and the exact odds (:mod:`circuits.channel`) of what arrives are averaged.
So the law of a class is a mixture over amplitudes and offsets; nothing is fitted.

Losses are tried at nodes.  Between two of them the odds of all places together follow ``ln p`` as
linear in the squared amplitude, which is exact for one offset in the noise of an amplifier; those
of a place share in that in proportion to their own at both nodes (logarithms of each, known from
few patterns, would be biased).  Nodes are worked out when data first falls beside them.

Legend of shapes: L node of loss, F fine step of loss, U unit, R row, m residue or slip, N vector,
S readout; moments 1 ... 4 of the odds, by which an error foretells another.
"""

from __future__ import annotations

import math
from functools import cached_property
from typing import NamedTuple

import torch
from torch import Tensor

from circuits.channel import Signal, decisions, in_doubt, most_reach
from circuits.chip import ArrayShape
from circuits.compact import Detected, ReceiverRows
from circuits.gain import SymbolSetting
from circuits.lane import Converters
from circuits.symbol_noise import scaled_laser_noise
from mirage_core.engines.channel_patterns import Streams, drives
from mirage_core.engines.compact import CompactLane
from photonics.random import NoiseKey

_NODE_DB = 0.5
# Steps between two nodes: a step changes odds of 1e-6 by a fifth, and is rounded to the nearest.
FINE = 16
# Readouts worked on at a time, and with how many drives every place is tried if that is enough.
_BATCH = 1 << 9
_TURNS = 16
# Which slips errors make is looked at in one batch of so many, and in so many readouts of it.
_LAW_EVERY = 8
_LAW_BATCH = 1 << 7
_LEAST = 1e-300
_MOST_BOUND = 1.0 - 1e-15
_REPEATS = 3
# Where more than this share of the errors slips farther than the reach, all slips are told apart.
_FAR = 1e-3
_NEAR_REACH = 2
# Powers of the root of x^4 = x + 1: multiples of them fill the unit cube evenly.
_EVEN = torch.tensor([0.8191725133961645, 0.6710436067037893, 0.5497004779019703])


class _Trial(NamedTuple):
    """Patterns on all places: bit-plane tables, receivers, their number."""

    drives: tuple[Tensor, Tensor]
    rows: ReceiverRows
    turn: int


class LaneLaw:
    """Error law of the arrays of one modulus."""

    def __init__(self, lane: CompactLane, shape: ArrayShape, limit: int, key: NoiseKey) -> None:
        """Prepare; nothing is tried yet.

        Args:
            lane: compact model of the arrays.
            shape: their size.
            limit: largest magnitude of a mantissa.
            key: of the patterns.
        """
        self.lane, self.shape, self.limit, self.key = lane, shape, limit, key
        self.modulus = lane.modulus
        every = lane.gain.code.digits(torch.arange(-limit, limit + 1))
        self.integer_loss_db = lane.gain.rail_loss_db(every[:, None, :])
        self.decisions = decisions(lane.receiver.receiver)
        ends = [float(x) * shape.length for x in torch.aminmax(self.integer_loss_db)]
        count = 1 + math.ceil((ends[1] - ends[0]) / _NODE_DB)
        self.least_db, self.step_db = ends[0], max((ends[1] - ends[0]) / max(count - 1, 1), 1e-9)
        self.streams = Streams.draw(
            key.fold("streamed"), shape.length, self.integer_loss_db, self.step_db
        )
        places = (shape.units, shape.rows)
        self.wrong = torch.zeros(count, *places, self.modulus, dtype=torch.float64)
        self.slip = torch.zeros(count, *places, self.modulus)
        self.moments = torch.zeros(count, *places, _REPEATS + 1, dtype=torch.float64)
        self.known = torch.zeros(count, dtype=torch.bool)
        steps = FINE * (count - 1) + 1
        self.hazard = torch.zeros(steps, *places, dtype=torch.float64)
        self.share = torch.ones(steps, dtype=torch.float64)
        self.total = torch.full((steps, shape.units), -1.0, dtype=torch.float64)
        self.weight = self._weights(steps)

    def loss_step(self, streamed: Tensor) -> Tensor:
        """Fine step of the loss of streamed mantissas (..., J), worked out where it is new."""
        loss_db = self.integer_loss_db[streamed.long() + self.limit].sum(-1)
        step = ((loss_db - self.least_db) * (FINE / self.step_db)).round().long()
        new = step.unique()
        new = new[self.total[new, 0] < 0]
        if len(new):
            node = new // FINE
            wanted = torch.cat([node, (node + 1).clamp(max=len(self.known) - 1)]).unique()
            self._try(wanted[~self.known[wanted]].tolist())
            self._bound(new)
        return step

    def odds(self, step: Tensor, unit: Tensor, row: Tensor, residue: Tensor) -> Tensor:
        """Odds of a wrong decision of readouts (S,)."""
        low, high = self._nodes(step)
        weight = self.weight[step]
        before, after = (self.wrong[n, unit, row, residue] for n in (low, high))
        return self.share[step] * torch.lerp(before, after, weight)

    def repeated(self, step: Tensor, unit: Tensor, row: Tensor, times: int) -> Tensor:
        """Odds of another error of readouts (S,) that erred ``times`` times in a row."""
        moments = self.moments[(step + FINE // 2) // FINE, unit, row]
        times = min(times, _REPEATS)
        return moments[:, times] / moments[:, times - 1].clamp(min=_LEAST)

    def slips(self, step: Tensor, unit: Tensor, row: Tensor, chance: Tensor) -> Tensor:
        """By how much errors at (S,) slip, 1 ... m-1, from uniform numbers."""
        low, high = self._nodes(step)
        weight = self.weight[step, None].float()
        law = torch.lerp(self.slip[low, unit, row], self.slip[high, unit, row], weight)
        ladder = law[:, 1:].double().cumsum(1)
        found = torch.searchsorted(ladder, (chance * ladder[:, -1])[:, None], right=True)[:, 0]
        return 1 + found.clamp(max=self.modulus - 2)

    def _nodes(self, step: Tensor) -> tuple[Tensor, Tensor]:
        low = step // FINE
        return low, (low + 1).clamp(max=len(self.known) - 1)

    def _weights(self, steps: int) -> Tensor:
        """Weight of the upper of two nodes at every fine step, linear in the amplitude squared."""
        step = torch.arange(steps)
        per_node = -0.2 * math.log(10.0) * self.step_db
        within = (step % FINE).double() / FINE
        return torch.expm1(per_node * within) / math.expm1(per_node)

    def _bound(self, step: Tensor) -> None:
        """Work out what is drawn from at fine steps (F,)."""
        low, high = self._nodes(step)
        weight = self.weight[step]
        mean = [self.wrong[n].mean((1, 2, 3)).clamp(min=_LEAST) for n in (low, high)]
        share = torch.lerp(mean[0].log(), mean[1].log(), weight).exp_()
        share /= torch.lerp(mean[0], mean[1], weight)
        most = [self.wrong[n].amax(-1) for n in (low, high)]
        bound = share[:, None, None] * torch.lerp(most[0], most[1], weight[:, None, None])
        hazard = -torch.log1p(-bound.clamp(max=_MOST_BOUND))
        self.share[step] = share
        self.hazard[step] = hazard.cumsum(-1)
        self.total[step] = -torch.expm1(-self.hazard[step][..., -1])

    def _try(self, nodes: list[int]) -> None:
        """Average the odds of patterns at nodes of loss."""
        if not nodes:
            return
        units, rows = self.shape.units, self.shape.rows
        unit = torch.arange(units)[:, None].expand(units, rows)
        receivers = self.lane.receivers(unit, torch.arange(rows))
        # Each turn gives every place new drives; all turns together every residue equally often.
        for turn in range(self._turns):
            stationary = drives(
                self.key.fold("stationary", turn), units * rows, self.shape.length, self.limit
            )
            tables = self.lane.drives(stationary.view(units, rows, -1), unit, torch.arange(rows))
            for node in nodes:
                self._try_batch(node, _Trial(tables, receivers, turn))
        self.wrong[nodes] *= self.modulus / (self._batch * self._turns)
        self.known[nodes] = True

    @cached_property
    def _batch(self) -> int:
        """Vectors that every place is tried with in one turn, at one node."""
        few = max(2, _BATCH // (self.shape.units * self.shape.rows))
        return few if few < _TURNS else self.modulus * (few // _TURNS)

    @cached_property
    def _turns(self) -> int:
        """Turns that give every place each residue equally often."""
        return _TURNS if self._batch % self.modulus == 0 else self.modulus

    def _try_batch(self, node: int, trial: _Trial) -> None:
        """Add the odds of one batch to the sums of a node."""
        residue, signal = self._signal(node, trial)
        flat = residue.flatten()
        doubt = in_doubt(self.lane.receiver.receiver, signal, flat).nonzero()[:, 0]
        if not len(doubt):
            return
        odds = torch.zeros(len(flat), dtype=torch.float64)
        odds[doubt] = self.decisions.slips(signal.at(doubt), flat[doubt]).sum((1, 2))
        by_place = odds.view(residue.shape)
        self.wrong[node].scatter_add_(-1, residue.transpose(1, 2), by_place.transpose(1, 2))
        for power in range(_REPEATS + 1):
            self.moments[node, ..., power] += by_place.pow(power + 1).sum(1)
        if trial.turn % _LAW_EVERY == 0:
            self._add_slips(node, signal, residue)

    def _add_slips(self, node: int, signal: Signal, residue: Tensor) -> None:
        """Add to the law of slips: around what the mean reading is decided as."""
        modulus, places = self.modulus, self.shape.units * self.shape.rows
        number = torch.arange(residue.numel()).view(residue.shape)
        number = number[:, : max(2, _LAW_BATCH // places)]
        true, signal = residue.flatten()[number.flatten()], signal.at(number.flatten())
        middle = self.lane.receiver.receiver.decide(*signal.mean, signal.converters).long()
        reach = min(_NEAR_REACH, most_reach(modulus))
        odds = self.decisions.slips(signal, middle, reach)
        if float(odds[..., -1].sum()) > _FAR * float(odds.sum()):
            around, centre = self.decisions.law(signal), torch.zeros_like(true)
        else:
            distance = torch.arange(1, reach + 1)
            around, centre = torch.zeros(len(true), modulus, dtype=torch.float64), middle
            around[:, 0] = (1.0 - odds.sum((1, 2))).clamp(min=0.0)
            around[:, torch.cat([-distance, distance])] = odds[..., :-1].flatten(1)
        slip = torch.arange(modulus) + (true - centre)[:, None]
        law = around.gather(1, torch.remainder(slip, modulus)).clamp_(min=0.0)
        law[:, 0] = 0.0
        self.slip[node] += law.view(*number.shape, modulus).sum(1).float()

    def _signal(self, node: int, trial: _Trial) -> tuple[Tensor, Signal]:
        """Residues (U, N, R), and what reaches the converters, flattened to (S,)."""
        lane, (units, rows), count = self.lane, (self.shape.units, self.shape.rows), self._batch
        loss_db = self.least_db + node * self.step_db
        vectors, own_db = self.streams.near(loss_db, self.step_db / 2, count, trial.turn)
        bits, setting = lane.streams(vectors[None])
        light = lane.planes.respond(bits.expand(units, -1, -1).contiguous(), *trial.drives)
        number = trial.turn * count + torch.arange(count)[:, None]
        shift = torch.arange(units)[:, None, None] * 3 + torch.arange(rows) * 5
        residue = torch.remainder(number + shift, self.modulus)
        # The pattern's own loss is exchanged for the node's; its deviations stay.
        excess_np = ((own_db - loss_db) * (math.log(10.0) / 20.0))[:, None]
        lossless = lane.design.multiplier.rail_shares[1] == 0
        plus, minus, deviation = (x.double() for x in light)
        plus += excess_np
        minus += 0.0 if lossless else excess_np
        setting = _at_loss(lane, setting.apply(torch.Tensor.double), own_db[:, None], loss_db)
        intensity, phase, jitter = self._shared_noise(trial.turn, count)
        streams = self.key.fold("earlier", node, trial.turn)
        seen = []
        for lag in range(lane.memory.depth, -1, -1):
            # Earlier symbols are other patterns of the same loss, with any residue.
            sent = residue
            if lag:
                any_residue = streams.uniform((lag - 1) * residue.numel(), residue.numel())
                sent = (any_residue * self.modulus).long().view(residue.shape)
            at = [x.roll(lag, 1) for x in (plus, minus, deviation)]
            angle = lane.receiver.phase_rad(sent.double(), at[2] + phase)
            seen.append(
                lane.receiver.detect(
                    at[0].clone(), at[1].clone(), angle, intensity, trial.rows.hybrid
                )
            )
        current = [torch.stack([x.current_a[pair] for x in seen]) for pair in (0, 1)]
        first, second = (lane.memory.sampled(x, jitter, dim=0)[0] for x in current)
        detected = Detected((first, second), seen[-1].rms_a)
        return residue, _received(lane, detected, setting, trial.rows)

    def _shared_noise(self, turn: int, count: int) -> tuple[Tensor, Tensor, Tensor]:
        """Power and phase of the laser, and the clock's normals, spread evenly: (U, N, R) each."""
        places = (self.shape.units, 1, self.shape.rows, 3)
        start = self.key.fold("laser").uniform(0, math.prod(places)).view(places)
        number = (turn * count + torch.arange(count)).double()
        chance = start + number[:, None, None] * _EVEN.double()
        normal = torch.special.ndtri((chance % 1.0).clamp(1e-12, 1.0 - 1e-12))
        intensity, phase = scaled_laser_noise(self.lane.design, (normal[..., 0], normal[..., 1]))
        return intensity, phase, normal[..., 2]


def _at_loss(
    lane: CompactLane, setting: SymbolSetting, own_db: Tensor, loss_db: float
) -> SymbolSetting:
    """What receivers are set to for patterns whose own loss is exchanged for another."""
    gain, full_scale_a, common_mode = lane.gain, *setting
    if lane.design.receiver.gain == "per-symbol":
        full_scale_a = full_scale_a * gain.amplitude_a(loss_db) / gain.amplitude_a(own_db)
    if common_mode is not None:
        light = (gain.common_mode_a(loss_db) / gain.common_mode_a(own_db)).unbind(-1)
        common_mode = tuple(
            share * change * setting.full_scale_a / full_scale_a
            for share, change in zip(common_mode, light, strict=True)
        )
    return SymbolSetting(full_scale_a, common_mode)


def _received(
    lane: CompactLane, detected: Detected, setting: SymbolSetting, rows: ReceiverRows
) -> Signal:
    """What reaches the converters: without noise, and what a unit of noise adds."""
    shape = detected.current_a[0].shape
    nothing, unit = (torch.full((), x, dtype=torch.float64) for x in (0.0, 1.0))
    mean = lane.receiver.ratios(detected, (nothing, nothing), setting, rows.trim)
    noisy = lane.receiver.ratios(detected, (unit, unit), setting, rows.trim)
    rms = tuple((b - a).flatten() for a, b in zip(mean, noisy, strict=True))
    converters = None
    if rows.converters is not None:
        transitions = rows.converters.transitions
        wide = transitions.expand(*shape, *transitions.shape[-2:])
        converters = Converters(wide.flatten(0, 2))
    return Signal((mean[0].flatten(), mean[1].flatten()), (rms[0], rms[1]), converters)
