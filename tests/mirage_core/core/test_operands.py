"""Operands that a core multiplies, and those that it refuses in a line."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from mirage_core.core.operands import check_operands, require_computable, require_single
from photonics.errors import InputError

MATRIX = torch.zeros(2, 3)


@pytest.mark.parametrize(
    "b", [torch.zeros(3), torch.zeros(3, 4), torch.zeros(5, 3, 4), torch.zeros(3, 4).half()]
)
def test_what_torch_multiplies_is_accepted(b: Tensor) -> None:
    check_operands(MATRIX, b)
    require_computable(MATRIX, b)


@pytest.mark.parametrize(
    ("a", "b", "said"),
    [
        (MATRIX, [1.0], "b = 'list': must be a tensor"),
        (MATRIX.double(), MATRIX.T, "a = 'torch.float64': must be float32"),
        (torch.tensor(1.0), MATRIX, "a = 'a scalar': must have at least one axis"),
        (MATRIX, torch.zeros(2, 4), "3 columns meet 2 rows"),
        (torch.zeros(2, 2, 3), torch.zeros(3, 3, 4), "leading axes must broadcast"),
    ],
)
def test_what_torch_does_not_multiply_is_refused(a: Tensor, b: Tensor, said: str) -> None:
    with pytest.raises(InputError, match=said):
        check_operands(a, b)


@pytest.mark.parametrize(
    ("operand", "said"),
    [(MATRIX.to("meta"), "has no numbers"), (MATRIX.to_sparse(), "must be dense")],
)
def test_what_holds_no_plain_numbers_is_refused(operand: Tensor, said: str) -> None:
    with pytest.raises(InputError, match=said):
        require_computable(operand)


def test_gradients_in_a_batch_are_refused() -> None:
    x = MATRIX.clone().requires_grad_()
    seen: list[Tensor] = []

    class Held(torch.autograd.Function):
        @staticmethod
        def forward(context: object, given: Tensor) -> Tensor:
            return 2.0 * given

        @staticmethod
        def backward(context: object, grad: Tensor) -> Tensor:
            require_single(grad)
            seen.append(grad)
            return 2.0 * grad

    y = Held.apply(x)
    torch.autograd.grad(y, x, torch.ones_like(y), retain_graph=True)
    assert len(seen) == 1
    with pytest.raises(InputError, match="in a batch"):
        torch.autograd.grad(y, x, torch.stack([torch.ones_like(y)] * 2), is_grads_batched=True)
