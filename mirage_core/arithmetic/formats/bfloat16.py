"""bfloat16: the upper half of FP32, rounded."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from mirage_core.arithmetic.formats.base import NumberFormat, Role
from photonics.random import NoiseKey


class Bfloat16Format(NumberFormat):
    """Sign, 8 bits of exponent, 7 of mantissa (Kalamkar et al., arXiv 1905.12322).

    The torch data type: nearest, ties to even, subnormal numbers kept, and infinity beyond the
    largest number, as in FP32.  Products of two are exact in FP32.
    """

    @property
    def name(self) -> str:  # noqa: D102
        return "bfloat16"

    def bits_per_number(self, depth: int) -> float:  # noqa: D102
        return 16.0

    @property
    def range_log2(self) -> float:  # noqa: D102
        return math.log2(2.0 - 2.0**-7) + 127 + 133

    def represent(  # noqa: D102
        self, x: Tensor, role: Role, key: NoiseKey, row_offset: int = 0
    ) -> Tensor:
        return x.to(torch.bfloat16).float()
