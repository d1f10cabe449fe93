"""The paper's moduli, {2^k - 1, 2^k, 2^k + 1} (arXiv 2311.17323, Sec. IV-B)."""

from __future__ import annotations

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
