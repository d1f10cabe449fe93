"""The fixed-point analog core without residues: what its converters cannot hold is lost."""

from __future__ import annotations

import math

from torch import Tensor

from devices.parameters.base import quantity
from mirage_core.arithmetic.formats.base import (
    Codes,
    NumberFormat,
    Role,
    join_groups,
    split_groups,
    sum_groups,
    symmetric_codes,
)
from photonics.random import NoiseKey

_SOURCE = "Demirkiran et al., arXiv 2309.10759"
_PAPER = "arXiv 2311.17323, Sec. III"


class AnalogFormat(NumberFormat):
    """Integers in, analog dot products of ``length`` elements, and a converter of ``adc_bits``.

    A dot product of h signed integers of b_in and b_w bits needs
    ``b_out = b_in + b_w + log2(h) - 1`` bits (arXiv 2311.17323, Sec. III; rounded up here if h
    is no power of two).  A converter of fewer bits keeps the most significant ones: it reads the
    dot product in steps of 2^(b_out - b_ADC).  This is what residues are there to beat: with
    them, a converter of as many bits as the operands loses nothing.

    Followed (arXiv 2309.10759): every vector of h elements, streamed or stationary, has an FP32
    scale of its own, its largest magnitude over the largest code; b_in = b_w; products of h
    elements are scaled back and added up digitally in FP32, in ascending order.  The converter
    rounds to nearest (ties to even) and saturates at ±(2^(b_ADC - 1) - 1); it is free of noise,
    and the digital-to-analog converters have all b_in bits.
    """

    bits: int = quantity(8, "of an operand, with its sign", source=_SOURCE, ge=2, le=12)
    length: int = quantity(128, "h, elements of an analog dot product", source=_SOURCE, ge=1)
    adc_bits: int = quantity(8, "b_ADC, bits of the converter", source=_PAPER, ge=2, le=40)

    @property
    def output_bits(self) -> int:
        """b_out, bits that a dot product needs."""
        return 2 * self.bits + math.ceil(math.log2(self.length)) - 1

    @property
    def step(self) -> int:
        """Step of the converter in units of the dot product: 2^(b_out - b_ADC), at least 1."""
        return 1 << max(0, self.output_bits - self.adc_bits)

    @property
    def name(self) -> str:  # noqa: D102
        adc = f"ADC {self.adc_bits}/{self.output_bits}"
        return f"analog {self.bits} bit, h={self.length}, {adc}"

    def bits_per_number(self, depth: int) -> float:  # noqa: D102
        return self.bits + 32.0 / self.length

    @property
    def range_log2(self) -> float:  # noqa: D102
        return math.log2((1 << (self.bits - 1)) - 1)

    def _operand(self, x: Tensor, role: Role, key: NoiseKey, row_offset: int = 0) -> Codes:
        return symmetric_codes(split_groups(x, self.length), self.bits, (2,))

    def represent(self, x: Tensor, role: Role, key: NoiseKey, row_offset: int = 0) -> Tensor:
        """The operands; the converter acts on products only."""
        return join_groups(self._operand(x, role, key).values, x.shape[1])

    def convert(self, dots: Tensor) -> Tensor:
        """Dot products (integers) as the converter reads them."""
        if self.step == 1:
            return dots
        limit = (1 << (self.adc_bits - 1)) - 1
        return (dots / self.step).round().clamp(-limit, limit) * self.step

    def _multiplied(self, w: Codes, x: Codes) -> Tensor:
        dots = self.convert(x.codes @ w.codes.transpose(1, 2))
        return sum_groups((dots * (x.scale * w.scale.transpose(1, 2))).float())
