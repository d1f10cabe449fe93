"""Block floating point as a format beside the others: Mirage's, and that of FAST's fMAC."""

from __future__ import annotations

import math
from typing import Self

from pydantic import Field, model_validator
from torch import Tensor

from mirage_core.arithmetic.bfp import BfpFormat
from mirage_core.arithmetic.formats.base import NumberFormat, Role, product_of_groups
from photonics.errors import InputError
from photonics.random import NoiseKey

_EXPONENT_BITS = 8


class BlockFormat(NumberFormat):
    """Any :class:`BfpFormat`; exact dot products of groups, added up in FP32 in ascending order.

    With Mirage's format this is the tensor core at fidelity ``integer``, bit for bit, without the
    limits that a set of moduli puts on mantissas and groups.
    """

    bfp: BfpFormat = Field(default=BfpFormat(), description="the format of a group")

    @property
    def name(self) -> str:  # noqa: D102
        rounding = "" if self.bfp.rounding == "truncate" else f", {self.bfp.rounding}"
        return f"BFP {self.bfp.mantissa_bits} bit, g={self.bfp.group_size}{rounding}"

    def bits_per_number(self, depth: int) -> float:
        """Sign, mantissa, and the group's share of an 8-bit exponent."""
        return 1 + self.bfp.mantissa_bits + _EXPONENT_BITS / self.bfp.group_size

    @property
    def range_log2(self) -> float:
        """Within a group."""
        return math.log2(self.bfp.max_mantissa)

    def represent(  # noqa: D102
        self, x: Tensor, role: Role, key: NoiseKey, row_offset: int = 0
    ) -> Tensor:
        return self.bfp.quantize(x, key, row_offset).dequantize()

    def _multiplied(self, w: Tensor, x: Tensor) -> Tensor:
        # All products of two groups share one exponent, so their sum is exact in FP64.
        return product_of_groups(w, x, self.bfp.group_size)


class FastFormat(BlockFormat):
    """Block floating point of FAST and its fMAC (Zhang, McDanel, Kung, HPCA 2022, 2110.15456).

    Followed: groups of 16 along the contracted axis, sign and magnitude, mantissas of 2 to 4 bits
    (the paper's low, middle and high precision), stochastic rounding, FP32 accumulation of groups.
    All operands round stochastically, with random numbers of full resolution.  Not followed: the
    schedule that raises the precision by layer and iteration (a format has one precision), a
    shared exponent narrower than FP32's 8 bits, and the few random bits of the hardware.
    """

    bfp: BfpFormat = Field(
        default=BfpFormat(mantissa_bits=4, group_size=16, rounding="stochastic"),
        description="the format of a group: 2 to 4 bits, stochastic",
    )

    @model_validator(mode="after")
    def _as_in_fast(self) -> Self:
        bits, rounding = self.bfp.mantissa_bits, self.bfp.rounding
        if not 2 <= bits <= 4 or rounding != "stochastic":
            found = f"{bits} bits, {rounding}"
            raise InputError(
                "bfp", found, "FAST has 2 to 4 bits and rounds stochastically", "use BlockFormat"
            )
        return self

    @property
    def name(self) -> str:  # noqa: D102
        return f"FAST {self.bfp.mantissa_bits} bit, g={self.bfp.group_size}"
