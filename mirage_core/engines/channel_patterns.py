"""Operands to try a chip with: of every sparsity, sign and peakedness, and of every loss.

Half of the streamed vectors are drawn as data comes: some entries zero, the rest normal numbers
raised to a power, scaled until the largest fills the mantissa.  The other half are independent
entries with odds in proportion to ``exp(θ · loss)``, the least prejudiced law for a given loss;
they reach losses that no such data has.

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


def mantissas(key: NoiseKey, count: int, length: int, limit: int) -> Tensor:
    """Vectors as data comes, int16 (n, J), of magnitude up to ``limit``.

    Every vector has a density, a peakedness, a sign rule and a scale of its own.
    """
    normal = key.fold("value").normal(0, count * length).view(count, length)
    density, peak, signed, scale = key.fold("kind").uniform(0, 4 * count).view(4, count, 1)
    kept = key.fold("kept").uniform(0, count * length).view(count, length) < density
    size = normal.abs().pow(2.0 ** (2.0 * peak - 1.0)) * kept
    # The largest magnitude of a group lies in the upper half of the range.
    top = (1.0 + scale) * (limit + 1) / 2
    scaled = (size * (top / size.amax(1, keepdim=True).clamp(min=1e-300))).round().clamp(max=limit)
    return torch.where((normal < 0) & (signed < 0.5), -scaled, scaled).to(torch.int16)


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
    def draw(cls, key: NoiseKey, length: int, loss_db: Tensor) -> Streams:
        """Vectors of integers whose losses are ``loss_db``, from -limit to limit."""
        limit = len(loss_db) // 2
        vectors = torch.cat(
            [
                mantissas(key.fold("data"), _POOL // 2, length, limit),
                tilted(key.fold("tilted"), _POOL // 2, length, loss_db),
            ]
        )
        total = loss_db[vectors.long() + limit].sum(-1)
        order = total.argsort(stable=True)
        return cls(vectors[order], total[order])

    def near(self, loss_db: float, within_db: float, count: int, turn: int) -> tuple[Tensor, Tensor]:
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
