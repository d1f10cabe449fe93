"""Where products go: a core, and the name that they are known by there."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from mirage_core.core.differentiable import product
from mirage_core.core.matrix_core import MatrixCore
from mirage_core.core.operands import ACCEPTED, check_operands
from photonics.errors import InputError


@dataclass(frozen=True)
class Site:
    """A core and a layer on it.

    Attributes:
        core: what multiplies.
        layer: name that the noise depends on.
        training: whether the layer trains, for the step that is opened where none is.
    """

    core: MatrixCore
    layer: str
    training: bool

    def rows(self, weight: Tensor, x: Tensor, bias: Tensor | None = None) -> Tensor:
        """``x @ weight.T + bias`` with the weight sitting still.

        Args:
            weight: (M, K).
            x: (..., K).
            bias: (M,), added digitally.

        Returns:
            (..., M) of the type of the weight, or FP32 where autocast is on.

        Raises:
            InputError: for operands that do not multiply, or of another type than half or single.
        """
        for name, operand in (("input", x), ("weight", weight)):
            if operand.dtype not in ACCEPTED:
                allowed = "must be float32, float16 or bfloat16"
                raise InputError(
                    self.field(name), str(operand.dtype), allowed, "cast it by .float()"
                )
        if x.shape[-1:] != weight.shape[1:]:
            allowed = f"the last axis must be {weight.shape[1]} long"
            raise InputError(self.field("input"), tuple(x.shape), allowed)
        y = self._product(weight, x if x.ndim > 1 else x[None])
        y = self.typed(y, weight).reshape(*x.shape[:-1], weight.shape[0])
        return y if bias is None else y + bias

    def matmul(self, a: Tensor, b: Tensor) -> Tensor:
        """``a @ b`` as by ``torch.matmul``, of the type of ``a``, or FP32 where autocast is on.

        A weight sits still, and so does a matrix that meets a stack; else ``a`` does.

        Raises:
            InputError: as :meth:`MatrixCore.matmul`.
        """
        return self.typed(self.fp32_matmul(a, b), a)

    def fp32_matmul(self, a: Tensor, b: Tensor) -> Tensor:
        """The same in FP32."""
        check_operands(a, b)
        left, right = a[None] if a.ndim == 1 else a, b[:, None] if b.ndim == 1 else b
        if (_is_weight(b) and not _is_weight(a)) or (left.ndim > 2 and right.ndim == 2):
            y = self._product(right.mT, left)
        else:
            y = self._product(left, right.mT).mT
        y = y.squeeze(-1) if b.ndim == 1 else y
        return y.squeeze(-1 if b.ndim == 1 else -2) if a.ndim == 1 else y

    def field(self, name: str) -> str:
        """An argument as errors name it."""
        return f"{self.layer}: {name}" if self.layer else name

    def typed(self, y: Tensor, like: Tensor) -> Tensor:
        """A result as torch would type it, contiguous."""
        cast = torch.is_autocast_enabled(y.device.type)
        return (y if cast else y.to(like.dtype)).contiguous()

    def _product(self, stationary: Tensor, streamed: Tensor) -> Tensor:
        return product(self.core, stationary, streamed, self.layer, training=self.training)


def _is_weight(x: Tensor) -> bool:
    """Whether a tensor is a parameter, or a view of one."""
    return isinstance(x, nn.Parameter) or isinstance(x._base, nn.Parameter)
