"""Philox4x64-10 at any counters, in tensors on any device: the function behind the streams.

numpy's generator runs through consecutive counters only, on the processor.  This one takes any, for
draws at scattered indices of a stream and for draws elsewhere; integers are exact, so the words are
the same on every device.  Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011.

Words are int64: their 64 bits count, whatever the sign.
"""

from __future__ import annotations

import torch
from torch import Tensor

_MULTIPLIERS = (0xD2E7470EE14C6C93, 0xCA5A826395121157)
_KEY_STEPS = (0x9E3779B97F4A7C15, 0xBB67AE8584CAA73B)
_ROUNDS = 10
_MASK32 = 0xFFFF_FFFF


def signed(word: int) -> int:
    """A word of 64 bits, or what is beyond them cut off, as int64 holds it."""
    return ((word + (1 << 63)) & ((1 << 64) - 1)) - (1 << 63)


def philox_blocks(counter: Tensor, key: tuple[Tensor, Tensor]) -> Tensor:
    """The four words of every block, int64 (n, 4).

    Args:
        counter: low words of the blocks' counters, int64 (n,); the others are zero.
        key: both words of the key, of each block (n,) or, as single numbers, for all.
    """
    zeros = torch.zeros_like(counter)
    x0, x1, x2, x3 = counter, zeros, zeros, zeros
    for step in range(_ROUNDS):
        k0, k1 = (k + signed(step * add) for k, add in zip(key, _KEY_STEPS, strict=True))
        high0, low0 = _product(x0, _MULTIPLIERS[0])
        high1, low1 = _product(x2, _MULTIPLIERS[1])
        x0, x1, x2, x3 = high1 ^ x1 ^ k0, low1, high0 ^ x3 ^ k1, low0
    return torch.stack([x0, x1, x2, x3], dim=1)


def _product(x: Tensor, constant: int) -> tuple[Tensor, Tensor]:
    """High and low words of the 128-bit product, from four products of halves."""
    c0, c1 = constant & _MASK32, constant >> 32
    x0, x1 = x & _MASK32, _upper(x)
    cross0, cross1 = x0 * c1, x1 * c0
    carry = _upper(x0 * c0) + (cross0 & _MASK32) + (cross1 & _MASK32)
    high = x1 * c1 + _upper(cross0) + _upper(cross1) + _upper(carry)
    return high, x * signed(constant)


def _upper(x: Tensor) -> Tensor:
    """Upper halves of words, without the sign that a shift would keep."""
    return (x >> 32) & _MASK32
