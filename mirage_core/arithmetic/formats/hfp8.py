"""HFP8: hybrid 8-bit floating point, one split of the bits forward and another for gradients."""

from __future__ import annotations

from torch import Tensor

from devices.parameters.base import quantity
from mirage_core.arithmetic.formats.base import NumberFormat, Role
from mirage_core.arithmetic.formats.minifloat import Minifloat
from photonics.random import NoiseKey

_SOURCE = "Sun et al., NeurIPS 2019, Hybrid 8-bit Floating Point (HFP8)"


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
        return VALUES.range_log2

    def represent(  # noqa: D102
        self, x: Tensor, role: Role, key: NoiseKey, row_offset: int = 0
    ) -> Tensor:
        if role == "value":
            return VALUES.round(x)
        scale = 2.0**self.loss_scale_log2
        # Beyond FP32 the scaled gradient is infinite for a moment, before it saturates.
        return GRADIENTS.round((x * scale).clamp(-GRADIENTS.largest, GRADIENTS.largest)) / scale
