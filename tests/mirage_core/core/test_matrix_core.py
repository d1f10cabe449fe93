"""Products of any core: shapes and types as those of torch."""

from __future__ import annotations

import pytest
import torch

from mirage_core import TensorCore
from photonics.errors import InputError


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ((5, 20), (20, 7)),
        ((20,), (20, 7)),
        ((5, 20), (20,)),
        ((20,), (20,)),
        ((3, 5, 20), (20, 7)),
        ((5, 20), (3, 20, 7)),
        ((2, 1, 5, 20), (3, 20, 7)),
        ((3, 5, 20), (20,)),
        ((20,), (3, 20, 7)),
        ((0, 20), (20, 7)),
        ((5, 0), (0, 7)),
        ((0, 5, 20), (0, 20, 7)),
    ],
)
@pytest.mark.parametrize("stationary", ["a", "b"])
def test_shapes_are_those_of_torch(a: tuple[int, ...], b: tuple[int, ...], stationary: str) -> None:
    generator = torch.Generator().manual_seed(0)
    x = torch.randint(-3, 4, a, generator=generator).float()
    y = torch.randint(-3, 4, b, generator=generator).float()
    core = TensorCore("isca2024-ideal", fidelity="integer")
    # Mantissas of four bits hold these integers exactly.
    assert torch.equal(core.matmul(x, y, stationary=stationary), x @ y)  # type: ignore[arg-type]


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_goes_in_and_fp32_comes_out(dtype: torch.dtype) -> None:
    core = TensorCore("isca2024-ideal", fidelity="integer")
    product = core.matmul(torch.eye(3, dtype=dtype), torch.eye(3, dtype=dtype))
    assert product.dtype == torch.float32
    assert torch.equal(product, torch.eye(3))


@pytest.mark.parametrize(
    ("a", "b", "message"),
    [
        (torch.ones(2, 3), torch.ones(4, 2), "3 columns meet 4 rows"),
        (torch.ones(2, 3).double(), torch.ones(3, 2), "float64"),
        (torch.ones(2, 3).int(), torch.ones(3, 2), "int32"),
        (torch.tensor(1.0), torch.ones(3, 2), "scalar"),
        (torch.ones(2, 4, 3), torch.ones(3, 3, 2), "broadcast"),
    ],
)
def test_what_does_not_multiply_is_refused(a: torch.Tensor, b: torch.Tensor, message: str) -> None:
    with pytest.raises(InputError, match=message):
        TensorCore("isca2024-ideal", fidelity="integer").matmul(a, b)
