"""Whether the dot products of a number format fit a set of moduli."""

from __future__ import annotations

import math
from dataclasses import dataclass

from mirage_core.arithmetic.bfp import BfpFormat
from photonics.checks import instance_of, whole_number


@dataclass(frozen=True)
class RangeReport:
    """The paper's range condition beside the true bound.

    The paper asks for ``log2 M >= 2 (bm + 1) + log2 g - 1`` (arXiv 2311.17323, eq. 13).  That is
    sufficient but not necessary: it counts mantissas up to 2^bm, which never occur.  The true
    bound is that ``g (2^bm - 1)^2``, the largest dot product, does not exceed the largest
    magnitude of the set.  Machines are decoded by the true bound.

    Attributes:
        product: M of the moduli.
        bfp: the number format.
    """

    product: int
    bfp: BfpFormat

    def __post_init__(self) -> None:
        whole_number("product", self.product, least=1)
        instance_of("bfp", self.bfp, BfpFormat)

    @property
    def bits(self) -> float:
        """log2 M."""
        return math.log2(self.product)

    @property
    def paper_bits(self) -> float:
        """What the paper's condition asks for."""
        return 2 * (self.bfp.mantissa_bits + 1) + math.log2(self.bfp.group_size) - 1

    @property
    def meets_paper(self) -> bool:
        """The paper's condition, in whole numbers: M >= g · 2^(2 bm + 1)."""
        return self.product >= self.bfp.group_size << (2 * self.bfp.mantissa_bits + 1)

    @property
    def max_magnitude(self) -> int:
        """Largest n such that both n and -n are representable: floor((M - 1) / 2)."""
        return (self.product - 1) // 2

    @property
    def shortfall(self) -> int:
        """By how much the largest dot product exceeds the range; not positive if it fits."""
        return self.bfp.max_dot - self.max_magnitude

    @property
    def fits(self) -> bool:
        """The true bound."""
        return self.shortfall <= 0
