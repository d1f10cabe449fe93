"""Operators without products: known by tag, by kind or by name."""

from __future__ import annotations

import pytest
import torch

from mirage_core.tracing.harmless import WITHOUT_PRODUCTS, has_no_product, name_of
from mirage_core.tracing.operators import FORWARD

aten = torch.ops.aten


@pytest.mark.parametrize(
    ("operator", "known"),
    [
        (aten.add.Tensor, True),
        (aten.sum.dim_IntList, True),
        (aten.transpose.int, True),
        (aten.native_batch_norm.default, True),
        (aten._cdist_forward.default, False),
        (aten.linalg_inv_ex.default, False),
        (aten._trilinear.default, False),
        (aten._linalg_check_errors.default, True),
    ],
)
def test_what_is_not_known_may_hold_a_product(operator: object, known: bool) -> None:
    assert has_no_product(operator, tensors=1) == known
    assert has_no_product(operator, tensors=0)


def test_no_operator_is_both() -> None:
    assert WITHOUT_PRODUCTS.isdisjoint(FORWARD)
    assert name_of(aten.mm.default) == "aten::mm"
    # Names are those of operators that torch has, somewhere.
    existing = {name.partition(".")[0] for name in torch._C._dispatch_get_all_op_names()}
    assert (WITHOUT_PRODUCTS | set(FORWARD)) - existing == set()
