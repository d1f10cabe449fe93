"""HFP8: hybrid 8-bit floating point, one split of the bits forward and another for gradients."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from devices.parameters.base import quantity
from mirage_core.arithmetic.bfp import scale_by_power_of_two
from mirage_core.arithmetic.formats.base import NumberFormat, Role
from photonics.random import NoiseKey

_SOURCE = "Sun et al., NeurIPS 2019, Hybrid 8-bit Floating Point (HFP8)"


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

    def round(self, x: Tensor) -> Tensor:
        """Nearest number of the format, ties to even; x is float32."""
        exponent = torch.frexp(x).exponent - 1
        unit = exponent.clamp(min=self.least_exponent) - self.mantissa_bits
        mantissa = scale_by_power_of_two(x, -unit).round()
        return scale_by_power_of_two(mantissa, unit).clamp(-self.largest, self.largest)


VALUES = Minifloat(mantissa_bits=3, least_exponent=-10, largest=30.0)
GRADIENTS = Minifloat(mantissa_bits=2, least_exponent=-14, largest=57344.0)


class Hfp8Format(NumberFormat):
    """Weights and activations in 1-4-3, gradients in 1-5-2 (sign, exponent, mantissa bits).

    What is followed, and where conventions differ:

    * **1-4-3** has its exponent bias moved by four, from 7 to 11, so that it reaches from 2^-13
      (subnormal; 2^-10 normal) to 30.  All exponent codes are numbers: no infinity and no NaN.
      ``float8_e4m3b11fnuz`` has the same numbers; ``float8_e4m3fn`` differs twice: its bias is 7
      (2^-9 to 448), and it gives its topmost code away to NaN, so that it has one number less at
      the top of each sign.
    * **1-5-2** has the IEEE bias of 15 and the numbers of ``float8_e5m2``, 2^-16 to 57344.
    * Both keep subnormal numbers, round to nearest with ties to even, and **saturate** (a cast to
      ``float8_e5m2`` overflows to infinity).
    * The backward products are hybrid: a gradient in 1-5-2 meets a weight or an activation in
      1-4-3.  Their product is exact in FP32.
    * Sums are plain FP32 sums; the paper's are 16-bit ones of chunks of 64.
    * Gradients are scaled by a fixed power of two on the way in and back on the way out, which is
      loss scaling; the paper adjusts the factor as it trains.
    * First and last layer are like all others; the paper keeps the last one in 16 bits.
    """

    loss_scale_log2: int = quantity(
        10, "log2 of the loss scale", source="assumption: gradients of a mean loss", ge=0, le=30
    )

    @property
    def name(self) -> str:  # noqa: D102
        return "HFP8"

    def bits_per_number(self, depth: int) -> float:  # noqa: D102
        return 8.0

    @property
    def range_log2(self) -> float:
        """Range of the forward format."""
        return math.log2(VALUES.largest / VALUES.smallest)

    def represent(  # noqa: D102
        self, x: Tensor, role: Role, key: NoiseKey, row_offset: int = 0
    ) -> Tensor:
        if role == "value":
            return VALUES.round(x)
        scale = 2.0**self.loss_scale_log2
        # Beyond FP32 the scaled gradient is infinite for a moment, before it saturates.
        return GRADIENTS.round((x * scale).clamp(-GRADIENTS.largest, GRADIENTS.largest)) / scale
