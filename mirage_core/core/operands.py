"""Operands that cores multiply."""

from __future__ import annotations

import torch
from torch import Tensor

from photonics.errors import InputError
from photonics.shapes import broadcast

ACCEPTED = (torch.float32, torch.float16, torch.bfloat16)
"""Types of their numbers."""


def require_computable(*operands: Tensor) -> None:
    """Refuse operands without numbers, and those that a transform or a trace of torch stands for.

    Raises:
        InputError: for tensors on the meta device or on unlike ones, sparse ones, inside
            ``torch.func`` (``grad``, ``vmap``, ``jvp``), and while ``torch.jit.trace`` records.
    """
    for x in operands:
        if x.is_meta:
            remedy = "give real tensors, or revert() the model first"
            raise InputError("operand", "on the meta device", "has no numbers", remedy)
        if x.layout != torch.strided:
            raise InputError("operand", str(x.layout), "must be dense", "call .to_dense()")
    first, *others = operands
    for other in others:
        if other.device != first.device:
            places = f"on {first.device} and on {other.device}"
            raise InputError("operands", places, "must be on one device", "move one by .to()")
    if torch._C._functorch.peek_interpreter_stack() is not None:
        remedy = "take torch.autograd.grad, and stacks for vmap"
        raise InputError("product", "inside torch.func", "has no transform on a core", remedy)
    if torch._C._is_tracing():
        remedy = "revert() the model first"
        raise InputError("product", "in torch.jit.trace", "runs outside of any trace", remedy)


def require_single(grad: Tensor) -> None:
    """Refuse a batch of gradients, which torch has backward products be unaware of.

    Raises:
        InputError: in ``torch.autograd.grad(..., is_grads_batched=True)``.
    """
    if torch._C._functorch.is_legacy_batchedtensor(grad):
        remedy = "give one after the other to torch.autograd.grad"
        raise InputError("gradients", "in a batch", "have no transform on a core", remedy)


def check_operands(a: Tensor, b: Tensor) -> None:
    """Refuse operands that a core does not multiply.

    Raises:
        InputError: for other types than half or single, scalars, and shapes that do not multiply.
    """
    for name, x in (("a", a), ("b", b)):
        if not isinstance(x, Tensor):
            raise InputError(name, type(x).__name__, "must be a tensor", "write torch.tensor(...)")
        if x.dtype not in ACCEPTED:
            allowed = "must be float32, float16 or bfloat16"
            raise InputError(name, str(x.dtype), allowed, "cast it by .float()")
        if x.ndim == 0:
            raise InputError(name, "a scalar", "must have at least one axis")
    inner = b.shape[0] if b.ndim == 1 else b.shape[-2]
    if a.shape[-1] != inner:
        shapes = f"{tuple(a.shape)} @ {tuple(b.shape)}"
        raise InputError("a @ b", shapes, f"{a.shape[-1]} columns meet {inner} rows")
    try:
        broadcast(a.shape[:-2], b.shape[:-2])
    except ValueError:
        shapes = f"{tuple(a.shape)} @ {tuple(b.shape)}"
        raise InputError("a @ b", shapes, "leading axes must broadcast") from None
