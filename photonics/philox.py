"""Philox4x64-10 at any counters: the function behind the streams, word for word.

numpy's generator runs through consecutive counters only.  This one takes any, for draws at
scattered indices of a stream; it is slower per word.  Salmon et al., "Parallel random numbers:
as easy as 1, 2, 3", SC 2011.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.uint64]

_MULTIPLIERS = (0xD2E7470EE14C6C93, 0xCA5A826395121157)
_KEY_STEPS = (0x9E3779B97F4A7C15, 0xBB67AE8584CAA73B)
_ROUNDS = 10
_MASK64 = 0xFFFF_FFFF_FFFF_FFFF
_LOW = np.uint64(0xFFFF_FFFF)
_HALF = np.uint64(32)


def philox_blocks(counter: Words, key: tuple[Words, Words]) -> Words:
    """The four words of every block (n, 4).

    Args:
        counter: low words (n,) of the blocks' counters; the others are zero.
        key: both words (n,) of the key of each block.
    """
    zeros = np.zeros_like(counter)
    x0, x1, x2, x3 = counter, zeros, zeros, zeros
    for step in range(_ROUNDS):
        k0, k1 = (
            k + np.uint64((step * add) & _MASK64) for k, add in zip(key, _KEY_STEPS, strict=True)
        )
        high0, low0 = _product(x0, _MULTIPLIERS[0])
        high1, low1 = _product(x2, _MULTIPLIERS[1])
        x0, x1, x2, x3 = high1 ^ x1 ^ k0, low1, high0 ^ x3 ^ k1, low0
    return np.stack([x0, x1, x2, x3], axis=1)


def _product(x: Words, constant: int) -> tuple[Words, Words]:
    """High and low words of the 128-bit product, from four products of halves."""
    c0, c1 = np.uint64(constant & 0xFFFF_FFFF), np.uint64(constant >> 32)
    x0, x1 = x & _LOW, x >> _HALF
    cross0, cross1 = x0 * c1, x1 * c0
    carry = ((x0 * c0) >> _HALF) + (cross0 & _LOW) + (cross1 & _LOW)
    high = x1 * c1 + (cross0 >> _HALF) + (cross1 >> _HALF) + (carry >> _HALF)
    return high, x * np.uint64(constant)
