"""Both backward products, and what is refused."""

from __future__ import annotations

import operator
from typing import Any

import pytest
import torch
from torch import nn

import mirage_core as mirage
from tests.mirage_core.helpers import exact_core, gradients, integers, noisy_core


def test_frozen_operands_cost_no_products() -> None:
    core = noisy_core()
    model = mirage.convert(nn.Sequential(nn.Linear(8, 8), nn.Linear(8, 2)), core)
    model[0].weight.requires_grad_(False)
    model(torch.randn(4, 8)).sum().backward()
    assert core.ledger.kinds["dw"].gemms == 1
    assert core.ledger.kinds["dx"].gemms == 1  # the first layer's bias asks for no product


def test_double_backward_is_refused() -> None:
    layer = mirage.convert(nn.Linear(4, 4), exact_core())
    x = torch.randn(2, 4, requires_grad=True)
    (grad,) = torch.autograd.grad(layer(x).square().sum(), x, create_graph=True)
    with pytest.raises(RuntimeError, match="once_differentiable"):
        grad.sum().backward()


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

    def backend(graph: torch.fx.GraphModule, inputs: list[torch.Tensor]) -> Any:
        graphs.append([n.target for n in graph.graph.nodes if n.op == "call_function"])
        return graph.forward

    x = torch.randn(5, 8, generator=torch.Generator().manual_seed(1))
    found = []
    for compiled in (False, True):
        torch.manual_seed(0)
        core = noisy_core()
        model = mirage.convert(nn.Sequential(nn.Linear(8, 8), nn.ReLU(), nn.Linear(8, 4)), core)
        run = torch.compile(model, backend=backend) if compiled else model
        for step in range(12):
            with core.step(step):
                y = run(x)
                y.square().sum().backward()
        found.append([y, *(p.grad for p in model.parameters())])
    assert all(torch.equal(a, b) for a, b in zip(*found, strict=True))
    # One bias of each layer; the same graphs serve all steps.
    assert graphs == [[operator.add]] * 2
