"""Layers on the machine: gradients, conversion and back, what is refused."""

from __future__ import annotations

import copy
import operator
import pickle
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import nn

import mirage_core as mirage
from photonics.errors import InputError
from photonics.random import NoiseKey
from tests.mirage_core.helpers import exact_core, gradients, integers, noisy_core


@pytest.mark.parametrize(
    "layer",
    [
        nn.Linear(20, 6),
        nn.Linear(20, 6, bias=False),
        nn.Conv2d(4, 6, 3),
        nn.Conv2d(4, 6, (3, 2), stride=(2, 1), padding=(1, 2), dilation=(1, 2)),
        nn.Conv2d(4, 6, 3, groups=2, padding="same", bias=False),
        nn.Conv2d(4, 4, 3, padding=1, groups=4, padding_mode="circular"),
        nn.Conv2d(4, 6, 1, stride=2),
    ],
    ids=str,
)
def test_layers_equal_torch_on_numbers_that_the_format_holds(layer: nn.Module) -> None:
    shape = (3, 20) if isinstance(layer, nn.Linear) else (2, 4, 9, 8)
    with torch.no_grad():
        for i, parameter in enumerate(layer.parameters()):
            parameter.copy_(integers(*parameter.shape, seed=i))
    x = integers(*shape, seed=9)
    plain = copy.deepcopy(layer)
    upstream = integers(*plain(x).shape, seed=8)
    optical = mirage.convert(layer, exact_core())
    # Sums of small integers are exact in FP32, so any order gives the same bits.
    for found, expected in zip(
        gradients(optical, x, upstream), gradients(plain, x, upstream), strict=True
    ):
        assert torch.equal(found, expected)


def test_single_images_and_leading_axes() -> None:
    conv = mirage.convert(nn.Conv2d(2, 3, 3), exact_core())
    image = integers(2, 5, 5)
    assert torch.equal(conv(image), conv(image[None])[0])
    linear = mirage.convert(nn.Linear(6, 3), exact_core())
    x = integers(2, 4, 6)
    assert torch.equal(linear(x)[1, 2], linear(x[1, 2]))


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


@pytest.mark.parametrize("width", [1, 9, 15, 17, 32])
def test_inputs_of_the_wrong_width_are_refused(width: int) -> None:
    layer = mirage.convert(nn.Linear(16, 4), exact_core())
    with pytest.raises(InputError, match="must be 16 long"):
        layer(torch.ones(2, width))
    with pytest.raises(InputError, match="columns meet"):
        exact_core().gemm(torch.ones(4, 16), torch.ones(2, width), NoiseKey.from_seed(0), "x")


@pytest.mark.parametrize("shape", [(2, 2, 8, 8), (2, 4, 8, 8), (8, 8), (2, 8, 8)])
def test_images_of_the_wrong_channels_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(InputError, match="3 channels"):
        mirage.convert(nn.Conv2d(3, 4, 3), exact_core())(torch.ones(shape))


def test_layers_keep_to_half_and_single_precision() -> None:
    layer = mirage.convert(nn.Linear(8, 4), exact_core())
    with pytest.raises(InputError, match="float64"):
        layer(torch.ones(2, 8, dtype=torch.float64))
    half = mirage.convert(nn.Sequential(nn.Linear(8, 4), nn.LayerNorm(4)).bfloat16(), exact_core())
    assert half(torch.ones(2, 8, dtype=torch.bfloat16)).dtype == torch.bfloat16


def test_a_module_in_two_places_goes_by_either_name() -> None:
    class Tied(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.enc = nn.Linear(4, 4)
            self.dec = self.enc

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.dec(self.enc(x))

    model = mirage.convert(Tied(), noisy_core(), include=["dec"])
    assert type(model.enc).__name__ == "OpticalLinear"
    assert len(list(model.parameters())) == 2


@pytest.mark.parametrize("core", ["robust", {}, None])
def test_what_is_no_core_is_refused(core: object) -> None:
    with pytest.raises(InputError, match="core = "):
        mirage.convert(nn.Linear(2, 2), core)  # type: ignore[arg-type]


def test_conversion_is_in_place_and_undone() -> None:
    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.Flatten(), nn.Linear(72, 3))
    parameters, keys = list(model.parameters()), list(model.state_dict())
    core = exact_core()
    assert mirage.convert(model, core) is model
    assert all(a is b for a, b in zip(model.parameters(), parameters, strict=True))
    assert list(model.state_dict()) == keys
    assert type(model[0]).__name__ == "OpticalConv2d"
    x = torch.randn(2, 1, 8, 8)
    assert mirage.revert(model) is model
    assert type(model[0]) is nn.Conv2d
    assert type(model[2]) is nn.Linear
    plain = nn.Sequential(nn.Conv2d(1, 2, 3), nn.Flatten(), nn.Linear(72, 3))
    plain.load_state_dict(model.state_dict())
    assert torch.equal(model(x), plain(x))
    assert core.steps.counts["train"] == 0


def test_patterns_choose_layers_and_cores() -> None:
    first, second = exact_core(), exact_core()
    model = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 4), nn.Linear(4, 4))
    mirage.convert(model, {"0": first, "*": second}, exclude=["2"])
    assert model[0].optical_core is first
    assert model[1].optical_core is second
    assert type(model[2]) is nn.Linear
    for wrong in ({"include": ["fc*"]}, {"exclude": ["3"]}):
        with pytest.raises(InputError, match="matches no convertible layer"):
            mirage.convert(model, first, **wrong)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="no Linear or Conv2d"):
        mirage.convert(nn.ReLU(), first)


def test_report_names_what_stays_digital() -> None:
    class Mixed(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.fc, self.norm = nn.Linear(6, 6), nn.LayerNorm(6)
            self.extra = nn.Parameter(torch.ones(6, 6))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return F.linear(self.norm(self.fc(x)), self.extra)

    model = mirage.convert(Mixed(), exact_core())
    found = mirage.report(model, torch.ones(5, 6))
    places = {r.name: (r.place, r.macs) for r in found.layers}
    assert places["fc"] == ("optical", 5 * 36)
    assert places["norm"][0] == "digital"
    assert found.unseen_macs == 5 * 36
    assert "outside of layers" in str(found)
    assert type(model.fc).__name__ == "OpticalLinear"
    assert model.training


def test_models_copy_and_pickle() -> None:
    core = noisy_core()
    model = mirage.convert(nn.Sequential(nn.Linear(8, 8), nn.Linear(8, 2)), core)
    x = torch.randn(3, 8)
    twin = copy.deepcopy(model)
    assert twin[0].optical_core is core
    loaded = pickle.loads(pickle.dumps(model))
    with core.step(0):
        here = model(x)
    with loaded[0].optical_core.step(0):
        assert torch.equal(loaded(x), here)
    assert loaded[0].optical_core is loaded[1].optical_core


def test_autocast_feeds_fp32() -> None:
    layer = mirage.convert(nn.Linear(8, 4), exact_core())
    x = integers(3, 8)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        y = layer(x)
    assert y.dtype == torch.float32
    assert torch.equal(y, layer(x))


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
