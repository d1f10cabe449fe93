"""Conversion of models: which layers run on which core, and back."""

from __future__ import annotations

import copy
import pickle

import pytest
import torch
from torch import nn

import mirage_core as mirage
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
