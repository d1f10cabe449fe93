"""Learning rates are those of torch's schedulers."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn
from torch.optim import lr_scheduler

from mirage_core.training.recipe import Recipe
from mirage_core.training.schedule import learning_rate
from photonics.errors import InputError

EPOCHS, STEPS, BASE = 6, 7, 0.3
TOTAL = EPOCHS * STEPS


def by_torch(make: Any) -> list[float]:
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=BASE)
    scheduler, found = make(optimizer), []
    for _ in range(TOTAL):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return found


@pytest.mark.parametrize(
    ("changes", "make"),
    [
        ({"schedule": "constant"}, lambda o: lr_scheduler.ConstantLR(o, 1.0)),
        ({"schedule": "linear"}, lambda o: lr_scheduler.LinearLR(o, 1.0, 0.0, TOTAL)),
        ({"schedule": "cosine"}, lambda o: lr_scheduler.CosineAnnealingLR(o, TOTAL)),
        (
            {"schedule": "step", "step_epochs": 2, "step_factor": 0.5},
            lambda o: lr_scheduler.StepLR(o, 2 * STEPS, 0.5),
        ),
        (
            {"schedule": "constant", "warmup_epochs": 2.0},
            lambda o: lr_scheduler.LinearLR(o, 1 / (2 * STEPS + 1), 1.0, 2 * STEPS),
        ),
    ],
)
def test_rates_are_those_of_torch(changes: dict[str, Any], make: Any) -> None:
    recipe = Recipe(epochs=EPOCHS, learning_rate=BASE, **changes)
    found = [learning_rate(recipe, step, STEPS) for step in range(TOTAL)]
    assert found == pytest.approx(by_torch(make), rel=1e-6, abs=1e-9)


def test_what_follows_the_rise_is_the_schedule_of_what_is_left() -> None:
    warm = Recipe(epochs=EPOCHS, schedule="cosine", warmup_epochs=1.0, learning_rate=BASE)
    rest = Recipe(epochs=EPOCHS - 1, schedule="cosine", learning_rate=BASE)
    for step in range(TOTAL - STEPS):
        assert learning_rate(warm, STEPS + step, STEPS) == learning_rate(rest, step, STEPS)
    # A rise as long as the training comes as near as a step.
    long = Recipe(epochs=3, warmup_epochs=3.0, learning_rate=BASE)
    last = 3 * STEPS
    assert learning_rate(long, last - 1, STEPS) == pytest.approx(BASE * last / (last + 1))


def test_a_rise_longer_than_the_training_is_refused() -> None:
    with pytest.raises(InputError, match=r"warmup_epochs = 1.5: must be at most epochs, 1"):
        Recipe(epochs=1, warmup_epochs=1.5)
    assert Recipe(epochs=0, warmup_epochs=0.5).epochs == 0
