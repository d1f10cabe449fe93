"""Residue number system: an integer as its remainders by pairwise coprime moduli.

Legend of shapes: L residue (one for each modulus), last axis.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from circuits.coding.phase_code import digit_count, residue
from mirage_core.arithmetic.moduli_choice import coprime_near, safe_moduli, shared_factor
from mirage_core.arithmetic.special_moduli import special_k, special_set
from photonics.checks import integer_tensor, whole_numbers
from photonics.errors import InputError

if TYPE_CHECKING:
    from mirage_core.arithmetic.bfp import BfpFormat
    from mirage_core.arithmetic.moduli_range import RangeReport

MAX_PRODUCT = 1 << 62
"""Above every product of moduli, so that 64 bits hold the integers of a set."""

MAX_MODULUS = (1 << 31) - 1
"""So that 64 bits hold the product of two residues."""

# Largest modulus of the sets that are suggested.
_LARGEST = 64


class ModuliSet:
    """A set of pairwise coprime moduli and the signed integers it can tell apart.

    Integers are those of ``-max_magnitude ... max_magnitude`` (and, for an even product, one
    more at the lower end).  The same integer always gives the same residues, and residues of a
    representable integer give it back exactly.

    Args:
        moduli: integers of at least 2, pairwise coprime, below 2^31, with a product below 2^62.

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

    def __init__(self, moduli: Iterable[int]) -> None:
        self.moduli = whole_numbers("moduli", moduli)
        if not self.moduli:
            raise InputError("moduli", [], "needs at least one modulus")
        for m in self.moduli:
            if not 2 <= m <= MAX_MODULUS:
                allowed = f"{m} must lie between 2 and 2^31 - 1"
                raise InputError("moduli", list(self.moduli), allowed)
        pair = shared_factor(self.moduli)
        if pair is not None:
            raise InputError(
                "moduli",
                list(self.moduli),
                f"must be pairwise coprime, but {pair[0]} and {pair[1]} share {pair[2]}",
                f"near to it is {coprime_near(self.moduli)}",
            )
        if self.product >= MAX_PRODUCT:
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

    @property
    def digit_counts(self) -> tuple[int, ...]:
        """Binary digits of the residues of each modulus: ceil(log2 m)."""
        return tuple(digit_count(m) for m in self.moduli)

    def range_of(self, bfp: BfpFormat) -> RangeReport:
        """The paper's range condition and the true bound for a number format."""
        # Number formats are validated parameters, which engines do not need.
        from mirage_core.arithmetic.moduli_range import RangeReport

        return RangeReport(self.product, bfp)

    def check_range(self, bfp: BfpFormat) -> None:
        """Refuse a number format whose dot products of one group may not fit.

        Raises:
            InputError: with the shortfall, and sets that would do.
        """
        found = self.range_of(bfp)
        if found.fits:
            return
        needed = 2 * bfp.max_dot + 1
        # The paper's kind of set, and the cheapest in which the range check sees every slip.
        near = [special_set(special_k(needed)), *safe_moduli(bfp.max_dot, 3, _LARGEST, wanted=1)]
        do = dict.fromkeys(map(str, near))
        raise InputError(
            "moduli",
            list(self.moduli),
            f"reach ±{found.max_magnitude}, but {bfp.mantissa_bits}-bit mantissas in groups of "
            f"{bfp.group_size} need ±{bfp.max_dot} (short by {found.shortfall}; log2 M = "
            f"{found.bits:.2f}, where the paper's condition asks for {found.paper_bits:g})",
            f"use {' or '.join(do)}, fewer mantissa bits or smaller groups",
        )

    def to_residues(self, n: Tensor) -> Tensor:
        """Residues of integers (...) -> int64 (..., L).

        Raises:
            InputError: for a tensor that does not hold integers.
        """
        integer_tensor("n", n)
        moduli = torch.tensor(self.moduli, device=n.device)
        return torch.remainder(n.to(torch.int64).unsqueeze(-1), moduli)

    def from_residues(self, residues: Tensor) -> Tensor:
        """Signed integers from residues (..., L) -> int64 (...), by the Chinese remainder theorem.

        Residues are taken modulo their modulus, so that sums and products of residues give the
        sum and the product of their integers, as far as the range holds them.

        Raises:
            InputError: if the last axis does not hold one residue per modulus, or if what it
                holds are not integers.
        """
        integer_tensor("residues", residues)
        if residues.shape[-1:] != (len(self.moduli),):
            raise InputError(
                "residues",
                tuple(residues.shape),
                f"the last axis must be {len(self.moduli)} long, one residue per modulus",
            )
        return self.combine(residues.unbind(-1)).to(torch.int64)

    def combine(self, residues: Sequence[Tensor]) -> Tensor:
        """Reconstruct from residues of each modulus in a tensor of its own.

        The result is int32 where every intermediate fits, else int64.
        """
        return self.combine_reduced(self.reduced(residues))

    def reduced(self, residues: Sequence[Tensor]) -> list[Tensor]:
        """Residues within 0 ... m - 1, int64, from integers of any type, one tensor per modulus.

        Raises:
            InputError: for another number of tensors, or for tensors that do not hold integers.
        """
        return [residue(r, m) for r, m in self._by_modulus(residues)]

    def _by_modulus(self, residues: Sequence[Tensor]) -> list[tuple[Tensor, int]]:
        if len(residues) != len(self.moduli):
            found = f"{len(residues)} tensors"
            raise InputError("residues", found, f"must be {len(self.moduli)}, one per modulus")
        tensors = [integer_tensor("residues", r) for r in residues]
        return list(zip(tensors, self.moduli, strict=True))

    def combine_reduced(self, residues: Sequence[Tensor]) -> Tensor:
        """:meth:`combine` for residues that lie within 0 ... m - 1 already; several times faster.

        Raises:
            InputError: as :meth:`reduced`, and for residues that lie elsewhere.
        """
        for one, m in self._by_modulus(residues):
            low, high = one.aminmax() if one.numel() else (0, 0)
            if low < 0 or high >= m:
                found = int(low if low < 0 else high)
                raise InputError("residues", found, f"must be within 0 ... {m - 1}, modulo {m}")
        top = sum((m - 1) * w for m, w in zip(self.moduli, self.weights, strict=True))
        dtype = torch.int32 if top < 1 << 31 else torch.int64
        total = torch.zeros_like(residues[0], dtype=dtype)
        for place, one in enumerate(residues):
            if top < 1 << 63:
                total.add_(one, alpha=self.weights[place])
            else:
                total = torch.remainder(total + self._scaled(one, place), self.product)
        return self.signed(torch.remainder(total, self.product))

    def _scaled(self, residue: Tensor, place: int) -> Tensor:
        """Residue · weight modulo M without overflow: (r·T mod m)·(M/m), which is below M."""
        m = self.moduli[place]
        rest = self.product // m
        return torch.remainder(residue.to(torch.int64) * pow(rest, -1, m), m) * rest

    def signed(self, n: Tensor) -> Tensor:
        """The representable integers that are congruent to integers of 0 ... M - 1."""
        return torch.where(n > self.max_magnitude, n - self.product, n)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ModuliSet) and self.moduli == other.moduli

    def __hash__(self) -> int:
        return hash(self.moduli)

    def __repr__(self) -> str:
        return f"ModuliSet({self.moduli})"
