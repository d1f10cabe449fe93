"""Block floating point: groups of integers that share one power of two.

Legend of shapes: K contracted axis, G groups along it, J elements of a group; K is padded with
zeros to G·J.

The shared exponent of a group is that of its largest element, an FP32 exponent.  What follows:

* a group of zeros has zero mantissas and the smallest exponent;
* a group of subnormal numbers shares the exponent of the smallest normal number, and its mantissas
  lose bits, as in FP32 itself;
* rounding up never raises the exponent: what would need one bit more saturates at the largest
  mantissa;
* the sign of a zero is lost, since mantissas are integers;
* one infinity or NaN **poisons** its whole group, because the code of the exponent, which alone
  could tell, is shared: its exponent becomes :data:`POISONED`, the FP32 code of such numbers, and
  all of its elements are NaN thereafter (as with a NaN scale in the OCP microscaling formats,
  version 1.0).  The cores ask for finite numbers only and keep the others apart, so
  that they reach no more outputs than in FP32.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from devices.parameters.base import Parameters, quantity
from photonics.errors import InputError
from photonics.random import NoiseKey, require_key
from photonics.representation import one_line

Rounding = Literal["truncate", "nearest", "stochastic"]

POISONED = 255
"""Exponent of a group that held an infinity or a NaN."""

_FP32_BIAS = 127
_SOURCE = "arXiv 2311.17323, Sec. III"


@dataclass(frozen=True)
class BfpBlocks:
    """Quantised numbers: ``value = mantissa · 2^exponent``, or NaN where a group is poisoned.

    Attributes:
        mantissa: signed integers, int16, (..., G, J).
        exponent: shared exponents, int32, (..., G).
        size: length of the last axis before padding.
    """

    mantissa: Tensor
    exponent: Tensor
    size: int

    __repr__ = one_line

    def dequantize(self) -> Tensor:
        """The represented numbers, float32, (..., size)."""
        values = scale_by_power_of_two(self.mantissa.float(), self.exponent.unsqueeze(-1))
        values = values.masked_fill((self.exponent == POISONED).unsqueeze(-1), math.nan)
        return values.flatten(-2)[..., : self.size]


class BfpFormat(Parameters):
    """A block floating-point format: sign, ``mantissa_bits``, one exponent per ``group_size``.

    Example:
        >>> import torch
        >>> blocks = BfpFormat(mantissa_bits=4, group_size=4).quantize(torch.tensor([1.0, -0.3]))
        >>> blocks.mantissa.tolist(), blocks.exponent.tolist()
        ([[8, -2, 0, 0]], [-3])
    """

    mantissa_bits: int = quantity(4, "bits of the magnitude", source=_SOURCE, ge=1, le=10)
    group_size: int = quantity(16, "elements per exponent", source=_SOURCE, ge=1, le=1024)
    rounding: Rounding = quantity("truncate", "what happens to the bits below", source=_SOURCE)

    @property
    def max_mantissa(self) -> int:
        """Largest magnitude of a mantissa: 2^bits - 1."""
        return (1 << self.mantissa_bits) - 1

    @property
    def max_dot(self) -> int:
        """Largest magnitude of the dot product of two groups."""
        return self.group_size * self.max_mantissa**2

    def quantize(self, x: Tensor, key: NoiseKey | None = None, row_offset: int = 0) -> BfpBlocks:
        """Quantise along the last axis.

        Args:
            x: float32 numbers, (..., K); an infinity or a NaN poisons its group.
            key: stream of the random bits of stochastic rounding.
            row_offset: index of the first row in its batch, so that a split batch draws the same
                numbers as a whole one.

        Raises:
            InputError: for another dtype, an empty last axis, or stochastic rounding without key.
        """
        if not isinstance(x, Tensor):
            raise InputError("x", type(x).__name__, "must be a tensor of float32")
        if x.dtype != torch.float32:
            raise InputError("x", str(x.dtype), "must be float32", "convert it with .float()")
        if x.ndim == 0 or x.shape[-1] == 0:
            raise InputError("x", tuple(x.shape), "needs at least one element on its last axis")
        size = x.shape[-1]
        short = -size % self.group_size
        padded = torch.nn.functional.pad(x, (0, short)) if short else x
        groups = padded.unflatten(-1, (-1, self.group_size))
        largest = groups.abs().amax(-1)
        exponent = _exponent(largest) - self.mantissa_bits
        poisoned = ~torch.isfinite(largest)
        if bool(poisoned.any()):
            groups = groups.masked_fill(poisoned.unsqueeze(-1), 0.0)
            exponent = exponent.masked_fill(poisoned, POISONED)
        scaled = scale_by_power_of_two(groups, -exponent.unsqueeze(-1))
        first = row_offset * groups.shape[-2] * self.group_size
        mantissa = self._round(scaled, key, first).clamp_(-self.max_mantissa, self.max_mantissa)
        return BfpBlocks(mantissa.to(torch.int16), exponent, size)

    def _round(self, scaled: Tensor, key: NoiseKey | None, first: int) -> Tensor:
        if self.rounding == "truncate":
            return scaled.trunc()
        if self.rounding == "nearest":
            return scaled.round()
        if key is None:
            raise InputError("key", None, "stochastic rounding needs a NoiseKey")
        stream = require_key(key).fold("stochastic rounding")
        chance = stream.uniform(first, scaled.numel(), scaled.device).view(scaled.shape)
        whole = scaled.abs().floor()
        # Compared with the exact rest: adding the chance in FP32 could carry a whole number up.
        return (whole + (chance < scaled.abs() - whole)).copysign(scaled)


def scale_by_power_of_two(x: Tensor, exponent: Tensor) -> Tensor:
    """``x · 2^exponent`` in float32, rounded once; exponents are int32 within ±300."""
    half = exponent >> 1
    return x * _power_of_two(half) * _power_of_two(exponent - half)


def _power_of_two(exponent: Tensor) -> Tensor:
    """2^exponent, exact, for int32 exponents within the normal numbers of float32."""
    biased = (exponent + _FP32_BIAS).clamp_(1, 2 * _FP32_BIAS)
    return (biased.to(torch.int32) << 23).view(torch.float32)


def _exponent(x: Tensor) -> Tensor:
    """Least e with |x| < 2^e, but no less than that of the smallest normal number; int32."""
    biased = (x.contiguous().view(torch.int32) >> 23) & 0xFF
    return biased.clamp_(min=1) - (_FP32_BIAS - 1)
