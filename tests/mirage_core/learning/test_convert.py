"""Conversion of models: which layers run on which core, and back."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn
from torch.nn.utils.parametrizations import weight_norm
from torch.nn.utils.parametrize import remove_parametrizations
from torch.utils.checkpoint import checkpoint

import mirage_core as mirage
from mirage_core.learning.layers import OpticalLayer
from photonics.errors import InputError
from tests.mirage_core.helpers import exact_core, noisy_core


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


@pytest.mark.parametrize("core", ["robust", {}, None, {"*": "robust"}])
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


def test_a_part_that_is_cut_out_is_a_step_and_reverts_with_the_whole() -> None:
    core = noisy_core()
    model = mirage.convert(nn.Sequential(nn.Linear(4, 4), nn.ReLU(), nn.Linear(4, 2)), core)
    x, part = torch.randn(3, 4), model[:2]
    with core.step(0):
        expected = model(x)
    with core.step(0):
        assert torch.equal(model[2](part(x)), expected)
    part(x)
    assert core.steps.counts["train"] == 1
    region = part[:1]
    with core.step(1):
        y = checkpoint(region, x, use_reentrant=False, context_fn=core.checkpoint_contexts)
    y.sum().backward()
    mirage.revert(model)
    part(x)
    assert core.steps.counts["train"] == 1


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
    with pytest.raises(InputError, match="no layer with products"):
        mirage.convert(nn.ReLU(), first)


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


def test_patterns_come_in_any_iterable() -> None:
    def chosen(**patterns: Any) -> list[bool]:
        model = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 4), nn.Linear(4, 4))
        mirage.convert(model, exact_core(), **patterns)
        return [isinstance(layer, OpticalLayer) for layer in model]

    for given in (["0", "1"], ("0", "1"), {"0", "1"}, (n for n in "01"), {"0": 0, "1": 1}):
        assert chosen(include=given) == [True, True, False]
    assert chosen(exclude=(n for n in "01")) == [False, False, True]
    assert chosen(include="0") == [True, False, False]


@pytest.mark.parametrize(
    "patterns",
    [
        {"include": []},
        {"exclude": "*"},
        {"include": ["0"], "exclude": ["0"]},
        {"include": iter(())},
    ],
)
def test_patterns_that_select_nothing_are_refused(patterns: Any) -> None:
    model = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 4))
    with pytest.raises(InputError, match="together select none of the layers 0, 1"):
        mirage.convert(model, exact_core(), **patterns)
    with pytest.raises(InputError, match="together select none"):
        mirage.convert(model, {"0": exact_core()}, exclude="0")
    assert type(model[0]) is nn.Linear


@pytest.mark.parametrize("patterns", [3, [3], [None]])
def test_what_is_no_pattern_is_refused(patterns: Any) -> None:
    with pytest.raises(InputError, match="must be a pattern of layer names"):
        mirage.convert(nn.Linear(2, 2), exact_core(), include=patterns)


def test_lazy_layers_are_converted_once_they_have_a_shape() -> None:
    model = nn.Sequential(nn.LazyConv2d(2, 3), nn.Flatten(), nn.LazyLinear(3))
    with pytest.raises(InputError, match="has no shape yet; run one forward before converting"):
        mirage.convert(model, exact_core())
    assert not any(isinstance(m, OpticalLayer) for m in model)
    model(torch.ones(1, 1, 5, 5))
    core = exact_core()
    mirage.convert(model, core)(torch.ones(1, 1, 5, 5))
    assert core.ledger.total.macs == 9 * 9 * 2 + 18 * 3


@pytest.mark.parametrize("before", [True, False])
@pytest.mark.parametrize("layer", [nn.Linear(4, 3), nn.Conv1d(4, 3, 2)], ids=str)
def test_parametrizations_are_kept_before_and_after(layer: nn.Module, before: bool) -> None:
    layer, core, x = copy.deepcopy(layer), mirage.FormatCore("fp32"), torch.randn(2, 4, 4)
    plain, kind = copy.deepcopy(layer), type(layer)
    weight_norm(plain)
    for act in (weight_norm, convert_on(core))[:: 1 if before else -1]:
        act(layer)
    torch.testing.assert_close(layer(x), plain(x))
    assert core.ledger.total.gemms == 1
    assert mirage.report(layer, x).layers[0].place == "format"
    assert mirage.report(layer, x).differences == ()
    twin = copy.deepcopy(layer)
    mirage.revert(layer)
    assert type(layer).__name__ == f"Parametrized{kind.__name__}"
    torch.testing.assert_close(layer(x), plain(x))
    assert core.ledger.total.gemms == 1
    remove_parametrizations(layer, "weight")
    assert type(layer) is kind
    remove_parametrizations(twin, "weight")
    assert type(twin).__name__ == f"Optical{kind.__name__}"
    twin(x)
    assert core.ledger.total.gemms == 2
    assert type(mirage.revert(twin)) is kind


def convert_on(core: mirage.FormatCore) -> Callable[[nn.Module], nn.Module]:
    return lambda layer: mirage.convert(layer, core)


@pytest.mark.filterwarnings("ignore:`torch.nn.utils.weight_norm` is deprecated")
def test_weight_norm_by_a_hook_goes_on() -> None:
    layer, core, x = nn.Linear(4, 3), mirage.FormatCore("fp32"), torch.randn(2, 4)
    torch.nn.utils.weight_norm(layer)
    expected = layer(x)
    torch.testing.assert_close(mirage.convert(layer, core)(x), expected)
    assert core.ledger.total.gemms == 1


def test_a_layer_of_somebodys_own_is_one_of_its_kind() -> None:
    class Low(nn.Linear):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return super().forward(x) + x @ self.weight.T

    layer, core = Low(4, 3), mirage.FormatCore("fp32")
    mirage.convert(layer, core)(torch.ones(2, 4))
    assert core.ledger.total.macs == 2 * 24
    assert isinstance(layer, Low)
    assert type(mirage.revert(layer)) is Low


class Gated(nn.Linear):
    """A layer with another one within, which somebody has made by deriving from torch's."""

    def __init__(self) -> None:
        super().__init__(8, 8)
        self.gate = nn.Linear(8, 8)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        gated: torch.Tensor = super().forward(x) * self.gate(x)
        return gated + x @ self.weight


