"""The special set {2^k - 1, 2^k, 2^k + 1}: conversions by shifts and additions.

With ``N = 2^k``, the residues of n follow from its digits to the base N, because
N = 1 (mod N - 1), N = 0 (mod N) and N = -1 (mod N + 1).  Back, with r1, r2, r3 modulo N - 1, N,
N + 1,

``Y = N/2 ((N + 1)(r1 - r2) + (N - 1)(r2 - r3))  mod (N^2 - 1)``,  ``X = r2 + N Y``.

The formulas that the paper prints for both are shorthand (arXiv 2311.17323, Sec. IV-B).
"""

from __future__ import annotations

import torch
from torch import Tensor

from circuits.coding.phase_code import residue
from photonics.errors import InputError

_MAX_K = 20


def special_set(k: int) -> tuple[int, int, int]:
    """The moduli {2^k - 1, 2^k, 2^k + 1}, pairwise coprime for every k.

    Raises:
        InputError: for a k below 2 (a modulus of 1) or above 20 (a product above 2^62).
    """
    if not 2 <= k <= _MAX_K:
        raise InputError("k", k, f"must be within 2 ... {_MAX_K}")
    return (1 << k) - 1, 1 << k, (1 << k) + 1


def special_k(product: int) -> int:
    """The least k whose special set has at least a given product."""
    return next(k for k in range(2, _MAX_K + 1) if (1 << k) * ((1 << 2 * k) - 1) >= product)


def to_special_residues(n: Tensor, k: int) -> tuple[Tensor, Tensor, Tensor]:
    """Residues of integers, int64, from three digits to the base 2^k."""
    low, middle, top = special_set(k)
    # A multiple of every modulus makes the integer positive; it fits three digits.
    shifted = residue(n, low * middle * top)
    d0, d1, d2 = shifted & (middle - 1), (shifted >> k) & (middle - 1), shifted >> 2 * k
    return torch.remainder(d0 + d1 + d2, low), d0, torch.remainder(d0 - d1 + d2, top)


def from_special_residues(r1: Tensor, r2: Tensor, r3: Tensor, k: int) -> Tensor:
    """Signed integers, int64, from residues modulo 2^k - 1, 2^k and 2^k + 1."""
    low, middle, top = special_set(k)
    r1, r2, r3 = residue(r1, low), residue(r2, middle), residue(r3, top)
    # Reduced before it is doubled k - 1 times, so that no k overflows 64 bits.
    sum_ = torch.remainder(top * (r1 - r2) + low * (r2 - r3), low * top)
    y = torch.remainder(sum_ << (k - 1), low * top)
    x = r2 + (y << k)
    product = low * middle * top
    return torch.where(x > (product - 1) // 2, x - product, x)
