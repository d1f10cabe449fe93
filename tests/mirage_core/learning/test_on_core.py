"""The context that puts foreign products on a core."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn
from torch.nn.attention.flex_attention import flex_attention
from torch.nn.utils.parametrizations import orthogonal
from torch.utils.checkpoint import checkpoint

import mirage_core as mirage
from photonics.errors import InputError
from tests.mirage_core.helpers import exact_core, gaussian, integers, noisy_core


def test_a_context_is_one_step_and_its_end_is_the_end() -> None:
    core = noisy_core()
    a, b = gaussian(4, 32), gaussian(32, 4, seed=1)
    with mirage.on_core(core):
        first, second = a @ b, a @ b
    assert not torch.equal(first, second)
    assert core.steps.counts["train"] == 1
    with mirage.on_core(core, training=False):
        pass
    assert core.steps.counts == {"train": 1, "evaluation": 1}
    gemms = core.ledger.total.gemms
    a @ b
    assert core.ledger.total.gemms == gemms == 2
    core.steps.counts["train"] = 0
    with mirage.on_core(core):
        assert torch.equal(a @ b, first)


def test_an_error_inside_ends_the_context() -> None:
    core = exact_core()
    with pytest.raises(KeyboardInterrupt), mirage.on_core(core):
        raise KeyboardInterrupt
    integers(2, 2) @ integers(2, 2)
    assert core.ledger.kinds == {}


def test_gradients_inside_of_a_context_are_taken_once() -> None:
    core = mirage.FormatCore("fp32")
    a = gaussian(4, 5).requires_grad_()
    with mirage.on_core(core):
        torch.autograd.backward((a @ gaussian(5, 6)).sum())
    assert {kind: n.gemms for kind, n in core.ledger.kinds.items()} == {"forward": 1, "dw": 1}


class OwnGradient(torch.autograd.Function):
    """A product with a backward of its own."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, w: torch.Tensor) -> torch.Tensor:
        ctx.save_for_backward(x, w)
        return x @ w

    @staticmethod
    def backward(ctx: Any, grad: torch.Tensor) -> Any:
        x, w = ctx.saved_tensors
        return grad @ w.T, x.T @ grad


@pytest.mark.parametrize(
    "go_back",
    [
        torch.Tensor.backward,
        torch.autograd.backward,
        lambda loss: torch.autograd.grad(loss, loss.leaves),
    ],
)
def test_a_backward_of_somebodys_own_is_on_the_core_where_it_is_called_inside(
    go_back: Callable[[torch.Tensor], Any],
) -> None:
    found = []
    for _ in range(2):
        core = noisy_core()
        x, w = (gaussian(16, 16, seed=i).requires_grad_() for i in range(2))
        with core.step(3), mirage.on_core(core):
            loss = (OwnGradient.apply(x, w) @ w).sum()  # type: ignore[no-untyped-call]
            loss.leaves = x, w
            given = go_back(loss)
        found.append(given or (x.grad, w.grad))
        assert {kind: n.gemms for kind, n in core.ledger.kinds.items()} == {
            "forward": 4,
            "dx": 1,
            "dw": 1,
        }
        assert core.steps.counts["train"] == 0
    assert all(torch.equal(a, b) for a, b in zip(*found, strict=True))
    assert not torch.equal(found[0][0], w.detach().sum(1) @ w.detach().T)


def test_what_is_computed_again_in_the_backward_is_on_the_core_with_the_same_noise() -> None:
    def block(x: torch.Tensor, w: torch.Tensor) -> torch.Tensor:
        return torch.relu(x @ w) @ w

    found = []
    for again in (False, True):
        core = noisy_core()
        x, w = (gaussian(16, 16, seed=i).requires_grad_() for i in range(2))
        with mirage.on_core(core):
            if again:
                contexts = core.checkpoint_contexts
                y = checkpoint(block, x, w, use_reentrant=False, context_fn=contexts)
            else:
                y = block(x, w)
        y.sum().backward()
        found.append((y, x.grad, w.grad))
        assert core.ledger.kinds["forward"].gemms == (4 if again else 2)
    assert all(torch.equal(a, b) for a, b in zip(*found, strict=True))  # type: ignore[arg-type]


@pytest.mark.parametrize("reentrant", [True, False])
def test_what_would_be_computed_again_digitally_is_refused(reentrant: bool) -> None:
    core, x = exact_core(), gaussian(4, 4).requires_grad_()
    refused = pytest.raises(InputError, match=r"checkpoint = .*use_reentrant=False and context_fn")
    with mirage.on_core(core):
        with refused:
            checkpoint(lambda a: a @ a, x, use_reentrant=reentrant)
        layer = mirage.convert(nn.Linear(4, 4), core)
        # Regions without products of their own are torch's matter.
        checkpoint(torch.relu, x, use_reentrant=reentrant)
        layer(x)
    assert core.ledger.total.gemms == 1


def test_the_arithmetic_of_a_core_is_not_put_on_a_core() -> None:
    inner, outer = exact_core(), mirage.FormatCore("fp32")
    layer = mirage.convert(nn.Linear(5, 4), inner)
    with mirage.on_core(outer):
        y = layer(gaussian(3, 5))
        y @ gaussian(4, 2)
        inner.matmul(gaussian(2, 3), gaussian(3, 2))
        mirage.FormatCore("fp32").matmul(gaussian(2, 3), gaussian(3, 2))
    assert {kind: n.macs for kind, n in inner.ledger.kinds.items()} == {"forward": 60, "matmul": 12}
    assert outer.ledger.total.macs == 24


@pytest.mark.filterwarnings("ignore:flex_attention called without")
@pytest.mark.parametrize(
    "call",
    [
        lambda x: torch.cdist(x, x),
        lambda x: torch.linalg.multi_dot([x, x]),
        lambda x: torch.linalg.matrix_power(x, 3),
        lambda x: x.matrix_power(3),
        lambda x: torch.linalg.vecdot(x, x),
        lambda x: torch.nn.grad.conv2d_input((1, 1, 5, 5), x[None, None], x[None, None]),
        lambda _: flex_attention(*[torch.ones(1, 1, 128, 16)] * 3),
    ],
)
def test_products_without_a_form_on_a_core_are_refused(call: object) -> None:
    with (
        mirage.on_core(exact_core(), "distances"),
        pytest.raises(InputError, match=r"distances: function = .* has no form on a core; \w+"),
    ):
        call(torch.ones(3, 3))  # type: ignore[operator]


@pytest.mark.parametrize("dtype", [torch.float64, torch.int64, torch.complex64])
def test_numbers_of_other_types_are_refused(dtype: torch.dtype) -> None:
    x = torch.ones(3, 3, dtype=dtype)
    with mirage.on_core(exact_core()), pytest.raises(InputError, match="cast it by"):
        x @ x


def test_what_is_no_core_is_refused() -> None:
    with pytest.raises(InputError, match="must be a core"), mirage.on_core("robust"):  # type: ignore[arg-type]
        pass


def test_weights_of_layers_are_made_digitally_inside_as_well() -> None:
    core, x = mirage.FormatCore("fp32"), gaussian(3, 4)
    model = mirage.convert(nn.Sequential(orthogonal(nn.Linear(4, 4))), core)
    with mirage.on_core(core):
        y = model(x)
    assert core.ledger.total.macs == 48
    assert torch.equal(y, model(x))
