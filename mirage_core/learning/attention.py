"""Attention as matrix products at a site."""

from __future__ import annotations

from math import sqrt
from types import FunctionType
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from mirage_core.learning.site import Site
from photonics.errors import InputError


def scaled_dot_product_attention(
    site: Site,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attn_mask: Tensor | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> Tensor:
    """``F.scaled_dot_product_attention``: both products on the core, mask and softmax digital.

    Args:
        site: where the products go.
        query: (..., L, E).
        key: (..., S, E).
        value: (..., S, V).
        attn_mask: what is added to the scores, or which of them count; broadcasts to (..., L, S).
        dropout_p: share of weights that is dropped.
        is_causal: whether position i sees those up to i alone.
        scale: of the scores; by default 1/sqrt(E).
        enable_gqa: whether several heads of queries share a head of keys.

    Returns:
        (..., L, V).  A query that sees nothing gets zeros.

    Raises:
        InputError: for a mask that is given twice.
    """
    if is_causal and attn_mask is not None:
        raise InputError("attn_mask", tuple(attn_mask.shape), "must be None if is_causal is set")
    if enable_gqa:
        key, value = (x.repeat_interleave(query.shape[-3] // x.shape[-3], -3) for x in (key, value))
    scores = site.fp32_matmul(query, key.mT)
    scores = scores * (1 / sqrt(query.shape[-1]) if scale is None else scale)
    if is_causal:
        shape = query.shape[-2], key.shape[-2]
        attn_mask = torch.ones(shape, dtype=torch.bool, device=query.device).tril()
    if attn_mask is not None and attn_mask.dtype == torch.bool:
        scores = scores.masked_fill(~attn_mask, float("-inf"))
    elif attn_mask is not None:
        scores = scores + attn_mask
    weights = torch.ops.aten._safe_softmax(scores, -1)
    weights = F.dropout(weights, dropout_p) if dropout_p else weights
    return site.typed(site.fp32_matmul(weights, value), query)


def _never(*_: Any) -> bool:
    return False


def past_overriding(function: Any) -> Any:
    """A function of torch in Python that goes on although a mode is on, so that it sees the rest.

    Torch's own asks first whether anybody overrides it, and is then not run with a mode at all.
    """
    names = "has_torch_function", "has_torch_function_unary", "has_torch_function_variadic"
    world = {**function.__globals__, **dict.fromkeys(names, _never)}
    made = FunctionType(function.__code__, world, function.__name__, function.__defaults__)
    made.__kwdefaults__ = function.__kwdefaults__
    return made
