"""Trials of a chip for the law of its errors: patterns through its compact model, noise aside.

A trial puts a set of drives on every place of the arrays and streams a batch of vectors of about
one loss through them, each with a laser of its own.  What comes of it are the means of readings,
and what a unit of noise adds to them.

Legend of shapes: U unit, R row, N vector of a batch, S readout, flattened from (U, N, R).
"""

from __future__ import annotations

import math
from functools import cached_property
from typing import NamedTuple

import torch
from torch import Tensor

from circuits.coding.array_shape import ArrayShape
from circuits.compiled.arrays import CompiledArrays
from circuits.receiver.decisions import Signal
from circuits.receiver.gain import SymbolSetting
from circuits.receiver.receiver import Detected, Receiver
from mirage_core.engines.channel_classes import Classes
from mirage_core.engines.channel_patterns import OperandSamples
from photonics.random import NoiseKey

# Readouts worked on at a time, and with how many drives every place is tried at least.
_BATCH = 1 << 10
_TURNS = 10
# Share of the distance between two classes of drives within which drives stand for a class.
_NARROW = 0.125
# Half of the streamed vectors have no negative entries, as behind a ReLU; few drives have none.
_SIGNED_DATA, _SIGNED_DRIVES = 0.5, 1.0
# Powers of the root of x^4 = x + 1: multiples of them fill the unit cube evenly.
_EVEN = torch.tensor([0.8191725133961645, 0.6710436067037893, 0.5497004779019703])


class Trial(NamedTuple):
    """Drives on all places, and what a batch has of its own.

    Bit-plane tables and receivers of the places, the number of the turn, true residues (U, N, R),
    and of each readout the power of the laser and normal numbers for its phase and for the clock.
    """

    drives: tuple[Tensor, Tensor]
    rows: Receiver
    turn: int
    residue: Tensor
    shared: tuple[Tensor, Tensor, Tensor]


