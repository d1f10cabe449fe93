"""Small floating-point formats that round to nearest and saturate."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from mirage_core.arithmetic.bfp import scale_by_power_of_two


@dataclass(frozen=True)
class Minifloat:
    """Numbers ±m · 2^(e - mantissa_bits): the integers m and e of a small floating-point format.

    Attributes:
        mantissa_bits: stored bits of the mantissa.
        least_exponent: e of the smallest normal number, shared by the subnormal ones.
        largest: largest number; beyond it, the format saturates.
    """

    mantissa_bits: int
    least_exponent: int
    largest: float

    @property
    def smallest(self) -> float:
        """Smallest number above zero, a subnormal one."""
        return 2.0 ** (self.least_exponent - self.mantissa_bits)

    @property
    def largest_exponent(self) -> int:
        """E of the largest number."""
        return math.frexp(self.largest)[1] - 1

    @property
    def range_log2(self) -> float:
        """log2 of the largest over the smallest number."""
        return math.log2(self.largest / self.smallest)

    def round(self, x: Tensor) -> Tensor:
        """Nearest number of the format, ties to even; x is float32."""
        exponent = torch.frexp(x).exponent - 1
        unit = exponent.clamp(min=self.least_exponent) - self.mantissa_bits
        mantissa = scale_by_power_of_two(x, -unit).round()
        return scale_by_power_of_two(mantissa, unit).clamp(-self.largest, self.largest)
