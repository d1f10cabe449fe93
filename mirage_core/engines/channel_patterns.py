"""Operands to try a chip with: of every sparsity, sign and peakedness, and of every loss.

Vectors are drawn as data comes: some entries zero, the rest normal numbers raised to a power,
scaled until the largest fills the mantissa.  To losses that hardly any such vector has, others are
added: independent entries with odds in proportion to ``exp(θ · loss)``, the least prejudiced law
for a given loss.

Legend of shapes: n vector, J multiplier in a row.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from photonics.random import NoiseKey

# Slopes θ of the odds, per spread of the loss from integer to integer.
_TILTS = 33
_STEEPEST = 4.0
_POOL = 1 << 15
# Losses that fewer of the vectors have are made up for.
_FEW = 1 << 8
# Share of the vectors that are dense: of streamed ones, and of weights and gradients.
_DENSE, _DENSE_DRIVES = 0.5, 0.9


def drives(key: NoiseKey, count: int, length: int, limit: int) -> Tensor:
    """Stationary vectors, int16 (n, J): of either sign, as weights and gradients are."""
    size, normal = _sizes(key, count, length, limit, _DENSE_DRIVES)
    return torch.where(normal < 0, -size, size).to(torch.int16)


def data(key: NoiseKey, count: int, length: int, limit: int) -> Tensor:
    """Streamed vectors, int16 (n, J): half of them of either sign, half without negative ones."""
    size, normal = _sizes(key, count, length, limit, _DENSE)
    signed = key.fold("signed").uniform(0, count)[:, None] < 0.5
    return torch.where((normal < 0) & signed, -size, size).to(torch.int16)


def _sizes(
    key: NoiseKey, count: int, length: int, limit: int, dense: float
) -> tuple[Tensor, Tensor]:
    """Magnitudes up to ``limit``, and the normal numbers that they came from, both (n, J).

    Every vector has a density, a peakedness and a scale of its own.
    """
    normal = key.fold("value").normal(0, count * length).view(count, length)
    density, peak, scale = key.fold("kind").uniform(0, 3 * count).view(3, count, 1)
    chance = key.fold("kept").uniform(0, count * length).view(count, length)
    kept = chance * (1.0 - dense) < density
    size = normal.abs().pow(2.0 ** (2.0 * peak - 1.0)) * kept
    # The largest magnitude of a group lies in the upper half of the range.
    top = (1.0 + scale) * (limit + 1) / 2
    size = size * (top / size.amax(1, keepdim=True).clamp(min=1e-300))
    return size.round().clamp(max=limit), normal


def tilted(key: NoiseKey, count: int, length: int, loss_db: Tensor) -> Tensor:
    """Vectors of independent entries that favour lossy or lossless ones, int16 (n, J).

    Args:
        key: of the draws.
        count: vectors.
        length: entries of each.
        loss_db: loss of the integers -limit ... limit.
    """
    limit = len(loss_db) // 2
    spread = loss_db - loss_db.mean()
    slope = torch.linspace(-_STEEPEST, _STEEPEST, _TILTS, dtype=torch.float64)
    unit = spread / spread.std().clamp(min=1e-12)
    ladder = (slope[:, None] * unit).softmax(-1).cumsum(-1)
    chance = key.uniform(0, count * length).view(count, length)
    steps = ladder[torch.arange(count) % _TILTS].contiguous()
    return (torch.searchsorted(steps, chance).clamp(max=2 * limit) - limit).to(torch.int16)


@dataclass(frozen=True)
class Streams:
    """Streamed vectors, sorted by the loss that the design gives them.

    Attributes:
        vectors: int16 (n, J).
        loss_db: of a rail with multipliers, float64 (n,), rising.
    """

    vectors: Tensor
    loss_db: Tensor

    @classmethod
    def draw(cls, key: NoiseKey, length: int, loss_db: Tensor, bin_db: float) -> Streams:
        """Vectors of integers whose losses are ``loss_db``, from -limit to limit.

        Args:
            key: of the draws.
            length: entries of each.
            loss_db: loss of the integers -limit ... limit.
            bin_db: losses that differ by less count as alike.
        """
        limit = len(loss_db) // 2
        usual = data(key.fold("data"), _POOL, length, limit)
        other = tilted(key.fold("tilted"), _POOL, length, loss_db)
        of_usual, of_other = (loss_db[x.long() + limit].sum(-1) for x in (usual, other))
        least = min(float(of_usual.min()), float(of_other.min()))
        bins = [((x - least) / bin_db).long() for x in (of_usual, of_other)]
        held = torch.bincount(bins[0], minlength=int(bins[1].max()) + 1)
        lacking = held[bins[1]] < _FEW
        vectors = torch.cat([usual, other[lacking]])
        total = torch.cat([of_usual, of_other[lacking]])
        order = total.argsort(stable=True)
        return cls(vectors[order], total[order])

    def near(
        self, loss_db: float, within_db: float, count: int, turn: int
    ) -> tuple[Tensor, Tensor]:
        """Vectors of about a loss, (count, J), and their losses: at each turn others.

        Where fewer than ``count`` lie within ``within_db``, those nearest to it.
        """
        ends = torch.tensor([loss_db - within_db, loss_db + within_db], dtype=torch.float64)
        first, last = torch.searchsorted(self.loss_db, ends).tolist()
        lacking = max(0, count - (last - first))
        first = max(0, min(first - (lacking + 1) // 2, len(self.loss_db) - count))
        last = max(last, first + count)
        # A stride that visits all of them before any again, out of the order of their losses.
        span = last - first
        stride = max(1, round(0.382 * span))
        while torch.gcd(torch.tensor(stride), torch.tensor(span)) != 1:
            stride += 1
        index = first + (torch.arange(count) + turn * count) * stride % span
        return self.vectors[index], self.loss_db[index]
