"""Steps, and with them the noise of every product, are counted as a training goes."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.utils.checkpoint import checkpoint

import mirage_core as mirage
from photonics.errors import InputError
from tests.mirage_core.helpers import noisy_core


def test_root_forward_is_one_step_and_calls_are_counted() -> None:
    core = noisy_core()
    layer = nn.Linear(16, 16)

    class Twice(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = layer

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.stack([self.layer(x), self.layer(x)])

    model = mirage.convert(Twice(), core)
    first, second = model(torch.ones(64, 16) * torch.randn(16))
    assert not torch.equal(first, second)
    assert core.steps.counts == {"train": 1, "evaluation": 0}


def test_recomputation_redraws_the_same_noise() -> None:
    x = torch.randn(8, 16)

    def run(recompute: bool) -> list[torch.Tensor]:
        core = noisy_core()
        torch.manual_seed(0)
        model = mirage.convert(nn.Sequential(nn.Linear(16, 16), nn.ReLU(), nn.Linear(16, 4)), core)
        inputs = x.clone().requires_grad_()
        with core.step(0):
            if recompute:
                y = checkpoint(
                    model, inputs, use_reentrant=False, context_fn=core.checkpoint_contexts
                )
            else:
                y = model(inputs)
        y.square().sum().backward()
        return [y.detach(), inputs.grad, *(p.grad for p in model.parameters())]  # type: ignore[list-item]

    for a, b in zip(run(False), run(True), strict=True):
        assert torch.equal(a, b)


@pytest.mark.parametrize("inside", [False, True])
def test_recomputation_without_contexts_is_refused(inside: bool) -> None:
    core = noisy_core()
    model = mirage.convert(nn.Linear(16, 4), core)
    x = torch.randn(2, 16, requires_grad=True)
    refused = pytest.raises(RuntimeError, match=r"context_fn=core\.checkpoint_contexts")
    if inside:
        with core.step(0):
            y = checkpoint(model, x, use_reentrant=False)
            with refused:
                y.sum().backward()
    else:
        y = checkpoint(model, x, use_reentrant=False)
        with refused:
            y.sum().backward()


def test_recomputation_inside_a_step_redraws_the_same_noise() -> None:
    x, results = torch.randn(8, 16), []
    for recompute in (False, True):
        core = noisy_core()
        torch.manual_seed(0)
        model = mirage.convert(nn.Sequential(nn.Linear(16, 16), nn.ReLU(), nn.Linear(16, 4)), core)
        inputs = x.clone().requires_grad_()
        with core.step(0):
            contexts = core.checkpoint_contexts
            y = (
                checkpoint(model, inputs, use_reentrant=False, context_fn=contexts)
                if recompute
                else model(inputs)
            )
            y.square().sum().backward()
        results.append([y.detach(), inputs.grad, *(p.grad for p in model.parameters())])
    for plain, again in zip(*results, strict=True):
        assert torch.equal(plain, again)


def test_a_second_conversion_keeps_the_first_core_in_step() -> None:
    first, second = noisy_core(), noisy_core()
    model = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 4), nn.Linear(4, 4))
    mirage.convert(model, first, include=["0", "1"])
    mirage.convert(model, second, include="2")
    model(torch.ones(2, 4))
    assert (first.steps.counts["train"], second.steps.counts["train"]) == (1, 1)


def test_a_report_is_no_step_of_a_run() -> None:
    core = noisy_core()
    model = mirage.convert(nn.Sequential(nn.Linear(4, 4)), core)
    mirage.report(model, torch.ones(2, 4))
    assert core.steps.counts == {"train": 0, "evaluation": 0}
    model(torch.ones(2, 4))
    assert core.steps.counts["train"] == 1


def test_a_failed_forward_leaves_no_step_open() -> None:
    core = noisy_core()
    model = mirage.convert(nn.Sequential(nn.Linear(4, 4)), core)
    with pytest.raises(InputError):
        model(torch.ones(2, 5))
    model(torch.ones(2, 4))
    model(torch.ones(2, 4))
    assert core.steps.counts["train"] == 3
