"""Classes with something put before them: made once, pickled by their plain class, and undone."""

from __future__ import annotations

import copy
import pickle

import pytest
import torch
from torch import nn

import mirage_core as mirage
from mirage_core.learning.classes import plain_and_added
from mirage_core.learning.layers import OpticalLayer, SteppedModel
from tests.mirage_core.helpers import noisy_core


class Net(nn.Module):
    """A model with a layer that is a part of another one."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(4, 4), nn.Linear(4, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out: torch.Tensor = self.second(self.first(x))
        return out


def test_a_model_keeps_its_name_and_gets_its_class_back() -> None:
    model = mirage.convert(Net(), noisy_core())
    assert plain_and_added(type(model)) == (Net, (SteppedModel,))
    assert plain_and_added(type(model.first)) == (nn.Linear, (OpticalLayer,))
    assert (type(model).__name__, type(model.first).__name__) == ("Net", "OpticalLinear")
    assert type(mirage.convert(Net(), noisy_core())) is type(model)
    mirage.revert(model)
    assert (type(model), type(model.first)) == (Net, nn.Linear)
    assert not any(name.startswith("optical") for m in model.modules() for name in vars(m))


def test_a_layer_that_is_the_model_is_both_in_any_order() -> None:
    layer = mirage.convert(mirage.convert(nn.Linear(4, 2), noisy_core()), noisy_core())
    assert plain_and_added(type(layer)) == (nn.Linear, (SteppedModel, OpticalLayer))
    assert type(mirage.revert(layer)) is nn.Linear


def test_a_part_that_was_converted_first_is_reverted_with_the_whole() -> None:
    model = Net()
    mirage.convert(model.first, noisy_core())
    mirage.convert(model, noisy_core())
    mirage.revert(model)
    assert type(model.first) is nn.Linear


@pytest.mark.parametrize("again", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))])
def test_copies_are_of_the_same_class(again: object) -> None:
    model = mirage.convert(Net(), noisy_core())
    twin = again(model)  # type: ignore[operator]
    assert type(twin) is type(model)
    assert twin.optical_cores == (twin.first.optical_core,)
    assert all(
        torch.equal(a, b) for a, b in zip(twin.parameters(), model.parameters(), strict=True)
    )
