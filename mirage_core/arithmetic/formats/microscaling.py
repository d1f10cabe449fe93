"""MX formats: small floating-point numbers in blocks that share a power of two as their scale.

Legend of shapes: R row, K contracted axis, G block along K, J element of a block.
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

from devices.parameters.base import quantity
from mirage_core.arithmetic.bfp import scale_by_power_of_two
from mirage_core.arithmetic.formats.base import (
    NumberFormat,
    Role,
    join_groups,
    product_of_groups,
    split_groups,
)
from mirage_core.arithmetic.formats.minifloat import Minifloat
from photonics.random import NoiseKey

_SOURCE = "OCP Microscaling Formats (MX) Specification, version 1.0 (2023), table 1"
_SPLIT = "Micikevicius et al., arXiv 2209.05433: E4M3 for values, E5M2 for gradients"

Element = Literal["e4m3", "e5m2", "e2m1"]

ELEMENTS: dict[str, Minifloat] = {
    "e4m3": Minifloat(mantissa_bits=3, least_exponent=-6, largest=448.0),
    "e5m2": Minifloat(mantissa_bits=2, least_exponent=-14, largest=57344.0),
    "e2m1": Minifloat(mantissa_bits=1, least_exponent=0, largest=6.0),
}
"""Element types by name, their finite numbers."""

BLOCK_SIZE = 32
"""k, elements that share a scale."""

_SCALE_BITS = 8
# Codes 0 to 254 of E8M0; the last code is NaN.
_MOST_SCALE_LOG2 = 127


def scale_log2(blocks: Tensor, element: Minifloat) -> Tensor:
    """log2 of the scales of blocks (..., J), int32 (..., 1): floor(log2(max|x|)) - e_max.

    Clamped to what E8M0 holds, -127 ... 127; a block of zeros has the least.
    """
    most = blocks.abs().amax(-1, keepdim=True)
    found = torch.frexp(most).exponent - 1 - element.largest_exponent
    found = torch.where(most > 0, found, -_MOST_SCALE_LOG2)
    return found.clamp(-_MOST_SCALE_LOG2, _MOST_SCALE_LOG2)


def in_blocks(blocks: Tensor, element: Minifloat) -> Tensor:
    """The MX numbers that stand for blocks (..., J), float32 of the same shape.

    A NaN or an infinity has no scale: its whole block becomes NaN, as by a scale that is NaN.
    """
    known = blocks.isfinite().all(-1, keepdim=True)
    finite = torch.where(known, blocks, 0.0)
    scale = scale_log2(finite, element)
    held = scale_by_power_of_two(element.round(scale_by_power_of_two(finite, -scale)), scale)
    return torch.where(known, held, torch.nan)


class MxFormat(NumberFormat):
    """MXFP8 and MXFP4: blocks of 32 along the contracted axis, with a scale of type E8M0.

    As the specification's section 6.3 converts: the scale is the largest power of two within the
    largest magnitude of a block, over the largest power of two of the element type.  So elements
    may lie beyond the largest one; they saturate.  Choices that it leaves open: elements round to
    nearest, ties to even; subnormal numbers are kept; a block with a NaN or an infinity is NaN
    (products on a core spread those as FP32 does instead).

    Every product quantises both operands anew along its own contracted axis.  Dot products of
    blocks are summed in FP64, exactly for E4M3 and E2M1, and blocks in FP32 in ascending order.
    """

    values: Element = quantity("e4m3", "elements of weights and activations", source=_SPLIT)
    gradients: Element = quantity("e5m2", "elements of gradients", source=_SPLIT)

    @property
    def name(self) -> str:  # noqa: D102
        kinds = dict.fromkeys((self.values, self.gradients))
        return f"MXFP{_bits(self.values)} {'/'.join(kinds).upper()}"

    def bits_per_number(self, depth: int) -> float:
        """Of a weight or an activation, with its share of an 8-bit scale."""
        return _bits(self.values) + _SCALE_BITS / BLOCK_SIZE

    @property
    def range_log2(self) -> float:
        """Of weights and activations within a block."""
        return ELEMENTS[self.values].range_log2

    def represent(  # noqa: D102
        self, x: Tensor, role: Role, key: NoiseKey, row_offset: int = 0
    ) -> Tensor:
        element = ELEMENTS[self.values if role == "value" else self.gradients]
        return join_groups(in_blocks(split_groups(x, BLOCK_SIZE), element), x.shape[1])

    def _multiplied(self, w: Tensor, x: Tensor) -> Tensor:
        return product_of_groups(w, x, BLOCK_SIZE)


def _bits(element: str) -> int:
    """Sign, exponent and mantissa of an element type, as its name says."""
    return 1 + int(element[1]) + int(element[3])
