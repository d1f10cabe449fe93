"""Operands to try a chip with: of every sparsity, sign and peakedness, and of every size.

Vectors are drawn as data comes: some entries zero, the rest normal numbers raised to a power,
scaled until the largest fills the mantissa.  They are sorted by a sum over their entries: the loss
of streamed vectors, the spread of stationary ones.  To sums that hardly any such vector has, others
are added: independent entries with probabilities in proportion to ``exp(θ · term)``, the least
prejudiced law for a given sum.

Legend of shapes: n vector, J multiplier in a row.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from photonics.random import NoiseKey

# Slopes θ of the probabilities, per spread of the term from integer to integer.
_TILTS = 33
_STEEPEST = 4.0
_POOL = 1 << 15
# Sums that fewer of the vectors have are made up for.
_FEW = 1 << 8
# Share of the vectors that are dense.
_DENSE = 0.5
# Vectors of one kind, drawn beside each other.
_FAMILY = 4


def data(key: NoiseKey, count: int, length: int, limit: int, signed: float) -> Tensor:
    """Vectors, int16 (n, J): a share ``signed`` of either sign, the rest without negative ones.

    Every family of vectors has a density, a peakedness and a scale of its own.
    """
    normal = key.fold("value").normal(0, count * length).view(count, length)
    families = key.fold("kind").uniform(0, 4 * count).view(4, count, 1)
    density, peak, scale, sign = families[:, torch.arange(count) // _FAMILY]
    chance = key.fold("kept").uniform(0, count * length).view(count, length)
    kept = chance * (1.0 - _DENSE) < density
    size = normal.abs().pow(2.0 ** (2.0 * peak - 1.0)) * kept
    # The largest magnitude of a group lies in the upper half of the range.
    top = (1.0 + scale) * (limit + 1) / 2
    size = size * (top / size.amax(1, keepdim=True).clamp(min=1e-300))
    size = size.round().clamp(max=limit)
    return torch.where((normal < 0) & (sign < signed), -size, size).to(torch.int16)


def tilted(key: NoiseKey, count: int, length: int, term: Tensor) -> Tensor:
    """Vectors of independent entries that favour large terms or small ones, int16 (n, J).

    Args:
        key: of the draws.
        count: vectors.
        length: entries of each.
        term: of the integers -limit ... limit.
    """
    limit = len(term) // 2
    spread = term - term.mean()
    slope = torch.linspace(-_STEEPEST, _STEEPEST, _TILTS, dtype=torch.float64)
    unit = spread / spread.std().clamp(min=1e-12)
    ladder = (slope[:, None] * unit).softmax(-1).cumsum(-1)
    chance = key.uniform(0, count * length).view(count, length)
    steps = ladder[torch.arange(count) // _FAMILY % _TILTS].contiguous()
    return (torch.searchsorted(steps, chance).clamp(max=2 * limit) - limit).to(torch.int16)


@dataclass(frozen=True)
class OperandSamples:
    """Vectors, sorted by a sum over their entries.

    Attributes:
        vectors: int16 (n, J).
        total: the sums, float64 (n,), rising.
        same_family: others of the same kind, whatever their sums: int16 (n, family - 1, J).
    """

    vectors: Tensor
    total: Tensor
    same_family: Tensor

    @classmethod
    def draw(
        cls, key: NoiseKey, length: int, term: Tensor, width: float, signed: float
    ) -> OperandSamples:
        """Vectors as data comes, and others where those are few.

        Args:
            key: of the draws.
            length: entries of each vector.
            term: what the integers -limit ... limit add to the sum.
            width: sums that differ by less count as alike.
            signed: share of the vectors with entries of either sign.
        """
        limit = len(term) // 2
        usual = data(key.fold("data"), _POOL, length, limit, signed)
        other = tilted(key.fold("tilted"), _POOL, length, term)
        of_usual, of_other = (term[x.long() + limit].sum(-1) for x in (usual, other))
        least = min(float(of_usual.min()), float(of_other.min()))
        bins = [((x - least) / width).long() for x in (of_usual, of_other)]
        held = torch.bincount(bins[0], minlength=int(bins[1].max()) + 1)
        lacking = held[bins[1]] < _FEW
        vectors = torch.cat([usual, other[lacking]])
        total = torch.cat([of_usual, of_other[lacking]])
        same_family = torch.cat([_same_family(usual), _same_family(other)[lacking]])
        order = total.argsort(stable=True)
        return cls(vectors[order], total[order], same_family[order])

    def near(self, total: float, within: float, count: int, turn: int) -> Tensor:
        """Numbers (count,) of vectors of about a sum: at each turn others.

        Where fewer than ``count`` lie within ``within``, those nearest to it.
        """
        ends = torch.tensor([total - within, total + within], dtype=torch.float64)
        first, last = torch.searchsorted(self.total, ends).tolist()
        lacking = max(0, count - (last - first))
        first = max(0, min(first - (lacking + 1) // 2, len(self.total) - count))
        last = max(last, first + count)
        # A stride that visits all of them before any again, out of the order of their sums.
        span = last - first
        stride = max(1, round(0.382 * span))
        while math.gcd(stride, span) != 1:
            stride += 1
        place = (torch.arange(count) + turn * count) * stride
        return torch.remainder(place, span).add_(first)


def _same_family(vectors: Tensor) -> Tensor:
    """The others of the family of every vector, (n, family - 1, J)."""
    families = vectors.unflatten(0, (-1, _FAMILY))
    return torch.stack([families.roll(-k, 1) for k in range(1, _FAMILY)], dim=2).flatten(0, 1)
