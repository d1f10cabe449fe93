"""Convolutions of one to three axes, plain or transposed, as matrix products at a site.

The contracted axis of a plain one runs over the taps of the kernel and then the channels, so that
a group of block floating point holds neighbouring channels of one pixel where there are enough.

Legend of shapes: N image, C channel, P position of the kernel, S tap of the kernel.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from mirage_core.learning.site import Site
from photonics.errors import InputError

Numbers = Sequence[int]


def convolution(
    site: Site,
    input: Tensor,  # noqa: A002
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Tensor:
    """``F.conv1d``, ``conv2d`` and ``conv3d``: one product for each group of channels.

    Args:
        site: where the products go.
        input: (N, C, *size) or (C, *size).
        weight: (M, C / groups, *kernel).
        bias: (M,).
        stride: pixels from one position to the next.
        padding: zeros at either end, ``same`` or ``valid``.
        dilation: pixels from one tap to the next.
        groups: of channels.

    Returns:
        (N, M, *positions) or (M, *positions), in torch's memory format.

    Raises:
        InputError: for images of other channels or too small a size.
    """
    images = _images(site, input, weight, weight.shape[1] * groups)
    kernel = tuple(weight.shape[2:])
    axes = len(kernel)
    stride, dilation = _on_axes(stride, axes), _on_axes(dilation, axes)
    padded = F.pad(images, _ends(padding, kernel, dilation))
    spans = [d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True)]
    sizes = zip(padded.shape[2:], spans, stride, strict=True)
    positions = [(size - span) // step + 1 for size, span, step in sizes]
    if min(positions) < 1:
        allowed = f"is smaller than the kernel, which spans {tuple(spans)} pixels"
        raise InputError(site.field("input"), tuple(input.shape), allowed)
    patches = _Patches.apply(padded, kernel, stride, dilation)  # type: ignore[no-untyped-call]
    outputs = [
        site.rows(part.movedim(1, -1).flatten(1), patch.flatten(2))
        for patch, part in zip(patches.chunk(groups, -1), weight.chunk(groups), strict=True)
    ]
    y = torch.cat(outputs, -1).transpose(1, 2).unflatten(2, positions)
    geometry = stride, [0] * axes, dilation, False, [0] * axes, groups
    return _finished(y, bias, padded, weight, input, geometry)


def transposed(
    site: Site,
    input: Tensor,  # noqa: A002
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Any = 1,
    padding: Any = 0,
    output_padding: Any = 0,
    groups: int = 1,
    dilation: Any = 1,
) -> Tensor:
    """``F.conv_transpose1d``, ``2d`` and ``3d``: a product for each pixel, added where they fall.

    Arguments and result are those of :func:`convolution`, but for ``weight`` (C, M / groups,
    *kernel) and ``output_padding``, pixels that are added at the far end.
    """
    images = _images(site, input, weight, weight.shape[0])
    kernel = tuple(weight.shape[2:])
    axes = len(kernel)
    stride, dilation = _on_axes(stride, axes), _on_axes(dilation, axes)
    rows = images.flatten(2).mT
    columns = [
        site.rows(part.movedim(0, -1).movedim(0, -2).flatten(0, -2), row)
        for row, part in zip(rows.chunk(groups, -1), weight.chunk(groups), strict=True)
    ]
    taps = torch.Size(kernel).numel()
    spread = torch.cat([c.unflatten(2, (taps, -1)) for c in columns], -1)
    y = _overlapped(spread, tuple(images.shape[2:]), kernel, stride, dilation)
    ends: list[int] = []
    padding, output_padding = _on_axes(padding, axes), _on_axes(output_padding, axes)
    for inner, outer in zip(padding, output_padding, strict=True):
        ends = [-inner, outer - inner, *ends]
    geometry = stride, padding, dilation, True, output_padding, groups
    return _finished(F.pad(y, ends), bias, images, weight, input, geometry)


def general(site: Site, input: Tensor, weight: Tensor, bias: Any, *geometry: Any) -> Tensor:  # noqa: A002
    """``torch.convolution``, which is told whether it is transposed."""
    stride, padding, dilation, is_transposed, output_padding, groups = geometry
    if is_transposed:
        rest = stride, padding, output_padding, groups, dilation
        return transposed(site, input, weight, bias, *rest)
    return convolution(site, input, weight, bias, stride, padding, dilation, groups)


def _images(site: Site, given: Tensor, weight: Tensor, channels: int) -> Tensor:
    axes = weight.ndim - 2
    if given.ndim not in (axes + 1, axes + 2) or given.shape[-axes - 1] != channels:
        allowed = f"must be images with {channels} channels"
        raise InputError(site.field("input"), tuple(given.shape), allowed)
    return given if given.ndim == axes + 2 else given.unsqueeze(0)


def _on_axes(numbers: Any, axes: int) -> tuple[int, ...]:
    given = (numbers,) if isinstance(numbers, int) else tuple(numbers)
    return given * axes if len(given) == 1 else given


def _ends(padding: Any, kernel: Numbers, dilation: Numbers) -> list[int]:
    """Pixels that are added at both ends of each axis, the last axis first."""
    ends: list[int] = []
    if padding == "same":
        for k, d in zip(kernel, dilation, strict=True):
            whole = d * (k - 1)
            ends = [whole // 2, whole - whole // 2, *ends]
        return ends
    for number in _on_axes(0 if padding == "valid" else padding, len(kernel)):
        ends = [number, number, *ends]
    return ends


class _Patches(torch.autograd.Function):
    """Patches (N, P, S, C) of images (N, C, *size): one copy, where F.unfold needs two."""

    @staticmethod
    def forward(ctx: Any, images: Tensor, *geometry: Numbers) -> Tensor:
        ctx.geometry, ctx.size = geometry, images.shape[2:]
        windows = images
        for axis, (kernel, stride, dilation) in enumerate(zip(*geometry, strict=True)):
            windows = windows.unfold(axis + 2, dilation * (kernel - 1) + 1, stride)
        every: tuple[Any, ...] = (..., *(slice(None, None, gap) for gap in geometry[2]))
        taps = windows[every]
        axes = len(ctx.size)
        ctx.positions = taps.shape[2 : 2 + axes]
        return taps.movedim(1, -1).flatten(1, axes).flatten(2, -2)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Any:
        canvas = _overlapped(grad, ctx.positions, *ctx.geometry)
        # Pixels that no patch reached.
        sizes = zip(reversed(ctx.size), reversed(canvas.shape), strict=False)
        rest = [number for size, reached in sizes for number in (0, size - reached)]
        return F.pad(canvas, rest), None, None, None


def _overlapped(
    spread: Tensor, size: Numbers, kernel: Numbers, stride: Numbers, dilation: Numbers
) -> Tensor:
    """The sum (N, C, *canvas) of what every pixel spreads, (N, P, S, C)."""
    if len(kernel) == 1:
        flat = ((1, *each) for each in (size, kernel, stride, dilation))
        return _overlapped(spread, *flat).squeeze(2)
    axes = zip(size, kernel, stride, dilation, strict=True)
    canvas = tuple(s * (n - 1) + d * (k - 1) + 1 for n, k, s, d in axes)
    if len(kernel) == 2:
        columns = spread.permute(0, 3, 2, 1).flatten(1, 2)
        return F.fold(columns, canvas, tuple(kernel), tuple(dilation), stride=tuple(stride))
    depth, step, gap = size[0], stride[0], dilation[0]
    y = spread.new_zeros(spread.shape[0], spread.shape[3], *canvas)
    slices = spread.unflatten(1, (depth, -1)).flatten(0, 1)
    numbers = [each[1:] for each in (size, kernel, stride, dilation)]
    for tap, part in enumerate(slices.chunk(kernel[0], 2)):
        layer = _overlapped(part, *numbers).unflatten(0, (-1, depth)).transpose(1, 2)
        y[:, :, tap * gap : tap * gap + step * (depth - 1) + 1 : step] += layer
    return y


def _finished(
    y: Tensor,
    bias: Tensor | None,
    images: Tensor,
    weight: Tensor,
    given: Tensor,
    geometry: tuple[Any, ...],
) -> Tensor:
    """With its bias, and in the memory format that torch chooses."""
    if bias is not None:
        y = y + bias.reshape(-1, *(1,) * (y.ndim - 2))
    memory_format = torch.contiguous_format
    if y.ndim > 3 and y.numel():
        backend = torch._C._select_conv_backend(images, weight, bias, *geometry)
        memory_format = torch._C._conv_determine_backend_memory_format(images, weight, backend)
    y = y.contiguous(memory_format=memory_format)
    return y if given.ndim == y.ndim else y.squeeze(0)


CONVOLUTIONS: dict[str, Any] = {
    "convolution": general,
    **dict.fromkeys(("conv1d", "conv2d", "conv3d"), convolution),
    **dict.fromkeys(("conv_transpose1d", "conv_transpose2d", "conv_transpose3d"), transposed),
}
"""Functions of torch by their names."""
