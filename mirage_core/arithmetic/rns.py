"""Residue number system: an integer as its remainders by pairwise coprime moduli.

Legend of shapes: L lane (modulus), last axis.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cached_property
from itertools import combinations

import torch
from torch import Tensor

from mirage_core.arithmetic.bfp import BfpFormat
from photonics.errors import InputError


class ModuliSet:
    """A set of pairwise coprime moduli and the signed integers it can tell apart.

    Integers are those of ``-max_magnitude ... max_magnitude`` (and, for an even product, one
    more at the lower end).  The same integer always gives the same residues, and residues of a
    representable integer give it back exactly.

    Args:
        moduli: integers of at least 2, pairwise coprime, with a product below 2^62.

    Raises:
        InputError: naming the offending modulus or pair.

    Example:
        >>> import torch
        >>> moduli = ModuliSet((31, 32, 33))
        >>> moduli.to_residues(torch.tensor(-1)).tolist()
        [30, 31, 32]
        >>> moduli.from_residues(torch.tensor([30, 31, 32])).item()
        -1
    """

    def __init__(self, moduli: Sequence[int]) -> None:
        self.moduli = tuple(int(m) for m in moduli)
        if not self.moduli:
            raise InputError("moduli", moduli, "needs at least one modulus")
        for m in self.moduli:
            if m < 2:
                raise InputError("moduli", list(self.moduli), f"{m} is below 2")
        for a, b in combinations(self.moduli, 2):
            if math.gcd(a, b) > 1:
                raise InputError(
                    "moduli",
                    list(self.moduli),
                    f"must be pairwise coprime, but {a} and {b} share {math.gcd(a, b)}",
                    f"replace one of them, for example by {_nearest_coprime(b, self.moduli)}",
                )
        if self.product >= 1 << 62:
            raise InputError("moduli", list(self.moduli), "their product must be below 2^62")

    @cached_property
    def product(self) -> int:
        """M, the number of integers that the set can tell apart."""
        return math.prod(self.moduli)

    @property
    def max_magnitude(self) -> int:
        """Largest n such that both n and -n are representable: floor((M - 1) / 2)."""
        return (self.product - 1) // 2

    @cached_property
    def weights(self) -> tuple[int, ...]:
        """CRT weight of each residue: congruent to 1 for its own modulus and 0 for the others."""
        rest = [self.product // m for m in self.moduli]
        return tuple(r * pow(r, -1, m) for r, m in zip(rest, self.moduli, strict=True))

    def check_range(self, bfp: BfpFormat) -> None:
        """Refuse a number format whose dot products of one group may not fit.

        Raises:
            InputError: with the shortfall and, where there is one, a sufficient special set.
        """
        if bfp.max_dot <= self.max_magnitude:
            return
        k = next(k for k in range(2, 21) if ((1 << k) * ((1 << 2 * k) - 1) - 1) // 2 >= bfp.max_dot)
        special = ((1 << k) - 1, 1 << k, (1 << k) + 1)
        raise InputError(
            "moduli",
            list(self.moduli),
            f"reach ±{self.max_magnitude}, but {bfp.mantissa_bits}-bit mantissas in groups of "
            f"{bfp.group_size} need ±{bfp.max_dot} "
            f"(short by {bfp.max_dot - self.max_magnitude})",
            f"use {special}, fewer mantissa bits or smaller groups",
        )

    def to_residues(self, n: Tensor) -> Tensor:
        """Residues of integers (...) -> int64 (..., L)."""
        moduli = torch.tensor(self.moduli, device=n.device)
        return torch.remainder(n.to(torch.int64).unsqueeze(-1), moduli)

    def from_residues(self, residues: Tensor) -> Tensor:
        """Signed integers from residues (..., L) -> int64 (...), by the Chinese remainder theorem.

        Raises:
            InputError: if the last axis does not hold one residue per modulus.
        """
        if residues.shape[-1:] != (len(self.moduli),):
            raise InputError(
                "residues",
                tuple(residues.shape),
                f"the last axis must be {len(self.moduli)} long, one residue per modulus",
            )
        return self.combine(residues.unbind(-1)).to(torch.int64)

    def combine(self, lanes: Sequence[Tensor]) -> Tensor:
        """As :meth:`from_residues`, with the residues of each modulus in a tensor of its own.

        Any integer tensors; the result is int32 where every intermediate fits, else int64.
        """
        top = sum((m - 1) * w for m, w in zip(self.moduli, self.weights, strict=True))
        small = top < 1 << 31
        total = torch.zeros_like(lanes[0], dtype=torch.int32 if small else torch.int64)
        for residue, weight in zip(lanes, self.weights, strict=True):
            if small:
                total.add_(residue, alpha=weight)
            else:
                total = torch.remainder(total + _scaled(residue, weight, self), self.product)
        total = torch.remainder(total, self.product)
        return torch.where(total > self.max_magnitude, total - self.product, total)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ModuliSet) and self.moduli == other.moduli

    def __hash__(self) -> int:
        return hash(self.moduli)

    def __repr__(self) -> str:
        return f"ModuliSet({self.moduli})"


def _scaled(residue: Tensor, weight: int, moduli: ModuliSet) -> Tensor:
    """Residue · weight modulo M without overflow: (r·T mod m)·(M/m), which is below M."""
    index = moduli.weights.index(weight)
    m = moduli.moduli[index]
    rest = moduli.product // m
    return torch.remainder(residue.to(torch.int64) * pow(rest, -1, m), m) * rest


def _nearest_coprime(start: int, others: tuple[int, ...]) -> int:
    """The integer nearest to ``start`` that is coprime to all the others but itself."""
    rest = list(others)
    rest.remove(start)
    for distance in range(1, start):
        for candidate in (start - distance, start + distance):
            if candidate > 1 and all(math.gcd(candidate, m) == 1 for m in rest):
                return candidate
    return start + 1
