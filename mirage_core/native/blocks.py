"""Numbers in blocks and their exact products, by the native kernels.

Legend of shapes: S item of a stack, M stationary row, N streamed vector, R row of either, K
contracted axis, G group, J in a group.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import pairwise
from typing import NamedTuple, TypeVar

import torch
from torch import Tensor

from mirage_core.arithmetic.bfp import BfpFormat
from mirage_core.native.library import LANES, Library, threads

Done = TypeVar("Done")

# The largest exponent, with which integers of 24 bits are numbers; what is not finite has more.
_MOST_EXPONENT = 100
# Mantissas with their sign, made unsigned, leave room in eight bits for pairs of products.
_MOST_BITS = 5


class Blocks(NamedTuple):
    """Quantised rows: ``value = mantissa · scale``; groups of zeros have the scale 1."""

    mantissa: Tensor
    """Signed integers, int8 (S, G, R, J)."""
    scale: Tensor
    """Powers of two, float32 (S, G, R)."""


def can_quantize(bfp: BfpFormat) -> bool:
    """Whether the kernels know a format."""
    return (
        bfp.rounding != "stochastic" and bfp.mantissa_bits <= _MOST_BITS and (bfp.max_dot < 1 << 24)
    )


def quantize(library: Library, bfp: BfpFormat, x: Tensor) -> Blocks | None:
    """Quantise rows (S, R, K) as :meth:`BfpFormat.quantize` does; none where numbers are too large.

    Args:
        library: the kernels.
        bfp: a format that :func:`can_quantize`.
        x: float32, of any layout.

    Returns:
        None also where a number is not finite.
    """
    items, rows, depth = x.shape
    groups = -(-depth // bfp.group_size)
    mantissa = torch.empty(items, groups, rows, bfp.group_size, dtype=torch.int8)
    scale = torch.empty(items, groups, rows)
    nearest = bfp.rounding == "nearest"
    fixed: tuple[int | Tensor, ...] = (
        x.data_ptr(),
        *x.stride(),
        rows,
        depth,
        bfp.group_size,
        bfp.mantissa_bits,
        int(nearest),
        mantissa,
        scale,
    )
    found = in_parallel(
        lambda first, last: library.call("quantize", *fixed, first, last), parts(items * rows, 64)
    )
    require_memory(min(found, default=0))
    largest = max(found, default=0)
    return Blocks(mantissa, scale) if largest <= _MOST_EXPONENT else None


def product(library: Library, bfp: BfpFormat, w: Blocks, x: Blocks) -> Tensor:
    """Exact dot products, scaled and added up in ascending order of groups, float32 (S, N, M)."""
    items, groups, stationary, length = w.mantissa.shape
    streamed = x.mantissa.shape[2]
    total = torch.empty(items, streamed, stationary)
    sizes = groups, stationary, streamed, length, bfp.max_mantissa + 1
    fixed = (w.mantissa, w.scale, x.mantissa, x.scale, *sizes, total)
    units = items * -(-stationary // LANES)
    done = in_parallel(
        lambda first, last: library.call("product", *fixed, first, last), parts(units, 1)
    )
    require_memory(min(done, default=0))
    return total


def require_memory(state: int) -> None:
    """Refuse to go on where a kernel says that it lacked memory, by a number below 0.

    Raises:
        MemoryError: there.
    """
    if state < 0:
        raise MemoryError("no memory for the native kernels")


def parts(size: int, unit: int) -> list[tuple[int, int]]:
    """Ranges that cover ``range(size)``, whole units each, one for each thread."""
    units = -(-size // unit)
    count = min(threads(), units)
    if count <= 1:
        return [(0, size)] if size else []
    ends = [min(size, unit * (units * n // count)) for n in range(count + 1)]
    return [(a, b) for a, b in pairwise(ends) if a < b]


def in_parallel(work: Callable[[int, int], Done], ranges: list[tuple[int, int]]) -> list[Done]:
    """Do work on ranges in threads of their own, in order of the ranges."""
    if len(ranges) <= 1:
        return [work(*part) for part in ranges]
    return list(_pool(len(ranges)).map(lambda part: work(*part), ranges))


@cache
def _pool(count: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(count, thread_name_prefix="mirage kernels")


if hasattr(os, "register_at_fork"):
    # A process that was forked has none of its parent's threads.
    os.register_at_fork(after_in_child=_pool.cache_clear)
