"""Residues that protect each other: detection and correction by what cannot be.

Dot products of a number format lie within ``-limit ... limit``, far fewer integers than a set
of moduli can tell apart.  Residues that stand for any other integer must be wrong: this is the
range check.  Additional moduli make the legal integers rarer still, and from two of them on, the
wrong residue can be found: without it, the others stand for a legal integer.

Two legal integers that agree modulo some of the moduli differ by a multiple of the product of
these, hence agree in fewer residues than a product above ``2 limit`` takes.  That fixes the
least number of residues in which any two differ, the *distance* d: all patterns of up to d - 1
wrong residues are detected, or of up to (d - 1)/2 corrected.  With n moduli that just hold the
range and k redundant ones that are larger, d = k + 1.

This holds for any pattern of errors, however they come about: {31, 32, 33} with {35, 37} correct
every error of one residue, tested for all 163 errors of all 32,735 integers (±16,367) that
{31, 32, 33} hold; there are no more to be tested.  How often more residues are wrong than that is
another matter: see :mod:`mirage_core.arithmetic.error_probabilities` for what independence takes.

Legend of shapes: L residue (modulus, redundant ones last); ``...`` any.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, combinations
from operator import mul

import torch
from torch import Tensor

from mirage_core.arithmetic.rns import ModuliSet
from photonics.checks import instance_of, whole_number


def least_distance(moduli: Sequence[int], limit: int) -> int:
    """Least number of residues in which two integers of ``-limit ... limit`` differ.

    Two of them agree in as many of the smallest moduli as have a product of up to ``2 limit``.
    """
    products: list[int] = list(accumulate(sorted(moduli), mul))
    return sum(product > 2 * limit for product in products)


@dataclass(frozen=True)
class Decoded:
    """Integers (...) and what is thought of them.

    Attributes:
        integers: the nearest legal integers where accepted; meaningless elsewhere.
        accepted: whether the residues were legal, or could be corrected.
        corrected: which of the accepted were corrected.
    """

    integers: Tensor
    accepted: Tensor
    corrected: Tensor


@dataclass(frozen=True)
class RedundantCode:
    """Legal integers ``-limit ... limit`` in residues of information and redundant moduli.

    Attributes:
        moduli: all moduli together.
        limit: largest magnitude of a legal integer.
    """

    moduli: ModuliSet
    limit: int

    def __post_init__(self) -> None:
        instance_of("moduli", self.moduli, ModuliSet)
        object.__setattr__(self, "limit", whole_number("limit", self.limit, least=0))

    @cached_property
    def distance(self) -> int:
        """Least number of residues in which two legal integers differ."""
        return least_distance(self.moduli.moduli, self.limit)

    @property
    def detects(self) -> int:
        """Wrong residues of one integer that are certainly noticed."""
        return self.distance - 1

    @property
    def corrects(self) -> int:
        """Wrong residues of one integer that are certainly put right."""
        return (self.distance - 1) // 2

    def check(self, residues: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
        """Integers of residues, and whether they are legal: the range check over all moduli.

        Args:
            residues: of each modulus, (...); taken modulo it.

        Raises:
            InputError: for anything but one tensor of integers per modulus.
        """
        return self.check_reduced(self.moduli.reduced(residues))

    def check_reduced(self, residues: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
        """:meth:`check` for residues that lie within 0 ... m - 1 already; refuses others."""
        integers = self.moduli.combine_reduced(residues)
        return integers, integers.abs() <= self.limit

    def decode(self, residues: Sequence[Tensor], correct: bool) -> Decoded:
        """Check, and correct what is not legal if asked to; residues as of :meth:`check`."""
        return self.decode_reduced(self.moduli.reduced(residues), correct)

    def decode_reduced(self, residues: Sequence[Tensor], correct: bool) -> Decoded:
        """:meth:`decode` for residues that lie within 0 ... m - 1 already; refuses others."""
        integers, legal = self.check_reduced(residues)
        none = torch.zeros_like(legal)
        if not correct or bool(legal.all()):
            return Decoded(integers, legal, none)
        mended, found = self._project([residue[~legal] for residue in residues])
        integers = integers.masked_scatter(~legal, mended.to(integers.dtype))
        corrected = none.masked_scatter(~legal, found)
        return Decoded(integers, legal | corrected, corrected)

    def _project(self, residues: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
        """Nearest legal integers, by leaving out residues: ``(int64 integers, found)``.

        Every subset that lacks as many residues as can be corrected is tried.  If what remains
        is legal, at most that many residues are wrong; there is only one such integer.
        """
        best = torch.zeros_like(residues[0], dtype=torch.int64)
        found = torch.zeros_like(residues[0], dtype=torch.bool)
        for code, kept in self._projections:
            integers, legal = code.check_reduced([residues[i] for i in kept])
            best = torch.where(legal & ~found, integers.to(torch.int64), best)
            found |= legal
        return best, found

    @cached_property
    def _projections(self) -> list[tuple[RedundantCode, tuple[int, ...]]]:
        """Codes of the moduli that are left after any correctable number, and their places."""
        m = self.moduli.moduli
        return [
            (RedundantCode(ModuliSet([m[i] for i in kept]), self.limit), kept)
            for kept in combinations(range(len(m)), len(m) - self.corrects)
        ]
