"""Shapes that are told here are those that torch works out."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from mirage_core.tracing.shape_rules import RULES

aten = torch.ops.aten


def x(*shape: int, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    return torch.empty(*shape, device="meta", dtype=dtype)


IMAGE = x(2, 4, 9, 8)
LAST = x(2, 9, 8, 4).permute(0, 3, 1, 2)
CONVOLUTION = ([2, 1], [1, 0], [1, 2], False, [0, 0], 2)
CASES: list[tuple[Any, tuple[Any, ...]]] = [
    (aten.relu.default, (IMAGE,)),
    (aten.threshold_backward.default, (IMAGE, IMAGE, 0)),
    (aten.relu.default, (LAST,)),
    (aten.add.Tensor, (IMAGE, IMAGE)),
    (aten.add.Tensor, (LAST, IMAGE)),
    (aten.addmm.default, (x(5), x(2, 3), x(3, 5))),
    (aten.addmm.default, (x(2, 5), x(2, 3), x(3, 5))),
    (aten.convolution.default, (IMAGE, x(6, 2, 3, 2), None, *CONVOLUTION)),
    (
        aten.convolution_backward.default,
        (x(2, 6, 5, 6), IMAGE, x(6, 2, 3, 2), [6], *CONVOLUTION, [True, True, True]),
    ),
    (
        aten.convolution_backward.default,
        (x(2, 6, 5, 6), IMAGE, x(6, 2, 3, 2), None, *CONVOLUTION, [False, True, False]),
    ),
    (aten.mean.dim, (IMAGE, [-1, -2], True)),
    (aten.mean.dim, (IMAGE, [1])),
    (aten.div.Scalar, (IMAGE, 4)),
    (aten.div.Scalar, (LAST, 4)),
    (aten.max_pool2d_with_indices.default, (IMAGE, [3, 2], [2], [1, 0], [1, 1], False)),
    (aten.max_pool2d_with_indices.default, (IMAGE, [3], [], [0], [1], False)),
    (
        aten.max_pool2d_with_indices_backward.default,
        (
            x(2, 4, 4, 7), IMAGE, [3, 2], [2, 1], [0, 0], [1, 1], False,
            x(2, 4, 4, 7, dtype=torch.int64),
        ),
    ),
    (
        aten.native_batch_norm.default,
        (IMAGE, x(4), x(4), x(4), x(4), True, 0.1, 1e-5),
    ),
    (
        aten.native_batch_norm.default,
        (IMAGE, x(4), x(4), x(4), x(4), False, 0.1, 1e-5),
    ),
    (
        aten.native_batch_norm_backward.default,
        (IMAGE, IMAGE, x(4), x(4), x(4), x(4), x(4), True, 1e-5, [True, True, False]),
    ),
]  # fmt: skip


def described(result: Any) -> list[Any]:
    results = result if isinstance(result, list | tuple) else [result]
    return [None if r is None else (r.shape, r.stride(), r.dtype, r.device.type) for r in results]


@pytest.mark.parametrize(("operator", "given"), CASES)
def test_a_rule_says_what_torch_says(operator: Any, given: tuple[Any, ...]) -> None:
    defaults = [a.default_value for a in operator._schema.arguments[len(given) :]]
    told = RULES[str(operator._schema.name)]([*given, *defaults])
    assert told is not None
    assert described(told) == described(operator(*given))


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("aten::add", (IMAGE, 1.0)),
        ("aten::add", (IMAGE, x(8))),
        ("aten::addmm", (x(5), x(2, 3), x(4, 5))),
        ("aten::convolution", (IMAGE, x(4, 2, 3, 3), None, [1], [0], [1], True, [0], 1)),
        ("aten::convolution", (IMAGE, x(6, 4, 3, 3), None, [1], [0], [1], False, [0], 2)),
        ("aten::convolution", (IMAGE, x(6, 4, 11, 3), None, [1], [0], [1], False, [0], 1)),
        ("aten::native_batch_norm", (LAST, x(4), x(4), x(4), x(4), True, 0.1, 1e-5)),
        ("aten::max_pool2d_with_indices", (LAST, [3], [2], [0], [1], False)),
        ("aten::mean", (IMAGE, None, False)),
        ("aten::div", (IMAGE, IMAGE)),
        ("aten::max_pool2d_with_indices", (IMAGE, [3], [2], [0], [1], True)),
        ("aten::max_pool2d_with_indices", (IMAGE, [30], [2], [0], [1], False)),
    ],
)
def test_what_a_rule_does_not_know_is_left_to_torch(name: str, given: tuple[Any, ...]) -> None:
    assert RULES[name](given) is None


def test_a_convolutional_network_is_traced_without_the_compiler() -> None:
    code = (
        "import sys\n"
        "from mirage_core.networks.catalogue import NETWORKS\n"
        "NETWORKS['resnet50'].trace(2)\n"
        "assert 'torch._dynamo' not in sys.modules, 'compiler loaded'\n"
    )
    root = Path(__file__).parents[3]
    subprocess.run([sys.executable, "-c", code], check=True, cwd=root)
