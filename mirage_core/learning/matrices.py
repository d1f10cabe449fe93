"""Matrix products of torch, by their names, as products at a site.

Each takes the site, and then what the function of torch takes.
"""

from __future__ import annotations

from typing import Any

from torch import Tensor

from mirage_core.learning.site import Site

Number = int | float


def linear(site: Site, input: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:  # noqa: A002
    """``F.linear``: (..., K) with a weight (M, K) is (..., M)."""
    if weight.ndim == 1:
        y = site.matmul(input, weight)
        return y if bias is None else y + bias
    return site.rows(weight, input, bias)


def matmul(site: Site, input: Tensor, other: Tensor) -> Tensor:  # noqa: A002
    """``matmul``, ``mm``, ``bmm``, ``mv``, ``dot`` and ``@``, which differ in what they refuse."""
    return site.matmul(input, other)


def right_matmul(site: Site, input: Tensor, other: Tensor) -> Tensor:  # noqa: A002
    """``other @ input``, where ``input`` is the one that was asked."""
    return site.matmul(other, input)


def added(
    site: Site,
    input: Tensor,  # noqa: A002
    first: Tensor,
    second: Tensor,
    *,
    beta: Number = 1,
    alpha: Number = 1,
) -> Tensor:
    """``addmm``, ``addmv`` and ``baddbmm``: ``beta input + alpha first @ second``."""
    return _sum(input, site.matmul(first, second), beta, alpha)


def added_stack(
    site: Site,
    input: Tensor,  # noqa: A002
    first: Tensor,
    second: Tensor,
    *,
    beta: Number = 1,
    alpha: Number = 1,
) -> Tensor:
    """``addbmm``: the same, summed over the stack."""
    return _sum(input, site.matmul(first, second).sum(0), beta, alpha)


def added_outer(
    site: Site,
    input: Tensor,  # noqa: A002
    first: Tensor,
    second: Tensor,
    **scales: Number,
) -> Tensor:
    """``addr``: the same of two vectors, as a column and a row."""
    return added(site, input, first[:, None], second[None], **scales)


def inner(site: Site, input: Tensor, other: Tensor) -> Tensor:  # noqa: A002
    """``inner``: (..., K) and (----, K) is (..., ----)."""
    if not input.ndim or not other.ndim:
        return input * other
    left, right = input.shape[:-1], other.shape[:-1]
    a, b = (x.reshape(-1, x.shape[-1]) for x in (input, other))
    return site.matmul(a, b.mT).reshape(left + right)


def bilinear(
    site: Site, first: Tensor, second: Tensor, weight: Tensor, bias: Tensor | None = None
) -> Tensor:
    """``F.bilinear``: (..., I), (..., J) and a weight (M, I, J) is (..., M).

    The weight is multiplied by the second input; what the first one weighs is summed digitally.
    """
    outputs, left, right = weight.shape
    parts = site.rows(weight.reshape(outputs * left, right), second)
    y: Tensor = (parts.unflatten(-1, (outputs, left)) * first.unsqueeze(-2)).sum(-1)
    return y if bias is None else y + bias


def _sum(input: Tensor, product: Tensor, beta: Number, alpha: Number) -> Tensor:  # noqa: A002
    # What is multiplied by zero may be a NaN, and torch ignores it as well.
    product = product if alpha == 1 else alpha * product
    return product if beta == 0 else product + (input if beta == 1 else beta * input)


MATRICES: dict[str, Any] = {
    "linear": linear,
    "bilinear": bilinear,
    "inner": inner,
    "addbmm": added_stack,
    "addr": added_outer,
    "__rmatmul__": right_matmul,
    **dict.fromkeys(("addmm", "addmv", "baddbmm"), added),
    **dict.fromkeys(("matmul", "mm", "bmm", "mv", "dot", "vdot", "linalg_matmul"), matmul),
}
"""Functions and methods of torch by their names."""
