"""The one place that decides what a product is: operators of torch to matrix products.

An operator with products is listed here with what they are.  Those that are known to have none are
in :mod:`mirage_core.tracing.harmless`.  Whatever is neither is no zero: a trace names it as not
counted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import Any

from torch import Tensor

from mirage_core.tracing.product import Computation, Product, Sliding
from mirage_core.tracing.shape_rules import on_axes

_GRADIENTS: tuple[Computation, Computation] = ("dx", "dw")


@dataclass(frozen=True)
class Operation:
    """A product within an operator, with the tensors that it multiplies.

    Attributes:
        product: shape of the product, its first operand being ``first``.
        first: the tensor A, or what it is a part of.
        second: the tensor B.
    """

    product: Product
    first: Tensor
    second: Tensor


Args = Sequence[Any]
Weighs = Callable[[Tensor], bool]


def _matrices(left: Tensor, right: Tensor, weighs: Weighs) -> list[Operation]:
    """``left @ right`` of (..., r, k) and (..., k, c); a weight is the first operand."""
    count = prod(left.shape[:-2])
    rows, depth, columns = left.shape[-2], left.shape[-1], right.shape[-1]
    plain = Product("", "forward", rows, depth, columns, count)
    if weighs(right) and not weighs(left):
        return [Operation(plain.turned, right, left)]
    return [Operation(plain, left, right)]


def _vector(matrix: Tensor, vector: Tensor, weighs: Weighs) -> list[Operation]:
    """``matrix @ vector``; a weight is the first operand, as for matrices."""
    rows, depth = matrix.shape
    if weighs(vector) and not weighs(matrix):
        return [Operation(Product("", "forward", 1, depth, rows), vector, matrix)]
    return [Operation(Product("", "forward", rows, depth, 1), matrix, vector)]


def _dot(a: Tensor, b: Tensor) -> list[Operation]:
    return [Operation(Product("", "forward", 1, a.shape[0], 1), a, b)]


def convolution(args: Args) -> list[Operation]:
    """A convolution of any dimension, grouped or transposed, as one product for each group."""
    image, weight, _, stride, padding, dilation, transposed, more, groups = args[:9]
    size, kernel = tuple(image.shape[2:]), tuple(weight.shape[2:])
    axes = len(size)
    stride, padding, dilation = (on_axes(each, axes) for each in (stride, padding, dilation))
    if transposed:
        each = zip(size, kernel, stride, padding, dilation, on_axes(more, axes), strict=True)
        size = tuple((n - 1) * s - 2 * p + d * (k - 1) + 1 + o for n, k, s, p, d, o in each)
    sliding = Sliding(image.shape[0], size, kernel, stride, padding, dilation, transposed)
    shape = weight.shape[0] // groups, weight.shape[1] * prod(kernel), sliding.vectors
    if transposed:
        shape = shape[1], shape[0], image.shape[0] * prod(image.shape[2:])
    product = Product("", "forward", *shape, groups, sliding=sliding)
    return [Operation(product, weight, image)]


def bilinear(args: Args) -> list[Operation]:
    """``F.bilinear`` of (N, I), (N, J) and a weight (M, I, J): the weight times the second input.

    What the first input weighs is summed element by element, as on a core.
    """
    _, weight, second = args[:3]
    return [Operation(_weighing(weight.flatten(0, 1), len(second)), weight, second)]


def _of_bilinear(args: Args) -> list[Product]:
    """A gradient of ``F.bilinear``, which torch makes by the same operator over other axes."""
    first, middle, second, _, _, _, summed = args[:7]
    if summed == [0]:  # over samples, of the weight
        rows = middle.shape[1] * first.shape[1]
        return [Product("", "dw", rows, len(second), second.shape[1])]
    if summed == [1, 2]:  # over outputs and the first input, of the second one
        return [each.product.of("dx") for each in bilinear(args)]
    return []  # of the first one, element by element


def attention(args: Args) -> list[Operation]:
    """Scores of queries against keys, and their weighted sums of values: (B, H, S, E) each."""
    query, key, value = args[:3]
    count = prod(query.shape[:-2])
    queries, depth = query.shape[-2:]
    scores = Product("", "forward", queries, depth, key.shape[-2], count)
    sums = Product("", "forward", queries, key.shape[-2], value.shape[-1], count)
    return [Operation(scores, query, key), Operation(sums, query, value)]


def recurrent_layer(args: Args) -> list[Operation]:
    """One layer of a recurrent network in one direction, (T, B, I): all inputs, step by step."""
    inputs, weight, recurrent = args[:3]
    steps, batch = inputs.shape[:2]
    of_inputs = _weighing(weight, steps * batch)
    of_states = replace(_weighing(recurrent, batch), count=steps)
    return [Operation(of_inputs, weight, inputs), Operation(of_states, recurrent, inputs)]


def _weighing(weight: Tensor, vectors: int) -> Product:
    """A weight (M, K) times so many vectors."""
    rows, depth = weight.shape
    return Product("", "forward", rows, depth, vectors)


def _projections(x: Tensor, *weights: Tensor) -> list[Operation]:
    vectors = prod(x.shape[:-1])
    return [Operation(_weighing(w, vectors), w, x) for w in weights]


def _self_attention(x: Tensor, heads: int) -> list[Operation]:
    """Attention of every position (B, S, E) to every other one."""
    batch, length, width = x.shape
    part = x.new_empty(batch, heads, length, width // heads)
    return attention((part, part, part))


def multi_head_attention(args: Args) -> list[Operation]:
    """Fused attention of one sequence to itself, projections included."""
    query, heads, inwards, outwards = args[0], args[4], args[5], args[7]
    return [*_projections(query, inwards, outwards), *_self_attention(query, heads)]


def encoder_layer(args: Args) -> list[Operation]:
    """Fused layer of a transformer's encoder: attention and two linear layers."""
    x, heads, inwards, outwards = args[0], args[2], args[3], args[5]
    up, down = args[14], args[16]
    wide = x.new_empty(*x.shape[:-1], down.shape[1])
    linear = [*_projections(x, inwards, outwards, up), *_projections(wide, down)]
    return [*linear, *_self_attention(x, heads)]


