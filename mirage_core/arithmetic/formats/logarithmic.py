"""The logarithmic number system of LNS-Madam: a number as its sign and its rounded logarithm."""

from __future__ import annotations

from typing import Self

import torch
from pydantic import model_validator
from torch import Tensor

from devices.parameters.base import quantity
from mirage_core.arithmetic.formats.base import NumberFormat, Role, Share
from photonics.errors import InputError
from photonics.random import NoiseKey

_SOURCE = "Zhao et al., LNS-Madam, arXiv 2106.13914 (IEEE Trans. Comput. 71, 3179)"


class LnsFormat(NumberFormat):
    """``x ≈ sign · scale · 2^(code / γ)``, codes 0 ... 2^(b-1)-1, γ a power of two.

    ``code = clamp(round(γ log2(|x| / scale)))``, the scale such that the largest magnitude of
    those that share it has the largest code.  Conventions:

    * the smallest code is a number, not zero: what is smaller clamps up to it, 2^-((2^(b-1)-1)/γ)
      of the largest; only an exact zero stays zero, by its sign;
    * scales are shared by ``channel`` (rows) or ``tensor``, in FP32;
    * the same for weights, activations and gradients (8 bits, γ = 8 in the paper);
    * a product is exact, the sum of two codes, and is turned into a linear number exactly;
      the paper's narrow accumulator and hybrid look-up tables are not modelled, sums are FP32.

    Weights meant to live in this format are updated by ``mirage_core.training.madam.Madam``.
    """

    bits: int = quantity(8, "of a number, with its sign", source=_SOURCE, ge=2, le=16)
    base_factor: int = quantity(8, "γ, codes for a factor of two", source=_SOURCE, ge=1, le=4096)
    scale: Share = quantity("channel", "who shares a scale", source=_SOURCE)

    @model_validator(mode="after")
    def _power_of_two(self) -> Self:
        if self.base_factor.bit_count() != 1:
            below = 1 << (self.base_factor.bit_length() - 1)
            raise InputError(
                "base_factor",
                self.base_factor,
                "must be a power of two",
                f"use {below} or {2 * below}",
            )
        return self

    @property
    def name(self) -> str:  # noqa: D102
        return f"LNS {self.bits} bit, γ={self.base_factor}"

    @property
    def largest_code(self) -> int:
        """2^(bits - 1) - 1."""
        return (1 << (self.bits - 1)) - 1

    def bits_per_number(self, depth: int) -> float:  # noqa: D102
        return self.bits + (32.0 / depth if self.scale == "channel" else 0.0)

    @property
    def range_log2(self) -> float:  # noqa: D102
        return self.largest_code / self.base_factor

    def represent(  # noqa: D102
        self, x: Tensor, role: Role, key: NoiseKey, row_offset: int = 0
    ) -> Tensor:
        magnitude = x.abs().double()
        top = magnitude.amax((0, 1) if self.scale == "tensor" else 1, keepdim=True)
        # Codes below the largest one; the logarithm of nothing is set right by the sign.
        below = (self.base_factor * torch.log2(top / magnitude)).round()
        below = below.nan_to_num(0.0).clamp(0, self.largest_code)
        return (x.sign() * top * torch.exp2(-below / self.base_factor)).float()
