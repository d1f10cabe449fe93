"""einsum and tensordot, on the core."""

from __future__ import annotations

from typing import Any

import pytest
import torch

import mirage_core as mirage
from photonics.errors import InputError
from tests.mirage_core.helpers import gaussian
from tests.mirage_core.learning.agreement import assert_agrees_in_context


def operands(*shapes: tuple[int, ...]) -> list[torch.Tensor]:
    return [gaussian(*shape, seed=i) for i, shape in enumerate(shapes)]


@pytest.mark.parametrize(
    ("equation", "shapes"),
    [
        ("ij,jk->ik", [(2, 3), (3, 4)]),
        ("ij,kj", [(2, 3), (4, 3)]),
        ("bhqd,bhkd->bhqk", [(2, 3, 4, 5), (2, 3, 6, 5)]),
        ("b h q k, b k h d -> b q h d", [(2, 3, 4, 6), (2, 6, 3, 5)]),
        ("...ij,...jk->...ik", [(2, 1, 3, 4), (5, 4, 6)]),
        ("...d,ed->...e", [(2, 3, 4), (5, 4)]),
        ("abc,cd,de->abe", [(2, 3, 4), (4, 5), (5, 6)]),
        ("ijk,kjl->il", [(2, 3, 4), (4, 3, 5)]),
        ("bi,bi->b", [(3, 4), (3, 4)]),
        ("iij,jk->ik", [(3, 3, 4), (4, 2)]),
        ("ijx,jk->ik", [(3, 4, 2), (4, 5)]),
    ],
)
def test_einsum_is_that_of_torch(equation: str, shapes: Any) -> None:
    assert_agrees_in_context(lambda *x: torch.einsum(equation, *x), *operands(*shapes))


@pytest.mark.parametrize(
    ("equation", "shapes"), [("i,j->ij", [(2,), (3,)]), ("ii->i", [(3, 3)]), ("ij->", [(2, 3)])]
)
def test_what_contracts_nothing_is_no_product(equation: str, shapes: Any) -> None:
    core, given = mirage.FormatCore("fp32"), operands(*shapes)
    with mirage.on_core(core):
        found = torch.einsum(equation, *given)
    torch.testing.assert_close(found, torch.einsum(equation, *given))
    assert core.ledger.kinds == {}


def test_lists_of_axes_serve_for_letters() -> None:
    a, b = operands((2, 3, 4), (3, 4, 5))
    assert_agrees_in_context(lambda a, b: torch.einsum(a, [0, 1, 2], b, [1, 2, 3], [3, 0]), a, b)
    assert_agrees_in_context(lambda a, b: torch.einsum(a, [..., 2], b, [3, 2, ...]), a, b[:, :, :3])


@pytest.mark.parametrize("dims", [1, 2, ([0, 2], [1, 0]), ([-1], [0])])
def test_tensordot_is_that_of_torch(dims: Any) -> None:
    a, b = operands((3, 4, 4), (4, 4, 3) if dims == 1 else (4, 3, 5))
    if dims == 2:
        a, b = operands((2, 3, 4), (3, 4, 5))
    if dims == ([0, 2], [1, 0]):
        a, b = operands((3, 2, 4), (4, 3, 5))
    assert_agrees_in_context(lambda a, b: torch.tensordot(a, b, dims), a, b)


@pytest.mark.parametrize(
    ("equation", "shapes", "message"),
    [
        ("ij,jk->ik", [(2, 3), (4, 5)], "long elsewhere"),
        ("ij,jk->ik", [(2, 3)], "has 2 terms"),
        ("ij,jk->ik", [(2, 3), (3, 4, 5)], "must have 2 axes"),
    ],
)
def test_equations_that_do_not_fit_are_refused(equation: str, shapes: Any, message: str) -> None:
    with mirage.on_core(mirage.FormatCore("fp32")), pytest.raises(InputError, match=message):
        torch.einsum(equation, *operands(*shapes))
    with mirage.on_core(mirage.FormatCore("fp32")), pytest.raises(InputError, match="equally"):
        torch.tensordot(*operands((2, 3), (4, 5)), 1)
