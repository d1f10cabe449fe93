"""FP32, IEEE 754 binary32: what every other format is measured against."""

from __future__ import annotations

import math

from torch import Tensor

from mirage_core.arithmetic.formats.base import NumberFormat, Role
from photonics.random import NoiseKey


class Fp32Format(NumberFormat):
    """IEEE 754-2019 binary32, subnormal numbers included."""

    @property
    def name(self) -> str:  # noqa: D102
        return "FP32"

    def bits_per_number(self, depth: int) -> float:  # noqa: D102
        return 32.0

    @property
    def range_log2(self) -> float:  # noqa: D102
        return math.log2(2.0 - 2.0**-23) + 127 + 149

    def represent(  # noqa: D102
        self, x: Tensor, role: Role, key: NoiseKey, row_offset: int = 0
    ) -> Tensor:
        return x
