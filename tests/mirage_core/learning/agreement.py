"""Whether what runs on a core is what torch computes, product for product."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._pytree import tree_leaves

import mirage_core as mirage
from mirage_core.tracing.trace import trace
from tests.mirage_core.helpers import gaussian

Results = list[Tensor | None]


class Calls(nn.Module):
    """A function as a network."""

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__()
        self.function = function

    def forward(self, *inputs: Any) -> Any:
        return self.function(*inputs)


def results(model: nn.Module, inputs: tuple[Any, ...]) -> Results:
    """Outputs, and gradients of inputs and parameters."""
    given = [x.detach().clone().requires_grad_() if is_real(x) else x for x in inputs]
    outputs = [y for y in tree_leaves(model(*given)) if isinstance(y, Tensor) and is_real(y)]
    weighted = [
        (y * gaussian(y.numel(), seed=i).view(y.shape)).sum() for i, y in enumerate(outputs)
    ]
    wanted = [x for x in given if is_real(x)] + list(model.parameters())
    gradients = torch.autograd.grad(sum(weighted), wanted, allow_unused=True)  # type: ignore[arg-type]
    return [*outputs, *gradients]


def is_real(x: Any) -> bool:
    return isinstance(x, Tensor) and x.is_floating_point()


def assert_equal(found: Results, expected: Results) -> None:
    """Equal within rounding, in torch's memory format."""
    assert len(found) == len(expected)
    for a, b in zip(found, expected, strict=True):
        assert (a is None) == (b is None)
        if a is not None and b is not None:
            torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-5)
    a, b = found[0], expected[0]
    assert a is not None
    assert b is not None
    assert a.is_contiguous() or not b.is_contiguous()


def assert_agrees(model: nn.Module, *inputs: Any, counted: bool = True) -> None:
    """A converted network, and the products in its core's ledger, are those of the plain one."""
    plain, core = copy.deepcopy(model), mirage.FormatCore("fp32")
    expected = results(plain, inputs)
    converted = mirage.convert(model, core)
    assert_equal(results(converted, inputs), expected)
    if counted:
        assert_counted(core, plain, inputs)


def assert_agrees_in_context(
    function: Callable[..., Any], *inputs: Any, counted: bool = True
) -> None:
    """The same of a function in a context, its backward being outside of it."""
    core, plain = mirage.FormatCore("fp32"), Calls(function)

    def inside(*given: Any) -> Any:
        with mirage.on_core(core):
            return function(*given)

    assert_equal(results(Calls(inside), inputs), results(plain, inputs))
    if counted:
        assert_counted(core, plain, inputs)


def assert_counted(core: mirage.FormatCore, plain: nn.Module, inputs: tuple[Any, ...]) -> None:
    """The ledger of a forward and a backward against the operators of the plain network."""
    with no_shortcuts():
        products = trace(plain, inputs, input_gradient=True).products
    for kinds in (("forward",), ("dx", "dw")):
        expected = sum(p.macs for p in products if p.computation in kinds)
        found = sum(core.ledger.kinds[kind].macs for kind in kinds if kind in core.ledger.kinds)
        assert found == expected > 0


@contextmanager
def no_shortcuts() -> Iterator[None]:
    """Attention by operators that keep the scores, as a core does."""
    with torch.nn.attention.sdpa_kernel(torch.nn.attention.SDPBackend.MATH):
        yield