@pytest.mark.parametrize("patterns", [{"exclude": "*gate"}, {"include": "0"}])
def test_a_part_of_a_converted_layer_stays_digital_if_asked(patterns: dict[str, str]) -> None:
    core, around, x = mirage.FormatCore("fp32"), mirage.FormatCore("fp32"), torch.ones(2, 8)
    model = mirage.convert(nn.Sequential(Gated()), core, **patterns)
    model(x).sum().backward()
    # The layer and its own code are on the core; the part between them is not.
    assert core.ledger.kinds["forward"].macs == 2 * 2 * 64
    report = mirage.report(model, x)
    places = {r.name: (r.kind, r.place) for r in report.layers}
    assert places == {"0": ("OpticalGated", "format"), "0.gate": ("Linear", "digital")}
    assert report.differences == ()
    with mirage.on_core(around):
        model(x)
    # Code that is no layer's goes where it was sent, as a layer would that is no part of another.
    assert around.ledger.total.macs == 2 * 64
    mirage.convert(model, core)
    core.ledger.kinds.clear()
    model(x)
    assert core.ledger.total.macs == 3 * 2 * 64
    assert type(mirage.revert(model)[0].gate) is nn.Linear


def test_an_interrupt_of_a_model_leaves_no_step_open() -> None:
    class Stopped(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            raise KeyboardInterrupt

    core = exact_core()
    model = mirage.convert(nn.Sequential(nn.Linear(2, 2), Stopped()), core)
    with pytest.raises(KeyboardInterrupt):
        model(torch.ones(2, 2))
    assert core.state_dict()["counts"]["train"] == 1


def test_an_interrupt_inside_a_layer_leaves_no_context_open() -> None:
    class Stopped(nn.Linear):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            raise KeyboardInterrupt

    core = exact_core()
    with pytest.raises(KeyboardInterrupt):
        mirage.convert(Stopped(2, 2), core)(torch.ones(2, 2))
    torch.ones(2, 2) @ torch.ones(2, 2)
    assert core.ledger.kinds == {}


def test_a_forward_that_was_replaced_on_a_layer_is_refused() -> None:
    model = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 2))
    plain = model[0].forward
    model[0].forward = lambda x: plain(x)
    with pytest.raises(InputError, match=r"0 = .Linear.: has a forward of its own.*; convert bef"):
        mirage.convert(model, exact_core())
    assert type(model[1]) is nn.Linear
    assert type(mirage.convert(model, exact_core(), exclude="0")[1]) is not nn.Linear
