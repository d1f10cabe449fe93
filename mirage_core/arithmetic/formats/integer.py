"""Symmetric integers with FP32 scales: INT8 and INT12."""

from __future__ import annotations

import math

from torch import Tensor

from devices.parameters.base import quantity
from mirage_core.arithmetic.formats.base import Codes, NumberFormat, Role, Share, symmetric_codes
from photonics.random import NoiseKey

_SOURCE = "Jacob et al., CVPR 2018 (arXiv 1712.05877), with zero point 0"


class IntegerFormat(NumberFormat):
    """Symmetric uniform integers: ``x ≈ code · scale``, codes -(2^(b-1)-1) ... 2^(b-1)-1.

    The scale is the operand's largest magnitude over the largest code, taken anew for every
    product, in FP32.  ``scale`` says who shares one:

    * ``tensor``: all of the operand;
    * ``channel``: each row of an operand, that is an output channel of the stationary one and a
      vector of the streamed one, so that every scale factors out of the sum.

    Rounding is to nearest, ties to even, forward and backward.  Dot products are exact integers,
    as in a 32-bit accumulator that does not overflow (INT8: K below 133,000; INT12: K below 512,
    above which an accumulator would need more bits than 32), and scaled and rounded to FP32 once.

    A tensor scale sees the whole operand, so a split batch is quantised differently from a whole
    one.
    """

    bits: int = quantity(8, "of a code, with its sign", source=_SOURCE, ge=2, le=16)
    scale: Share = quantity("tensor", "who shares a scale", source=_SOURCE)

    @property
    def name(self) -> str:  # noqa: D102
        return f"INT{self.bits} per {self.scale}"

    def bits_per_number(self, depth: int) -> float:  # noqa: D102
        return self.bits + (32.0 / depth if self.scale == "channel" else 0.0)

    @property
    def range_log2(self) -> float:  # noqa: D102
        return math.log2((1 << (self.bits - 1)) - 1)

    def _operand(self, x: Tensor, role: Role, key: NoiseKey, row_offset: int = 0) -> Codes:
        return symmetric_codes(x, self.bits, (0, 1) if self.scale == "tensor" else (1,))

    def represent(  # noqa: D102
        self, x: Tensor, role: Role, key: NoiseKey, row_offset: int = 0
    ) -> Tensor:
        return self._operand(x, role, key).values

    def _multiplied(self, w: Codes, x: Codes) -> Tensor:
        # Integers in FP64, exact up to 2^53.
        return ((x.codes @ w.codes.T) * (x.scale * w.scale.T)).float()
