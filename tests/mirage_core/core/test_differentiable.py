"""Both backward products, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn

import mirage_core as mirage
from photonics.errors import InputError
from tests.mirage_core.helpers import exact_core, gaussian, gradients, integers, noisy_core


def test_frozen_operands_cost_no_products() -> None:
    core = noisy_core()
    model = mirage.convert(nn.Sequential(nn.Linear(8, 8), nn.Linear(8, 2)), core)
    model[0].weight.requires_grad_(False)
    model(torch.randn(4, 8)).sum().backward()
    assert core.ledger.kinds["dw"].gemms == 1
    assert core.ledger.kinds["dx"].gemms == 1  # the first layer's bias asks for no product


def penalty(layer: nn.Module, x: torch.Tensor) -> torch.Tensor:
    """A loss on a gradient that comes in, which depends on the input and on the weight."""
    return torch.autograd.grad(layer(x).square().sum(), x, create_graph=True)[0].sum()


def penalty_of_weight(layer: nn.Module, x: torch.Tensor) -> torch.Tensor:
    """The same where the gradient that comes in is constant, beside a term that has a gradient."""
    (grad,) = torch.autograd.grad(layer(x).sum(), layer.weight, create_graph=True)
    return grad.square().sum() + layer(x).sum()


def curvature(layer: nn.Module, x: torch.Tensor) -> torch.Tensor:
    """Second derivatives, which are not zero."""
    found = torch.autograd.functional.hessian(lambda x: layer(x).tanh().sum(), x)
    assert isinstance(found, torch.Tensor)
    return found.requires_grad_().sum()


@pytest.mark.parametrize("loss", [penalty, penalty_of_weight, curvature])
def test_gradients_have_no_gradients_whatever_they_depend_on(
    loss: Callable[[nn.Module, torch.Tensor], torch.Tensor],
) -> None:
    x, layer = gaussian(2, 4).requires_grad_(), nn.Linear(4, 4)
    loss(layer, x).backward()
    mirage.convert(layer, exact_core())
    with pytest.raises(InputError, match=r"differentiated twice.*; revert.. the model") as refused:
        loss(layer, x).backward()
    assert "\n" not in str(refused.value)


def test_a_graph_of_gradients_may_be_kept_as_long_as_nobody_differentiates_it() -> None:
    layer = mirage.convert(nn.Linear(4, 4), exact_core())
    x = integers(2, 4).requires_grad_()
    for wanted in ([x], [layer.weight], [x, layer.weight]):
        found, plain = (
            torch.autograd.grad(layer(x).sum(), wanted, create_graph=kept) for kept in (True, False)
        )
        assert all(torch.equal(a, b) for a, b in zip(found, plain, strict=True))


@pytest.mark.filterwarnings("ignore:.torch.jit:DeprecationWarning")
def test_tangents_and_batches_of_gradients_are_refused_in_a_line() -> None:
    layer, x = mirage.convert(nn.Linear(4, 4), exact_core()), gaussian(2, 4).requires_grad_()
    with torch.autograd.forward_ad.dual_level():
        dual = torch.autograd.forward_ad.make_dual(x, torch.ones_like(x))
        with pytest.raises(InputError, match="in forward mode"):
            layer(dual)
    batch = torch.ones(3, 2, 4)
    with pytest.raises(InputError, match="gradients = 'in a batch'"):
        torch.autograd.grad(layer(x), x, batch, is_grads_batched=True)


def test_backward_under_autocast_is_fp32() -> None:
    x, upstream = integers(4, 8), integers(4, 6, seed=2)
    results = []
    for enabled in (False, True):
        layer = mirage.convert(nn.Linear(8, 6, bias=False), exact_core())
        with torch.no_grad():
            layer.weight.copy_(integers(6, 8, seed=1) + 0.25)
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=enabled):
            results.append(gradients(layer, x, upstream))
    for plain, cast in zip(*results, strict=True):
        assert torch.equal(plain, cast)


@pytest.mark.filterwarnings("ignore:The .grad attribute of a Tensor")
def test_a_compiler_leaves_products_alone_and_compiles_what_is_between() -> None:
    graphs = []

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.up, self.down = nn.Linear(8, 8), nn.Linear(8, 4)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.down(torch.relu(self.up(x)))

    def backend(graph: torch.fx.GraphModule, inputs: list[torch.Tensor]) -> Any:
        graphs.append([n.target for n in graph.graph.nodes if n.op == "call_function"])
        return graph.forward

    x = torch.randn(5, 8, generator=torch.Generator().manual_seed(1))
    found = []
    for compiled in (False, True):
        torch.manual_seed(0)
        core = noisy_core()
        model = mirage.convert(Net(), core)
        run = torch.compile(model, backend=backend) if compiled else model
        for step in range(12):
            with core.step(step):
                y = run(x)
                y.square().sum().backward()
        found.append([y, *(p.grad for p in model.parameters())])
    assert all(torch.equal(a, b) for a, b in zip(*found, strict=True))
    # The same graph serves all steps.
    assert graphs == [[torch.relu]]


@pytest.mark.parametrize("stationary", ["a", "b"])
@pytest.mark.parametrize(
    ("a", "b"),
    [
        ((4, 5), (5, 6)),
        ((5,), (5, 6)),
        ((4, 5), (5,)),
        ((2, 1, 4, 5), (3, 5, 6)),
        ((3, 4, 5), (5, 6)),
    ],
)
def test_a_product_has_all_of_its_gradients_on_the_core(
    a: tuple[int, ...], b: tuple[int, ...], stationary: Any
) -> None:
    core = exact_core()
    x, y = (integers(*shape, seed=i).requires_grad_() for i, shape in enumerate((a, b)))
    expected = x @ y
    upstream = integers(*expected.shape, seed=2)
    found = core.matmul(x, y, stationary)
    assert found.is_contiguous()
    assert torch.equal(found, expected)
    wanted = torch.autograd.grad(expected, (x, y), upstream)
    for gradient, own in zip(torch.autograd.grad(found, (x, y), upstream), wanted, strict=True):
        assert torch.equal(gradient, own)
    counts = core.ledger.kinds
    assert counts["dx"].macs == counts["dw"].macs == counts["matmul"].macs > 0
    assert counts["dx"].integers > 0


def test_noise_of_the_gradients_is_their_own_and_repeats() -> None:
    found = []
    for _ in range(2):
        core = noisy_core()
        x, y = (gaussian(16, 16, seed=i).requires_grad_() for i in range(2))
        core.matmul(x, y).sum().backward()
        found += [x.grad, y.grad]
    assert torch.equal(found[0], found[2])  # type: ignore[arg-type]
    assert torch.equal(found[1], found[3])  # type: ignore[arg-type]
    assert core.ledger.total.errors.total() > 0


def test_a_rehearsal_notes_products_and_leaves_no_trace() -> None:
    core = noisy_core()
    x = gaussian(4, 5).requires_grad_()
    with core.rehearsal() as noted:
        y = core.matmul(x, gaussian(5, 6))
        y.sum().backward()
    torch.testing.assert_close(y, x @ gaussian(5, 6))
    assert [(p.layer, p.kind, p.macs) for p in noted] == [
        ("matmul", "matmul", 120),
        ("matmul", "dw", 120),
    ]
    assert core.ledger.kinds == {}
    assert core.steps.counts == {"train": 0, "evaluation": 0}


@pytest.mark.filterwarnings(
    "ignore:.torch.jit:DeprecationWarning", "ignore::torch.jit.TracerWarning"
)
@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda core, x: core.matmul(x.to("meta"), x.to("meta")), "meta device': has no numbers"),
        (lambda core, x: core.matmul(x.to_sparse(), x), r"sparse_coo': must be dense"),
        (lambda core, x: torch.vmap(core.matmul)(x[None], x[None]), "inside torch.func"),
        (lambda core, x: torch.func.grad(lambda a: core.matmul(a, x).sum())(x), "torch.func"),
        (lambda core, x: torch.jit.trace(core.matmul, (x, x)), "in torch.jit.trace"),
    ],
)
def test_what_cannot_be_computed_is_refused_with_the_remedy(
    call: Callable[..., Any], message: str
) -> None:
    core = exact_core()
    with pytest.raises(InputError, match=f"{message}.*; \\w+"):
        call(core, torch.ones(3, 3))
    assert core.ledger.kinds == {}
