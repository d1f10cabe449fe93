"""A product that torch can differentiate, with all three of its products on a core.

Whatever multiplies on a core, layer or foreign code, comes through here.

Legend of shapes: N streamed row, K contracted axis, M stationary row, B item of a stack.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

import torch
from torch import Tensor

from mirage_core.core.operands import require_computable, require_single
from photonics.errors import InputError
from photonics.random import NoiseKey
from photonics.shapes import broadcast

if TYPE_CHECKING:
    from mirage_core.core.matrix_core import MatrixCore


def product(
    core: MatrixCore,
    stationary: Tensor,
    streamed: Tensor,
    layer: str,
    kind: str = "forward",
    training: bool = True,
) -> Tensor:
    """``streamed @ stationary.T``, a call of ``layer`` in the open step, or in a new one.

    The gradient is that of the product: quantisation and noise are passed straight through, and
    the two backward products are quantised and noisy themselves, with draws of their own.

    Args:
        core: what multiplies.
        stationary: (M, K), or a stack (..., M, K).
        streamed: (N, K), or a stack (..., N, K) whose leading axes broadcast with the other ones.
        layer: what the noise depends on.
        kind: heading of the forward product in the ledger; the others are ``dx``, the gradient of
            what is streamed, and ``dw``.
        training: whether the layer trains, for the step that is opened where none is.

    Returns:
        float32, (..., N, M).

    Raises:
        InputError: for operands that :func:`require_computable` refuses.
    """
    require_computable(stationary, streamed)
    with core.steps.root_forward(training):
        context = core.steps.current()
        key = context.next_call(layer)
        w, x = stationary.float(), streamed.float()
        time_step, first = context.time_step, context.row_offset
        y: Tensor
        if w.ndim == 2:
            per_item = x.shape[1:-1].numel() if x.ndim > 2 else 1
            call = _Call(core, layer, kind, key, time_step, first * per_item)
            y = _Product.apply(w, x.flatten(0, -2), call)  # type: ignore[no-untyped-call]
            return y.reshape(*x.shape[:-1], w.shape[0])
        batch = broadcast(w.shape[:-2], x.shape[:-2])
        call = _Call(core, layer, kind, key, time_step, first * batch[1:].numel())
        stacks = (t.expand(*batch, *t.shape[-2:]).flatten(0, -3) for t in (w, x))
        y = _Product.apply(*stacks, call)  # type: ignore[no-untyped-call]
        return y.reshape(*batch, *y.shape[1:])


@dataclass(frozen=True)
class _Call:
    """Which product it is, and where its streamed rows, or the items of its stack, start."""

    core: MatrixCore
    layer: str
    kind: str
    key: NoiseKey
    time_step: int
    first: int

    def multiply(self, kind: str, w: Tensor, x: Tensor) -> Tensor:
        """``x @ w.T`` of matrices, or one by one of stacks."""
        rest = self.time_step, self.layer
        key = self.key.fold(kind)
        if w.ndim == 2 and kind == "dw":
            # A sum over the rows of this part alone, so its noise is that of no other part.
            return self.core.gemm(w, x, key.fold(self.first), kind, 0, *rest)
        if w.ndim == 2:
            return self.core.gemm(w, x, key, kind, self.first, *rest)
        keys = [key.fold(item) for item in range(self.first, self.first + len(w))]
        return self.core.gemms(w, x, keys, kind, *rest)


class _Product(torch.autograd.Function):
    """Stationary are W forward, W^T for dx and dy^T for dw, as in the paper."""

    @staticmethod
    def forward(ctx: Any, w: Tensor, x: Tensor, call: _Call) -> Tensor:
        ctx.save_for_backward(w, x)
        ctx.call = call
        return call.multiply(call.kind, w, x)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Any:
        require_single(grad)
        w, x = ctx.saved_tensors
        call: _Call = ctx.call
        grad_w = grad_x = None
        with torch.no_grad():
            if ctx.needs_input_grad[1]:
                grad_x = call.multiply("dx", w.mT, grad)
            if ctx.needs_input_grad[0]:
                grad_w = call.multiply("dw", grad.mT, x.mT).mT
        if torch.is_grad_enabled():
            grad_w, grad_x = _Gradients.apply(grad_w, grad_x, grad, w, x)  # type: ignore[no-untyped-call]
        return grad_w, grad_x, None

    @staticmethod
    def jvp(ctx: Any, *tangents: Any) -> NoReturn:
        remedy = "take torch.autograd.grad"
        raise InputError("product", "in forward mode", "has no tangents on a core", remedy)


class _Gradients(torch.autograd.Function):
    """Gradients of a product, which depend on all that it was made of, and have none themselves.

    Torch's ``once_differentiable`` looks at the incoming gradient alone: what the others weigh
    would silently be left out of second derivatives.
    """

    @staticmethod
    def forward(ctx: Any, grad_w: Any, grad_x: Any, *sources: Tensor) -> Any:
        return grad_w, grad_x

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> NoReturn:
        remedy = "revert() the model, or leave out create_graph"
        allowed = "has gradients that have none themselves"
        raise InputError("product", "differentiated twice", allowed, remedy)
