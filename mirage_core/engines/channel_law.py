r"""The probabilities of wrong residues of one modulus of a chip, by what is known about a readout.

A readout is known by its place (unit, row), by the loss that the design gives the streamed digits
and the spread of the drives (:mod:`mirage_core.engines.channel_classes`), and by the true residue,
which sets where its phase falls among the cells of the converters.  What is not known, the digits
and drives themselves, is tried (:mod:`mirage_core.engines.channel_trials`): patterns go through the
compact model of this very chip, and the exact probabilities (:mod:`circuits.receiver.decisions`) of
what arrives are averaged.  So the law of a class is a mixture over amplitudes and offsets; nothing
is fitted.

Trials are made at nodes of loss and of spread.  Between them the probabilities p of all places
together follow ``p = erfc(h / (σ √2))``, h half a cell and σ² linear in the spread and in 1 over
the squared amplitude, which is exact for normal offsets in the noise of an amplifier.  Those of a
place share in that in proportion to their own at the nodes (logarithms of each, known from few
patterns, would be biased).  Nodes are worked out when data first falls beside them, each from
numbers of its own, so that the order does not matter.

Legend of shapes: L node of loss, F fine step of loss, K node of spread, U unit, R row, m residue or
slip, N vector, S readout; moments 1 ... 4 of the probabilities, by which an error foretells
another.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor

from circuits.coding.array_shape import ArrayShape
from circuits.compiled.arrays import CompiledArrays
from circuits.receiver.decisions import Signal, decisions, may_err, most_reach
from mirage_core.engines.channel_classes import Classes
from mirage_core.engines.channel_trials import ErrorProbe, Trial
from photonics.random import NoiseKey

# Steps between two nodes: a step changes probabilities of 1e-6 by a fifth, and is rounded to the
# nearest.
FINE = 32
# Which slips errors make is looked at in so many readouts of a batch.
_LAW_BATCH = 1 << 7
_LEAST = 1e-300
_MOST_BOUND = 1.0 - 1e-15
_MOST_BENT = 1.0 - 1e-6
_REPEATS = 3
# Where more than this share of the errors slips farther than the reach, all slips are told apart.
_FAR = 1e-3
_NEAR_REACH = 2


class ReadoutClass(NamedTuple):
    """What is known of readouts (S,).

    Fine step of loss, node of spread below and weight of the next, unit and row.
    """

    step: Tensor
    node: Tensor
    weight: Tensor
    unit: Tensor
    row: Tensor


class ReadoutErrorModel:
    """Error law of the arrays of one modulus."""

    def __init__(
        self, arrays: CompiledArrays, shape: ArrayShape, limit: int, key: NoiseKey
    ) -> None:
        """Prepare; nothing is tried yet.

        Args:
            arrays: compact model of the arrays.
            shape: their size.
            limit: largest magnitude of a mantissa.
            key: of the patterns.
        """
        self.shape, self.modulus, self.converter = shape, arrays.modulus, arrays.receiver.converter
        self.decisions = decisions(self.converter)
        self.classes = Classes.of(arrays, shape.length, limit)
        self.error_probe = ErrorProbe(arrays, shape, self.classes, key)
        losses, self.spreads = self.classes.loss_db.count, self.classes.spread_rad2.count
        nodes, places = (losses, self.spreads), (shape.units, shape.rows)
        self.wrong = torch.zeros(*nodes, *places, self.modulus, dtype=torch.float64)
        self.slip = torch.zeros(*nodes, *places, self.modulus)
        self.moments = torch.zeros(*nodes, *places, _REPEATS + 1, dtype=torch.float64)
        self.tried = torch.zeros(nodes, dtype=torch.bool)
        steps = FINE * (losses - 1) + 1
        # At fine steps of loss, for each node of spread: mean probabilities, what they are over
        # those of straight interpolation, and minus the log of the probabilities that no residue
        # errs, at most.
        self.mean = torch.zeros(steps, self.spreads, dtype=torch.float64)
        self.share = torch.ones(steps, self.spreads, dtype=torch.float64)
        self.hazard = torch.zeros(steps, self.spreads, *places, dtype=torch.float64)
        self.known = torch.zeros(steps, self.spreads, dtype=torch.bool)
        self.weight = self._weights(steps)

    def loss_step(self, streamed: Tensor) -> Tensor:
        """Fine step of the loss of streamed mantissas (..., J)."""
        axis = self.classes.loss_db
        loss_db = self.classes.loss_of(streamed)
        return ((loss_db - axis.least) * (FINE / axis.step)).round().long()

    def spread_place(self, stationary: Tensor) -> tuple[Tensor, Tensor]:
        """Node of spread below stationary mantissas (..., J), and the weight of the next."""
        return self.classes.spread_rad2.place(self.classes.spread_of(stationary))

    def learn(self, step: Tensor, node: Tensor) -> None:
        """Work out the law at all fine steps (F,) for all nodes of spread (K,), where it is new."""
        for kind in node.tolist():
            new = step[~self.known[step, kind]]
            if not len(new):
                continue
            wanted = torch.cat(self._nodes(new)).unique()
            self._try(wanted[~self.tried[wanted, kind]].tolist(), kind)
            self._bound(new, kind)

    def probabilities(self, kind: ReadoutClass, residue: Tensor) -> Tensor:
        """Probabilities of a wrong decision of readouts (S,)."""
        low, high = self._nodes(kind.step)
        weight = self.weight[kind.step]
        probabilities, mean = [], []
        for spread in self._spreads(kind):
            before, after = (
                self.wrong[n, spread, kind.unit, kind.row, residue] for n in (low, high)
            )
            probabilities.append(self.share[kind.step, spread] * torch.lerp(before, after, weight))
            mean.append(self.mean[kind.step, spread].clamp(min=_LEAST))
        # Probabilities above a tenth bend upwards between nodes, and are taken as straight.
        share = _share(mean[0], mean[1], kind.weight)[0].clamp(max=1.0)
        return share * torch.lerp(probabilities[0], probabilities[1], kind.weight)

    def repeated(self, kind: ReadoutClass, times: int) -> Tensor:
        """Probabilities of another error of readouts (S,) that erred ``times`` times in a row."""
        loss = (kind.step + FINE // 2) // FINE
        spread = torch.where(kind.weight > 0.5, self._spreads(kind)[1], kind.node)
        moments = self.moments[loss, spread, kind.unit, kind.row]
        times = min(times, _REPEATS)
        return moments[:, times] / moments[:, times - 1].clamp(min=_LEAST)

    def slips(self, kind: ReadoutClass, chance: Tensor) -> Tensor:
        """By how much errors at (S,) slip, 1 ... m-1, from uniform numbers."""
        weight = self.weight[kind.step, None].float()
        laws = []
        for spread in self._spreads(kind):
            before, after = (
                self.slip[n, spread, kind.unit, kind.row] for n in self._nodes(kind.step)
            )
            laws.append(torch.lerp(before, after, weight))
        law = torch.lerp(laws[0], laws[1], kind.weight[:, None].float())
        ladder = law[:, 1:].double().cumsum(1)
        found = torch.searchsorted(ladder, (chance * ladder[:, -1])[:, None], right=True)[:, 0]
        return 1 + found.clamp(max=self.modulus - 2)

    def _nodes(self, step: Tensor) -> tuple[Tensor, Tensor]:
        low = step // FINE
        return low, (low + 1).clamp(max=len(self.tried) - 1)

    def _spreads(self, kind: ReadoutClass) -> tuple[Tensor, Tensor]:
        return kind.node, (kind.node + 1).clamp(max=self.spreads - 1)

    def _weights(self, steps: int) -> Tensor:
        """Weight of the upper of two nodes at every fine step, linear in 1 / amplitude²."""
        step = torch.arange(steps)
        per_node = 0.2 * math.log(10.0) * self.classes.loss_db.step
        within = (step % FINE).double() / FINE
        return torch.expm1(per_node * within) / math.expm1(per_node)

    def _bound(self, step: Tensor, kind: int) -> None:
        """Work out what is drawn from at fine steps (F,) for a node of spread."""
        weight, nodes = self.weight[step], self._nodes(step)
        mean = [self.wrong[n, kind].mean((1, 2, 3)).clamp(min=_LEAST) for n in nodes]
        share, self.mean[step, kind] = _share(mean[0], mean[1], weight)
        most = [self.wrong[n, kind].amax(-1) for n in nodes]
        bound = share[:, None, None] * torch.lerp(most[0], most[1], weight[:, None, None])
        self.share[step, kind] = share
        self.hazard[step, kind] = -torch.log1p(-bound.clamp(max=_MOST_BOUND))
        self.known[step, kind] = True

    def _try(self, losses: list[int], kind: int) -> None:
        """Average the probabilities of patterns at nodes of loss and one of spread."""
        if not losses:
            return
        # Each turn gives every place new drives; all turns together every residue.
        for turn in range(self.error_probe.turns):
            trial = self.error_probe.trial(kind, turn)
            for loss in losses:
                self._try_batch((loss, kind), trial)
        self.wrong[losses, kind] /= self.error_probe.visits()
        self.tried[losses, kind] = True

    def _try_batch(self, node: tuple[int, int], trial: Trial) -> None:
        """Add the probabilities of one batch to the sums of a node."""
        residue, signal = trial.residue, self.error_probe.signal(node[0], trial)
        flat = residue.flatten()
        doubt = may_err(self.converter, signal, flat).nonzero()[:, 0]
        if not len(doubt):
            return
        probabilities = torch.zeros(len(flat), dtype=torch.float64)
        probabilities[doubt] = self.decisions.slips(signal.at(doubt), flat[doubt]).sum((1, 2))
        by_place = probabilities.view(residue.shape)
        self.wrong[node].scatter_add_(-1, residue.transpose(1, 2), by_place.transpose(1, 2))
        for power in range(_REPEATS + 1):
            self.moments[node][..., power] += by_place.pow(power + 1).sum(1)
        self._add_slips(node, signal, residue)

    def _add_slips(self, node: tuple[int, int], signal: Signal, residue: Tensor) -> None:
        """Add to the law of slips: around what the mean reading is decided as."""
        modulus, places = self.modulus, self.shape.units * self.shape.rows
        number = torch.arange(residue.numel()).view(residue.shape)
        number = number[:, : max(1, _LAW_BATCH // places)]
        true, signal = residue.flatten()[number.flatten()], signal.at(number.flatten())
        middle = self.converter.decide(*signal.mean, signal.transitions).long()
        reach = min(_NEAR_REACH, most_reach(modulus))
        probabilities = self.decisions.slips(signal, middle, reach)
        if float(probabilities[..., -1].sum()) > _FAR * float(probabilities.sum()):
            around, centre = self.decisions.law(signal), torch.zeros_like(true)
        else:
            distance = torch.arange(1, reach + 1)
            around, centre = torch.zeros(len(true), modulus, dtype=torch.float64), middle
            around[:, 0] = (1.0 - probabilities.sum((1, 2))).clamp(min=0.0)
            around[:, torch.cat([-distance, distance])] = probabilities[..., :-1].flatten(1)
        slip = torch.arange(modulus) + (true - centre)[:, None]
        law = around.gather(1, torch.remainder(slip, modulus)).clamp_(min=0.0)
        law[:, 0] = 0.0
        self.slip[node] += law.view(*number.shape, modulus).sum(1).float()


def _share(low: Tensor, high: Tensor, weight: Tensor) -> tuple[Tensor, Tensor]:
    """Probability between two, over that of straight interpolation, and the probability itself."""
    variance = [
        torch.special.ndtri(p.clamp(max=_MOST_BENT) / 2).square_().reciprocal_()
        for p in (low, high)
    ]
    between = torch.erfc(torch.lerp(variance[0], variance[1], weight).mul_(2.0).rsqrt_())
    share = between / torch.lerp(low, high, weight)
    return share, between
