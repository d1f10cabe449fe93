"""Matrix products of foreign code, on the core."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch.nn.functional as F

import mirage_core as mirage
from tests.mirage_core.helpers import gaussian, integers
from tests.mirage_core.learning.agreement import assert_agrees_in_context

A, B, C = gaussian(4, 5, seed=1), gaussian(5, 6, seed=2), gaussian(4, 6, seed=3)
AS, BS, CS = gaussian(3, 4, 5, seed=4), gaussian(3, 5, 6, seed=5), gaussian(3, 4, 6, seed=6)
V = gaussian(5, seed=7)


@pytest.mark.parametrize(
    ("function", "operands"),
    [
        (lambda a, b: a @ b, (A, B)),
        (lambda a, b: b.__rmatmul__(a), (A, B)),
        (torch.mm, (A, B)),
        (torch.bmm, (AS, BS)),
        (torch.linalg.matmul, (AS, BS)),
        (lambda c, a, b: torch.addmm(c, a, b, beta=0.5, alpha=2), (C, A, B)),
        (lambda c, a, b: c.addmm(a, b), (C, A, B)),
        (torch.baddbmm, (CS, AS, BS)),
        (torch.addbmm, (C, AS, BS)),
        (lambda a, b: torch.matmul(a, b), (AS, B)),
        (lambda a, b: torch.matmul(a, b), (A, BS)),
        (lambda c, a, b: torch.addr(c, a, b, beta=0.5, alpha=2), (gaussian(5, 4), V, gaussian(4))),
        (torch.inner, (A, gaussian(2, 3, 5))),
        (F.linear, (AS, gaussian(7, 5), gaussian(7, seed=1))),
    ],
)
def test_products_are_those_of_torch(function: Callable[..., Any], operands: Any) -> None:
    assert_agrees_in_context(function, *operands)


@pytest.mark.parametrize(
    ("function", "operands"),
    [
        (torch.mv, (A, V)),
        (torch.addmv, (gaussian(4), A, V)),
        (torch.dot, (V, V + 1)),
        (torch.inner, (V, V + 1)),
        (torch.matmul, (V, B)),
        (lambda x, w: F.linear(x, w), (AS, V)),
        # No operator of torch's own with a product: it has one on the core.
        (F.bilinear, (gaussian(2, 3, 4), gaussian(2, 3, 5), gaussian(6, 4, 5), gaussian(6))),
    ],
)
def test_products_with_vectors_and_bilinear_maps_are_those_of_torch(
    function: Callable[..., Any], operands: Any
) -> None:
    assert_agrees_in_context(function, *operands, counted=False)


def test_what_is_multiplied_by_zero_is_ignored() -> None:
    bad = torch.full((4, 6), float("nan"))
    with mirage.on_core(mirage.FormatCore("fp32")):
        assert torch.equal(torch.addmm(bad, A, B, beta=0).isnan().any(), torch.tensor(False))


def test_results_go_where_they_are_wanted() -> None:
    core, target = mirage.FormatCore("fp32"), torch.zeros(4, 6)
    a, b = integers(4, 5), integers(5, 6, seed=1)
    with mirage.on_core(core):
        assert torch.mm(a, b, out=target) is target
        added = target.clone().addmm_(a, b)
    assert torch.equal(target, a @ b)
    assert torch.equal(added, 2 * (a @ b))
    assert core.ledger.total.gemms == 2
