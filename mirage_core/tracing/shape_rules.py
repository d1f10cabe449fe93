"""Shapes of what some operators return, where torch would load its compiler to work them out.

On the meta device torch runs many operators as rules written in Python, which load its compiler
first: two seconds.  Those of common convolutional networks are quicker told here, with the strides
of what goes forward, for views may need them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor


def empty_as(tensor: Tensor) -> Tensor:
    """A tensor without numbers, of the shape, strides and type of another."""
    return torch.empty_strided(
        tensor.shape, tensor.stride(), dtype=tensor.dtype, device=torch.device("meta")
    )


def _blank(tensor: Tensor) -> Tensor:
    """A contiguous tensor without numbers, of the shape and type of another."""
    return torch.empty(tensor.shape, dtype=tensor.dtype, device="meta")


def _batch_norm(args: Sequence[Any]) -> tuple[Tensor, ...] | None:
    image = args[0]
    if not image.is_contiguous():
        return None
    moments = [torch.empty(image.shape[1], device="meta") for _ in range(2)]
    return _blank(image), *moments


def _batch_norm_backward(args: Sequence[Any]) -> tuple[Tensor | None, ...]:
    image, weight, mask = args[1], args[2], args[9]
    made = (image, weight, weight)
    return tuple(
        _blank(x) if wanted and x is not None else None
        for x, wanted in zip(made, mask, strict=True)
    )


def _convolution(args: Sequence[Any]) -> Tensor | None:
    image, weight, _, stride, padding, dilation, transposed = args[:7]
    axes = image.dim() - 2
    if transposed or axes < 1:
        return None
    numbers = (on_axes(x, axes) for x in (stride, padding, dilation))
    sizes = zip(image.shape[2:], weight.shape[2:], *numbers, strict=True)
    positions = [(n + 2 * p - d * (k - 1) - 1) // s + 1 for n, k, s, p, d in sizes]
    fits = image.shape[1] == weight.shape[1] * args[8] and min(positions) > 0
    if not fits or image.dtype != weight.dtype:
        return None
    shape = (image.shape[0], weight.shape[0], *positions)
    made = torch.empty(shape, dtype=image.dtype, device="meta")
    last = {2: torch.channels_last, 3: torch.channels_last_3d}.get(axes)
    # On the meta device torch forgets that channels stay last.
    if last and any(
        x.is_contiguous(memory_format=last) and not x.is_contiguous() for x in (image, weight)
    ):
        return made.contiguous(memory_format=last)
    return made


def _convolution_backward(args: Sequence[Any]) -> tuple[Tensor | None, ...]:
    image, weight, bias_sizes, mask = args[1], args[2], args[3], args[10]
    bias = torch.empty(bias_sizes or 0, dtype=weight.dtype, device="meta")
    made = (image, weight, bias)
    return tuple(_blank(x) if asked else None for x, asked in zip(made, mask, strict=True))


def on_axes(numbers: Sequence[int], axes: int) -> tuple[int, ...]:
    """One number for each axis, where torch takes a single one for all."""
    given = tuple(numbers)
    return given * axes if len(given) == 1 else given


def _as_first(args: Sequence[Any]) -> Tensor:
    return torch.empty_like(args[0])


def _sum(args: Sequence[Any]) -> Tensor | None:
    first, second = args[:2]
    alike = isinstance(second, Tensor) and first.shape == second.shape
    return torch.empty_like(first) if alike and first.dtype == second.dtype else None


def _mean(args: Sequence[Any]) -> Tensor | None:
    tensor, axes, kept = (*args, None, None)[:3]
    if not isinstance(axes, list | tuple) or not axes or not tensor.is_floating_point():
        return None
    gone = {axis % tensor.dim() for axis in axes}
    shape = [1 if i in gone else n for i, n in enumerate(tensor.shape) if kept or i not in gone]
    return torch.empty(shape, dtype=tensor.dtype, device="meta")


def _max_pool(args: Sequence[Any]) -> tuple[Tensor, Tensor] | None:
    image, kernel, stride, padding, dilation, rounded_up = args[:6]
    if rounded_up or image.dim() != 4 or not image.is_contiguous():
        return None
    numbers = (on_axes(x, 2) for x in (kernel, stride or kernel, padding, dilation))
    sizes = zip(image.shape[2:], *numbers, strict=True)
    positions = [(n + 2 * p - d * (k - 1) - 1) // s + 1 for n, k, s, p, d in sizes]
    if min(positions) < 1:
        return None
    shape = (*image.shape[:2], *positions)
    pooled = torch.empty(shape, dtype=image.dtype, device="meta")
    return pooled, torch.empty(shape, dtype=torch.int64, device="meta")


def _addmm(args: Sequence[Any]) -> Tensor | None:
    bias, left, right = args[:3]
    shape, types = (left.shape[0], right.shape[1]), {x.dtype for x in args[:3]}
    fits = bias.shape in (shape, shape[1:]) and left.shape[1] == right.shape[0]
    return torch.empty(shape, dtype=left.dtype, device="meta") if fits and len(types) == 1 else None


def _as_second(args: Sequence[Any]) -> Tensor:
    return _blank(args[1])


def _ratio(args: Sequence[Any]) -> Tensor | None:
    top, bottom = args[:2]
    number = not isinstance(bottom, Tensor) and top.is_floating_point()
    return torch.empty_like(top) if number else None


RULES: dict[str, Callable[[Sequence[Any]], Any]] = {
    "aten::relu": _as_first,
    "aten::threshold_backward": _as_first,
    "aten::add": _sum,
    "aten::addmm": _addmm,
    "aten::convolution": _convolution,
    "aten::convolution_backward": _convolution_backward,
    "aten::div": _ratio,
    "aten::mean": _mean,
    "aten::max_pool2d_with_indices": _max_pool,
    "aten::max_pool2d_with_indices_backward": _as_second,
    "aten::native_batch_norm": _batch_norm,
    "aten::native_batch_norm_backward": _batch_norm_backward,
}
"""Results of operators on the meta device, from all of their arguments; none to ask torch."""
