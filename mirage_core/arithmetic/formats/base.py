"""What a number format is: which numbers it can hold, and what a product of them comes to.

Legend of shapes: M stationary row, K contracted axis, N streamed vector, G group along K.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, Literal, NamedTuple

import torch
from torch import Tensor

from devices.parameters.base import Parameters
from photonics.random import NoiseKey

Role = Literal["value", "gradient"]
"""What an operand is: a weight or an activation, or the gradient that comes back."""

Share = Literal["tensor", "channel"]
"""Who shares an FP32 scale: a whole operand, or each of its rows (of the axis that is kept)."""


class NumberFormat(Parameters, ABC):
    """A number format, as a multiplier with an FP32 accumulator sees it."""

    @property
    @abstractmethod
    def name(self) -> str:
        """Short and unmistakable, for tables."""

    @abstractmethod
    def bits_per_number(self, depth: int) -> float:
        """Bits stored for a number, with its share of exponents and scales in rows of ``depth``."""

    @property
    @abstractmethod
    def range_log2(self) -> float:
        """log2 of the largest over the smallest magnitude that fit beside each other.

        That is, under one shared exponent or scale, where there is one.
        """

    @abstractmethod
    def represent(self, x: Tensor, role: Role, key: NoiseKey, row_offset: int = 0) -> Tensor:
        """The numbers of the format that stand for x.

        Args:
            x: finite, float32, (rows, K).
            role: what the operand is.
            key: random numbers, for formats that round stochastically.
            row_offset: index of the first row in its batch.

        Returns:
            float32, of the same shape.
        """

    def product(
        self,
        stationary_MK: Tensor,
        streamed_NK: Tensor,
        roles: tuple[Role, Role],
        key: NoiseKey,
        row_offset: int = 0,
    ) -> Tensor:
        """``streamed @ stationary.T`` of the represented numbers, float32 (N, M).

        Unless a format says otherwise, products are exact in FP32 and added up in FP32, in the
        order of torch and in one go: no chunks, no narrower accumulator.

        Args:
            stationary_MK: finite, float32.
            streamed_NK: finite, float32.
            roles: of the stationary and of the streamed operand.
            key: random numbers of this product.
            row_offset: index of the first streamed vector in its batch.
        """
        w = self._operand(stationary_MK, roles[0], key.fold("stationary"))
        x = self._operand(streamed_NK, roles[1], key.fold("streamed"), row_offset)
        return self._multiplied(w, x)

    def _operand(self, x: Tensor, role: Role, key: NoiseKey, row_offset: int = 0) -> Any:
        """What :meth:`_multiplied` takes of an operand; by default its represented numbers."""
        return self.represent(x, role, key, row_offset)

    def _multiplied(self, w: Any, x: Any) -> Tensor:
        """``x @ w.T``, float32 (N, M)."""
        found: Tensor = x @ w.T
        return found


class Codes(NamedTuple):
    """Signed integers and the scales that they are multiplied by, float64."""

    codes: Tensor
    scale: Tensor

    @property
    def values(self) -> Tensor:
        """What they stand for, float32."""
        return (self.codes * self.scale).float()


def symmetric_codes(x: Tensor, bits: int, axes: tuple[int, ...]) -> Codes:
    """Signed integers and their scales: ``x ≈ code · scale``, zero at zero, no lowest code.

    The scale is max|x| / (2^(bits-1) - 1) over ``axes``, rounded to FP32; codes are rounded to
    nearest, ties to even.  Where the scale underflows, everything counts as zero.

    Args:
        x: float32.
        bits: of a code, with its sign.
        axes: that share a scale.

    Returns:
        The scales have ``axes`` of length one.
    """
    limit = (1 << (bits - 1)) - 1
    scale = (x.abs().amax(axes, keepdim=True) / limit).double()
    codes = (x.double() / scale).round().clamp(-limit, limit)
    return Codes(torch.where(scale > 0, codes, 0.0), scale)


def sum_groups(partial_products: Tensor) -> Tensor:
    """Add float32 partial products (G, N, M) in FP32, groups in ascending order: (N, M)."""
    total = torch.zeros_like(partial_products[0])
    for part in partial_products:
        total += part
    return total


def product_of_groups(w: Tensor, x: Tensor, size: int) -> Tensor:
    """``x @ w.T`` of (M, K) and (N, K): groups along K in FP64, added up in FP32 in their order."""
    dots = split_groups(x, size).double() @ split_groups(w, size).double().transpose(1, 2)
    return sum_groups(dots.float())


def join_groups(groups: Tensor, depth: int) -> Tensor:
    """Groups (G, rows, size) as rows (rows, K) again, without the padding behind ``depth``."""
    return groups.transpose(0, 1).flatten(1)[:, :depth]


def split_groups(x: Tensor, size: int) -> Tensor:
    """Rows (rows, K) as groups (G, rows, size), padded with zeros."""
    padded = torch.nn.functional.pad(x, (0, -x.shape[-1] % size))
    groups: Tensor = padded.unflatten(-1, (-1, size))
    return groups.transpose(0, 1)
