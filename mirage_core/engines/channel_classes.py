r"""Classes of readouts that a channel tells apart: by the loss of digits and the size of drives.

The *loss* that the design gives the streamed digits sets the amplitude.  The *spread* of the drives
is how far they turn the phase wrongly: for every drive the mean square error over the places of
this chip (:meth:`circuits.compiled.digit_tables.DigitTables`), summed over the row.  It is
small for a row of zeros, grows with the drives as their gains and nonlinearity do, and knows of
leaks.

Both are sums over integers, and both are tried at equidistant nodes.

Legend of shapes: V integer -limit ... limit, J multiplier, K node.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from circuits.coding.phase_code import drive_level, level_angle_rad
from circuits.compiled.arrays import CompiledArrays

_NODE_DB = 1.0
# A node per so much spread over the square of half a cell, but not too many.
_NODE_SPREAD = 1.0 / 64.0
_MOST_SPREADS = 6
# Drives whose spreads differ by less, over the square of half a cell, err alike to some percent.
_ALIKE = 1e-4


@dataclass(frozen=True)
class Axis:
    """Equidistant nodes.

    Attributes:
        least: the first node.
        step: from one to the next.
        count: how many.
    """

    least: float
    step: float
    count: int

    @classmethod
    def over(cls, term: Tensor, length: int, width: float, most: int | None = None) -> Axis:
        """Nodes over all sums of ``length`` terms (V,), ``width`` apart unless too many."""
        least, largest = (float(x) * length for x in torch.aminmax(term))
        count = 1 + math.ceil((largest - least) / width)
        count = count if most is None else min(count, most)
        return cls(least, max((largest - least) / max(count - 1, 1), 1e-12), count)

    def node(self, number: int) -> float:
        """Where a node lies."""
        return self.least + number * self.step

    def place(self, value: Tensor) -> tuple[Tensor, Tensor]:
        """Nodes below values, and the weights of those above: int64 and float64."""
        along = (value - self.least) / self.step
        low = along.floor().clamp(0, max(self.count - 2, 0))
        weight = (along - low).clamp(0.0, 1.0)
        return low.long(), weight if self.count > 1 else torch.zeros_like(weight)


@dataclass(frozen=True)
class Classes:
    """Loss of streamed integers and spread of stationary ones, with their nodes.

    Attributes:
        integer_loss_db: float64 (V,).
        integer_spread_rad2: float64 (V,).
        loss_db: nodes of sums over a row.
        spread_rad2: the same.
    """

    integer_loss_db: Tensor
    integer_spread_rad2: Tensor
    loss_db: Axis
    spread_rad2: Axis

    @classmethod
    def of(cls, arrays: CompiledArrays, length: int, limit: int) -> Classes:
        """Classes of the arrays of one modulus.

        Args:
            arrays: compact model of the arrays.
            length: multipliers in a row.
            limit: largest magnitude of a mantissa.
        """
        integers, gain = torch.arange(-limit, limit + 1), arrays.receiver.gain
        loss_db = gain.rail_loss_db(gain.code.digits(integers)[:, None, :])
        level = drive_level(integers, arrays.modulus) + arrays.modulus // 2
        spread_rad2 = _on_grid(arrays.digits.spread_rad2[level])
        cell = (level_angle_rad(arrays.modulus) / 2) ** 2
        reach = length * float(spread_rad2.max() - spread_rad2.min())
        most = 1 if reach < _ALIKE * cell else _MOST_SPREADS
        return cls(
            loss_db,
            spread_rad2,
            Axis.over(loss_db, length, _NODE_DB),
            Axis.over(spread_rad2, length, _NODE_SPREAD * cell, most),
        )

    def loss_of(self, streamed: Tensor) -> Tensor:
        """Loss in dB of streamed mantissas (..., J)."""
        return self._sum(self.integer_loss_db, streamed)

    def spread_of(self, stationary: Tensor) -> Tensor:
        """Spread in rad² of stationary mantissas (..., J)."""
        return self._sum(self.integer_spread_rad2, stationary)

    @staticmethod
    def _sum(term: Tensor, integers: Tensor) -> Tensor:
        return term[integers.long() + len(term) // 2].sum(-1)


def _on_grid(term: Tensor) -> Tensor:
    """Terms so rounded that their sums are exact in any order."""
    largest = float(term.max())
    step = 2.0 ** (math.floor(math.log2(largest)) - 40) if largest > 0.0 else 1.0
    return (term / step).round() * step