FORWARD: dict[str, Callable[[Args, Weighs], list[Operation]]] = {
    "aten::mm": lambda a, w: _matrices(a[0], a[1], w),
    "aten::bmm": lambda a, w: _matrices(a[0], a[1], w),
    "aten::addmm": lambda a, w: _matrices(a[1], a[2], w),
    "aten::_addmm_activation": lambda a, w: _matrices(a[1], a[2], w),
    "aten::baddbmm": lambda a, w: _matrices(a[1], a[2], w),
    "aten::addbmm": lambda a, w: _matrices(a[1], a[2], w),
    "aten::addr": lambda a, w: _matrices(a[1][:, None], a[2][None], w),
    "aten::_int_mm": lambda a, w: _matrices(a[0], a[1], w),
    "aten::_scaled_mm": lambda a, w: _matrices(a[0], a[1], w),
    "aten::linear": lambda a, w: _projections(a[0], a[1]),
    "aten::mv": lambda a, w: _vector(a[0], a[1], w),
    "aten::addmv": lambda a, w: _vector(a[1], a[2], w),
    "aten::dot": lambda a, w: _dot(a[0], a[1]),
    "aten::vdot": lambda a, w: _dot(a[0], a[1]),
    "aten::convolution": lambda a, w: convolution(a),
    "aten::_convolution": lambda a, w: convolution(a),
    "aten::_scaled_dot_product_flash_attention": lambda a, w: attention(a),
    "aten::_scaled_dot_product_flash_attention_for_cpu": lambda a, w: attention(a),
    "aten::_scaled_dot_product_efficient_attention": lambda a, w: attention(a),
    "aten::_scaled_dot_product_cudnn_attention": lambda a, w: attention(a),
    "aten::_scaled_dot_product_fused_attention_overrideable": lambda a, w: attention(a),
    "aten::_trilinear": lambda a, w: bilinear(a),
    "aten::mkldnn_rnn_layer": lambda a, w: recurrent_layer(a),
    "aten::_native_multi_head_attention": lambda a, w: multi_head_attention(a),
    "aten::_transformer_encoder_layer_fwd": lambda a, w: encoder_layer(a),
}
"""Products of an operator from its arguments; ``weighs`` says which tensors are weights."""

VECTORS = ("aten::mv", "aten::addmv", "aten::dot", "aten::vdot")
"""Products with a vector, whose gradients torch makes by multiplying element by element."""


def backward(name: str, args: Args) -> list[Product] | None:
    """Products of the operators that are the backward of one; none for any other operator."""
    if name == "aten::convolution_backward":
        _, image, weight, _, stride, padding, dilation, transposed, more, groups, mask = args
        geometry = (stride, padding, dilation, transposed, more, groups)
        product = convolution((image, weight, None, *geometry))[0].product
        return [product.of(c) for c, wanted in zip(_GRADIENTS, mask, strict=False) if wanted]
    if name.startswith("aten::_scaled_dot_product_") and name.endswith("_backward"):
        # Scores that it makes once more to save memory are no products of the network.
        both = [each.product for each in attention(args[1:])]
        return [p.of(c) for p in both for c in _GRADIENTS]
    if name == "aten::_trilinear":
        return _of_bilinear(args)
    if name == "aten::mkldnn_rnn_layer_backward":
        both = [each.product for each in recurrent_layer(args)]
        return [p.of(c) for p in both for c in _GRADIENTS]
    return None
