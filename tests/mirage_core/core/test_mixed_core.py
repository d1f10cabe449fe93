"""Cores whose three products run in different places."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest
import torch
from torch import nn

import mirage_core as mirage
from photonics.errors import InputError
from tests.mirage_core.helpers import exact_core, gaussian, gradients, noisy_core

X, UPSTREAM = gaussian(6, 32), gaussian(6, 5, seed=1)
PLACES = ("forward", "dx", "dw")


def trained(core: mirage.MixedCore | mirage.TensorCore | mirage.FormatCore) -> list[torch.Tensor]:
    """Output, gradient of the input and of the weight."""
    torch.manual_seed(0)
    return gradients(mirage.convert(nn.Linear(32, 5, bias=False), core), X, UPSTREAM)


@pytest.mark.parametrize("elsewhere", PLACES)
@pytest.mark.parametrize("other", [exact_core, lambda: mirage.FormatCore("fp32")])
def test_each_product_runs_where_it_is_told_and_the_others_as_ever(
    elsewhere: str, other: Any
) -> None:
    light, own = trained(noisy_core()), trained(other())
    core = mirage.MixedCore(noisy_core(), **{elsewhere: other()})
    for kind, found, optical, theirs in zip(PLACES, trained(core), light, own, strict=True):
        assert torch.equal(found, theirs if kind == elsewhere else optical)
        assert not torch.equal(optical, theirs)


def test_all_that_it_computes_is_in_its_own_ledger() -> None:
    light, digital = noisy_core(), mirage.FormatCore("fp32")
    core = mirage.MixedCore(light, dw=digital)
    trained(core)
    assert {kind: n.macs for kind, n in core.ledger.kinds.items()} == dict.fromkeys(PLACES, 960)
    assert core.ledger.kinds["dx"].integers > 0
    assert core.ledger.kinds["dw"].integers == 0
    assert light.ledger.kinds == digital.ledger.kinds == {}


def test_places_are_chosen_by_patterns_of_layers_and_reported() -> None:
    light, digital = exact_core(), mirage.FormatCore("fp32")
    model = nn.Sequential(nn.Linear(32, 8), nn.Linear(8, 5))
    mirage.convert(model, {"0": mirage.MixedCore(light, dx=digital, dw=digital), "*": light})
    found = mirage.report(model, X)
    assert [(r.place, r.reason) for r in found.layers] == [
        ("mixed", "forward optical, dx FP32, dw FP32"),
        ("optical", ""),
    ]
    assert found.differences == ()
    model(X).sum().backward()
    assert light.steps.counts["train"] == 1


def test_steps_and_state_are_shared_with_its_core() -> None:
    light = noisy_core()
    core = mirage.MixedCore(light, dx=mirage.FormatCore("fp32"))
    layer = mirage.convert(nn.Linear(32, 5), core)
    with light.step(3):
        first = layer(X)
    with core.step(3):
        assert torch.equal(layer(X), first)
    layer(X)
    other = mirage.MixedCore(noisy_core(), dx=mirage.FormatCore("fp32"))
    other.load_state_dict(core.state_dict())
    assert other.core.steps.counts == {"train": 1, "evaluation": 0}
    assert other.ledger.as_dict() == core.ledger.as_dict()


def test_copies_share_it_and_pickles_hold_together() -> None:
    model = mirage.convert(nn.Linear(32, 5), mirage.MixedCore(noisy_core(), dw=exact_core()))
    assert copy.deepcopy(model).optical_core is model.optical_core
    loaded = pickle.loads(pickle.dumps(model)).optical_core
    assert loaded.steps is loaded.core.steps is loaded.cores["forward"].steps


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ((None,), "core"),
        (("robust",), "core"),
        ((mirage.MixedCore(mirage.FormatCore("fp32")),), "core"),
    ],
)
def test_what_is_no_core_is_refused(arguments: Any, field: str) -> None:
    with pytest.raises(InputError, match=f"{field} = .* must be a core that is not mixed itself"):
        mirage.MixedCore(*arguments)
    with pytest.raises(InputError, match="dw = "):
        mirage.MixedCore(exact_core(), dw="fp32")  # type: ignore[arg-type]


def test_cores_of_layers_are_told_apart_and_false_ones_refused() -> None:
    core = mirage.MixedCore(noisy_core(), layers={"0": {"dw": mirage.FormatCore("fp32")}})
    model = mirage.convert(nn.Sequential(nn.Linear(32, 5, bias=False)), core)
    assert core.place[1] == (
        "0: forward optical, dx optical, dw FP32; forward optical, dx optical, dw optical"
    )
    gradients(model, X, UPSTREAM)
    assert core.ledger.kinds["dw"].integers == 0
    assert core.ledger.kinds["dx"].integers > 0
    with pytest.raises(InputError, match=r"layers\.0 = 'dz': must be one of forward, dx, dw"):
        mirage.MixedCore(noisy_core(), layers={"0": {"dz": exact_core()}})
    with pytest.raises(InputError, match=r"layers\.0\.dw = .* must be a core"):
        mirage.MixedCore(noisy_core(), layers={"0": {"dw": "fp32"}})  # type: ignore[dict-item]
