"""Trainings that diverge are stopped, and it is told where."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import nn

import mirage_core as mirage
from mirage_core.training.datasets import load_dataset
from mirage_core.training.divergence import DivergedError, diagnose
from mirage_core.training.recipe import Recipe
from mirage_core.training.trainer import Trainer
from tests.mirage_core.helpers import exact_core

DIGITS = load_dataset("digits")
FEW = replace(DIGITS, train_x=DIGITS.train_x[:64], train_y=DIGITS.train_y[:64])


def diverged(core: mirage.TensorCore | None = None, **changes: Any) -> DivergedError:
    recipe = Recipe(epochs=20, batch_size=16, **changes)
    trainer = Trainer(recipe, FEW, core, stop_when_diverged=True)
    with pytest.raises(DivergedError) as stopped:
        list(trainer.run())
    assert "\n" not in str(stopped.value)
    return stopped.value


@pytest.mark.parametrize("optimizer", ["sgd", "adam", "adamw"])
def test_rates_beyond_all_numbers_end_in_the_first_step(optimizer: str) -> None:
    error = diverged(learning_rate=1e99, optimizer=optimizer)
    assert error.report["where"] == "step 1 of epoch 1"
    assert "learning_rate = 1e+99: FP32 training diverged" in str(error)


def test_the_readings_of_the_core_are_told() -> None:
    error = diverged(exact_core(), learning_rate=1e30)
    assert "optical training diverged at step 2 of epoch 1" in str(error)
    assert "0 of " in error.report["readouts"]
    assert "forward, 1 dx" in error.report["readouts"]


def test_a_training_that_is_to_be_counted_goes_on() -> None:
    trainer = Trainer(Recipe(epochs=1, batch_size=16, learning_rate=1e30), FEW)
    (record,) = trainer.run()
    assert record.train_loss is not None
    assert math.isnan(record.train_loss)


def network() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 4), nn.ReLU(), nn.Linear(4, 4), nn.Linear(4, 2))


def test_the_layer_and_product_are_found() -> None:
    model, x = network(), torch.ones(3, 4)
    with torch.no_grad():
        model[2].weight.fill_(1e38)
        model[0].bias.fill_(1.0)
    found = diagnose(model, lambda: model(x))
    assert (found.layer, found.product) == ("2", "forward")
    # An update alone.
    model = network()
    model(x).sum().backward()
    with torch.no_grad():
        model[2].weight[0, 0] = float("nan")
    found = diagnose(model, lambda: model(x))
    assert (found.layer, found.product) == ("2", "none")
    # A gradient, computed from the last layer to the first.
    for layer in (0, 2):
        model[layer].weight.grad.fill_(float("inf"))
    found = diagnose(model, lambda: model(x))
    assert (found.layer, found.product) == ("2", "dw")


def test_weights_that_are_lost_in_the_last_step_are_noticed() -> None:
    whole = replace(FEW, test_x=FEW.test_x[:10], test_y=FEW.test_y[:10])
    recipe = Recipe(epochs=1, batch_size=64, learning_rate=3e38, momentum=0)
    trainer = Trainer(recipe, whole, stop_when_diverged=True)
    trainer.model[1].weight.register_hook(lambda g: g * 1e3)
    with pytest.raises(DivergedError, match="step 1 of epoch 1"):
        trainer.run_epoch()
