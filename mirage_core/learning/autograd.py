"""A linear map whose three products all go through a core.

Legend of shapes: N row of the input, K input feature, M output feature.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from mirage_core.core.matrix_core import ACCEPTED, MatrixCore
from photonics.errors import InputError
from photonics.random import NoiseKey

_uncompiled: Callable[..., list[Tensor]] | None = None


class OpticalLinearFunction(torch.autograd.Function):
    """``y = x W^T``; stationary are W forward, W^T for dx and dy^T for dw, as in the paper.

    The gradient is that of the linear map: quantisation and noise are passed straight through,
    and the two backward products are quantised and noisy themselves, with draws of their own.
    """

    @staticmethod
    def forward(  # noqa: D102
        ctx: Any, x_NK: Tensor, weight_MK: Tensor, core: MatrixCore, key: NoiseKey, *when: int
    ) -> Tensor:
        ctx.save_for_backward(x_NK, weight_MK)
        # Index of the first row in its batch, and time in training steps.
        ctx.core, ctx.key, ctx.when = core, key, when
        return core.gemm(weight_MK, x_NK, key.fold("forward"), "forward", *when)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad_NM: Tensor) -> Any:  # noqa: D102
        x_NK, weight_MK = ctx.saved_tensors
        core, key, (row_offset, time_step) = ctx.core, ctx.key, ctx.when
        grad_x = grad_weight = None
        if ctx.needs_input_grad[0]:
            grad_x = core.gemm(weight_MK.T, grad_NM, key.fold("dx"), "dx", *ctx.when)
            grad_x = grad_x.to(x_NK.dtype)
        if ctx.needs_input_grad[1]:
            # A sum over the rows of this part alone, so its noise is that of no other part.
            key = key.fold("dw", row_offset)
            grad_weight = core.gemm(grad_NM.T, x_NK.T, key, "dw", 0, time_step).T
            grad_weight = grad_weight.to(weight_MK.dtype)
        return grad_x, grad_weight, None, None, None, None


def optical_linears(
    operands: Sequence[tuple[Tensor, Tensor]], core: MatrixCore, layer: str, training: bool
) -> list[Tensor]:
    """``x @ weight.T`` of every pair, each a call of ``layer`` in the open step, or in a new one.

    ``torch.compile`` breaks its graph here.

    Args:
        operands: x of shape (..., K) and weight of shape (M, K).
        core: what multiplies.
        layer: its name, which the noise depends on.
        training: whether the layer trains, for the step that is opened where none is.

    Returns:
        Products (..., M) of the type of the weight, or FP32 where autocast is on.

    Raises:
        InputError: for operands that do not multiply, or of another type than half or single.
    """
    if torch.compiler.is_compiling():
        return _outside_of_graphs()(operands, core, layer, training)
    return _optical_linears(operands, core, layer, training)


def _outside_of_graphs() -> Callable[..., list[Tensor]]:
    """The products as a function that a compiler leaves alone.

    Made where it is needed: as a decorator it would load the compiler, 2 s of CPU, for everybody.
    """
    global _uncompiled
    if _uncompiled is None:
        _uncompiled = torch.compiler.disable(_optical_linears)
    return _uncompiled


def _optical_linears(
    operands: Sequence[tuple[Tensor, Tensor]], core: MatrixCore, layer: str, training: bool
) -> list[Tensor]:
    with core.steps.root_forward(training):
        return [_optical_linear(x, weight_MK, core, layer) for x, weight_MK in operands]


def _optical_linear(x: Tensor, weight_MK: Tensor, core: MatrixCore, layer: str) -> Tensor:
    for name, operand in (("input", x), ("weight", weight_MK)):
        if operand.dtype not in ACCEPTED:
            allowed = "must be float32, float16 or bfloat16"
            raise InputError(f"{layer}: {name}", str(operand.dtype), allowed)
    if x.shape[-1:] != weight_MK.shape[1:]:
        allowed = f"the last axis must be {weight_MK.shape[1]} long"
        raise InputError(f"{layer}: input", tuple(x.shape), allowed)
    context = core.steps.current()
    key = context.next_call(layer)
    with torch.autocast(device_type=x.device.type, enabled=False):
        rows = x.reshape(-1, x.shape[-1])
        per_item = rows.shape[0] // x.shape[0] if x.ndim > 1 and x.shape[0] else 1
        offset = context.row_offset * per_item
        y: Tensor = OpticalLinearFunction.apply(  # type: ignore[no-untyped-call]
            rows.float(), weight_MK.float(), core, key, offset, context.time_step
        )
    if not torch.is_autocast_enabled(x.device.type):
        y = y.to(weight_MK.dtype)
    return y.reshape(*x.shape[:-1], weight_MK.shape[0])