class ErrorProbe:
    """Where the arrays of one modulus are tried."""

    def __init__(
        self, arrays: CompiledArrays, shape: ArrayShape, classes: Classes, key: NoiseKey
    ) -> None:
        """Draw the patterns.

        Args:
            arrays: compact model of the arrays.
            shape: their size.
            classes: of losses and of drives.
            key: of the patterns.
        """
        self.arrays, self.shape, self.classes, self.key = arrays, shape, classes, key
        self.modulus = arrays.modulus
        loss, spread = classes.loss_db, classes.spread_rad2
        self.streams = OperandSamples.draw(
            key.fold("streamed"), shape.length, classes.integer_loss_db, loss.step, _SIGNED_DATA
        )
        self.stationary = OperandSamples.draw(
            key.fold("stationary"),
            shape.length,
            classes.integer_spread_rad2,
            spread.step,
            _SIGNED_DRIVES,
        )

    @cached_property
    def batch(self) -> int:
        """Vectors that every place is tried with in one turn, at one node."""
        return max(2, _BATCH // (self.shape.units * self.shape.rows))

    @cached_property
    def turns(self) -> int:
        """Turns that give every place each residue, and drives enough."""
        return max(_TURNS, -(-self.modulus // self.batch))

    def trial(self, kind: int, turn: int) -> Trial:
        """Drives of one class on all places: at each turn others."""
        units, rows = self.shape.units, self.shape.rows
        unit = torch.arange(units)[:, None].expand(units, rows)
        axis = self.classes.spread_rad2
        # One class is that of all drives.
        within = math.inf if axis.count == 1 else _NARROW * axis.step
        number = self.stationary.near(axis.node(kind), within, units * rows, turn)
        drives = self.stationary.vectors[number]
        tables = self.arrays.load(drives.view(units, rows, -1), unit, torch.arange(rows))
        receivers = self.arrays.receivers(unit, torch.arange(rows))
        return Trial(tables, receivers, turn, self._residue(turn), self._shared_noise(turn))

    def visits(self) -> Tensor:
        """How often all turns give every place each residue, (U, R, m)."""
        found = torch.zeros(self.shape.units, self.shape.rows, self.modulus, dtype=torch.float64)
        for turn in range(self.turns):
            residue = self._residue(turn).transpose(1, 2)
            found.scatter_add_(-1, residue, torch.ones_like(residue, dtype=torch.float64))
        return found

    def signal(self, node: int, trial: Trial) -> Signal:
        """What reaches the converters at a node of loss, (S,)."""
        arrays, units, count, residue = self.arrays, self.shape.units, self.batch, trial.residue
        loss_db, within_db = self.classes.loss_db.node(node), self.classes.loss_db.step / 2
        index = self.streams.near(loss_db, within_db, count, trial.turn)
        own_db = self.streams.total[index, None]
        # The pattern's own loss is exchanged for the node's; its deviations stay.
        excess_np = (own_db - loss_db) * (math.log(10.0) / 20.0)
        lossless = not arrays.receiver.gain.dual
        intensity, phase, jitter = trial.shared
        streams = self.key.fold("earlier", node, trial.turn)
        depth = arrays.receiver.memory.depth
        # Earlier symbols are others of the same kind of data, with any loss and any residue.
        same_family = self.streams.same_family[index]
        vectors = [self.streams.vectors[index], *same_family.unbind(1)[:depth]]
        seen = []
        for lag, sent in enumerate(vectors):
            bits, setting = arrays.stream(sent[None])
            light = arrays.digits.respond(bits.expand(units, -1, -1).contiguous(), *trial.drives)
            plus, minus, deviation = (x.double() for x in light)
            plus += excess_np
            minus += 0.0 if lossless else excess_np
            if lag:
                any_residue = streams.uniform((lag - 1) * residue.numel(), residue.numel())
                residue = (any_residue * self.modulus).long().view(residue.shape)
            else:
                present = setting.apply(torch.Tensor.double)
            phase_rad = phase * arrays.receiver.laser.phase_rms_of(bits).unsqueeze(-1)
            angle = arrays.receiver.phase_rad(residue.double(), deviation + phase_rad)
            seen.append(trial.rows.detect(plus, minus, angle, intensity))
        # Of those long past hardly anything is left, and they may come again.
        run = [seen[0], *(seen[1 + lag % (len(seen) - 1)] for lag in range(depth))][::-1]
        current = [torch.stack([x.current_a[pair] for x in run]) for pair in (0, 1)]
        first, second = (arrays.receiver.memory.sampled(x, jitter, dim=0)[0] for x in current)
        detected = Detected((first, second), seen[0].rms_a)
        at_loss = _at_loss(arrays, present, own_db, loss_db)
        return _received(detected, at_loss, trial.rows)

    def _residue(self, turn: int) -> Tensor:
        """True residues of a turn, (U, N, R)."""
        units, rows = self.shape.units, self.shape.rows
        number = turn * self.batch + torch.arange(self.batch)[:, None]
        shift = torch.arange(units)[:, None, None] * 3 + torch.arange(rows) * 5
        return torch.remainder(number + shift, self.modulus)

    def _shared_noise(self, turn: int) -> tuple[Tensor, Tensor, Tensor]:
        """Power of the laser, normals of its phase and of the clock, spread evenly: (U, N, R)."""
        places = (self.shape.units, 1, self.shape.rows, 3)
        start = self.key.fold("laser").uniform(0, math.prod(places)).view(places)
        number = (turn * self.batch + torch.arange(self.batch)).double()
        chance = start + number[:, None, None] * _EVEN.double()
        normal = torch.special.ndtri((chance % 1.0).clamp(1e-12, 1.0 - 1e-12))
        intensity, phase = self.arrays.receiver.laser.scaled((normal[..., 0], normal[..., 1]))
        return intensity, phase, normal[..., 2]


def _at_loss(
    arrays: CompiledArrays, setting: SymbolSetting, own_db: Tensor, loss_db: float
) -> SymbolSetting:
    """What receivers are set to for patterns whose own loss is exchanged for another."""
    gain, full_scale_a, common_mode = arrays.receiver.gain, *setting
    if gain.per_symbol:
        full_scale_a = full_scale_a * gain.amplitude_a(loss_db) / gain.amplitude_a(own_db)
    if common_mode is not None:
        light = (gain.common_mode_a(loss_db) / gain.common_mode_a(own_db)).unbind(-1)
        common_mode = tuple(
            share * change * setting.full_scale_a / full_scale_a
            for share, change in zip(common_mode, light, strict=True)
        )
    return SymbolSetting(full_scale_a, common_mode)


def _received(detected: Detected, setting: SymbolSetting, rows: Receiver) -> Signal:
    """What reaches the converters: means, and the rms of the noise."""
    shape = detected.current_a[0].shape
    mean, rms = rows.at_converters(detected, setting)
    transitions = rows.transitions
    if transitions is not None:
        transitions = transitions.expand(*shape, *transitions.shape[-2:]).flatten(0, 2)
    mean_i, mean_q, rms_i, rms_q = (x.expand(shape).flatten() for x in (*mean, *rms))
    return Signal((mean_i, mean_q), (rms_i, rms_q), transitions)
