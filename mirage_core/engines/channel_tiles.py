"""The tiles of a product as the law of one modulus sees them: where readouts may err.

A bound on the error probability of every row of a tile follows from the spread of its drives and
the loss of what is streamed.  Rows are independent; minus the logs of the probabilities that they
do not err add up.  Between two nodes of spread these are interpolated straight, and probabilities
between never lie above that.

Legend of shapes: G group, B block of rows, R row of the array, M stationary row, N streamed vector,
K node of spread, F step of loss in use, C readout that may err.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from mirage_core.engines.channel_law import ReadoutClass, ReadoutErrorModel

# Sums in FP32 over the rows of a tile are off by less than this share of themselves.
_ROUNDING = 1e-4
# What is made of them is off by less than this share; a bound may lie above 1.
_LAST_BITS = 1e-6


class Tiles:
    """Rows of stationary operands on the arrays of one modulus."""

    def __init__(self, law: ReadoutErrorModel, stationary: Tensor, unit: Tensor) -> None:
        """Classify the rows.

        Args:
            law: of the modulus.
            stationary: mantissas, (G, M, J).
            unit: array of every tile, int64 (G, B).
        """
        self.law, self.unit = law, unit
        node, weight = law.spread_place(stationary)
        spare = unit.shape[1] * law.shape.rows - node.shape[1]
        each = (*unit.shape, law.shape.rows)
        exists = F.pad(torch.ones_like(weight), (0, spare)).view(each)
        self.node, self.weight = (F.pad(x, (0, spare)).view(each) for x in (node, weight))
        self.next = (self.node + 1).clamp(max=law.spreads - 1)
        # Part of each row in the node below its spread and in the one above.
        self.parts = exists * (1.0 - self.weight), exists * self.weight
        # Where hazards of the rows of tiles lie in those of a step, (G·B, R).
        place = (unit[..., None] * law.shape.rows + torch.arange(law.shape.rows)).flatten(0, 1)
        per_node = law.hazard[0, 0].numel()
        self._at = [x.flatten(0, 1) * per_node + place for x in (self.node, self.next)]
        shares = torch.zeros(law.spreads, dtype=torch.float64)
        for part, index in zip(self.parts, (self.node, self.next), strict=True):
            shares.index_add_(0, index.flatten(), part.flatten())
        self.spreads = shares.nonzero()[:, 0]
        self._number = torch.full((len(law.known),), -1)
        self._most = torch.empty(0, unit.numel())

    def most(self, step: Tensor) -> Tensor:
        """Bounds on the probability that any row of a tile errs: steps (G, N) -> FP32 (B, N, G)."""
        new = step.unique()
        new = new[self._number[new] < 0]
        if len(new):
            self.law.learn(new, self.spreads)
            self._number[new] = torch.arange(len(new)) + len(self._most)
            self._most = torch.cat([self._most, self._totals(new)])
        tile = torch.arange(self.unit.numel()).view(self.unit.shape)
        return self._most[self._number[step.T], tile.T[:, None, :]]

    def hazard(self, step: Tensor, group: Tensor, block: Tensor) -> Tensor:
        """Minus the log of the probability that no row to one errs, at most: tiles (C,), (C, R)."""
        tile = group * self.unit.shape[1] + block
        start = (step * self.law.hazard[0].numel())[:, None]
        low, high = (
            part.view(-1, self.law.shape.rows)[tile] * self.law.hazard.take(start + at[tile])
            for part, at in zip(self.parts, self._at, strict=True)
        )
        return (low + high).cumsum(1)

    def kind(self, step: Tensor, group: Tensor, block: Tensor, row: Tensor) -> ReadoutClass:
        """What is known of readouts (C,) of rows of tiles."""
        at = group, block, row
        return ReadoutClass(step, self.node[at], self.weight[at], self.unit[group, block], row)

    def _totals(self, step: Tensor) -> Tensor:
        """Bounds at steps (F,) for all tiles, FP32 (F, G·B)."""
        rows, spreads = self.law.shape.rows, self.law.spreads
        unit, hazard = self.unit.flatten(), self.law.hazard[step].float()
        total = torch.empty(len(step), len(unit))
        for number in unit.unique().tolist():
            mine = unit == number
            share = torch.zeros(int(mine.sum()), rows, spreads)
            for part, index in zip(self.parts, (self.node, self.next), strict=True):
                each = index.view(-1, rows, 1)[mine]
                share.scatter_add_(2, each, part.view(-1, rows, 1)[mine].float())
            of_unit = hazard[:, :, number].transpose(1, 2).flatten(1)
            total[:, mine] = of_unit @ share.flatten(1).T
        return torch.expm1(total.mul_(-1.0 - _ROUNDING)).mul_(-1.0 - _LAST_BITS)
