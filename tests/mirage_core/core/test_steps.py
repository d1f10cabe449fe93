"""Steps, and with them the noise of every product, are counted as a training goes."""

from __future__ import annotations

import copy
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from typing import Any

import pytest
import torch
from torch import nn
from torch.utils.checkpoint import checkpoint

import mirage_core as mirage
from photonics.errors import InputError
from tests.mirage_core.helpers import gaussian, noisy_core


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
    refused = pytest.raises(InputError, match=r"context_fn=core\.checkpoint_contexts")
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


class Interrupted(nn.Module):
    """A network that is interrupted once, where it is told to be."""

    def __init__(self) -> None:
        super().__init__()
        self.up, self.down, self.where = nn.Linear(16, 16), nn.Linear(16, 4), ""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        hidden: torch.Tensor = self.up(x)
        if self.where == "forward":
            raise KeyboardInterrupt
        if self.where == "backward":
            hidden.register_hook(interrupt)
        out: torch.Tensor = self.down(hidden)
        return out


def interrupt(*_: Any) -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize("counted", [True, False])
@pytest.mark.parametrize("where", ["forward", "backward", "optimiser"])
def test_an_interrupted_step_is_repeated_from_a_checkpoint(where: str, counted: bool) -> None:
    def train(interrupted: str) -> list[torch.Tensor]:
        core = noisy_core()
        torch.manual_seed(0)
        model = mirage.convert(Interrupted(), core)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
        x = gaussian(8, 16)

        def step(number: int) -> None:
            optimizer.zero_grad()
            with nullcontext() if counted else core.step(number):
                loss = model(x).square().mean()
            loss.backward()
            optimizer.step()

        step(0)
        saved = copy.deepcopy((model.state_dict(), optimizer.state_dict(), core.state_dict()))
        if interrupted:
            model.where = interrupted
            handle = optimizer.register_step_pre_hook(interrupt) if where == "optimiser" else None
            with pytest.raises(KeyboardInterrupt):
                step(1)
            model.where = ""
            if handle is not None:
                handle.remove()
            # Nothing is left open: the core can be saved, and a layer opens a step of its own.
            assert core.state_dict()["counts"]["train"] == (2 if counted else 0)
            model.load_state_dict(saved[0])
            optimizer.load_state_dict(saved[1])
            core.load_state_dict(saved[2])
        step(1)
        return [p.detach() for p in model.parameters()]

    assert all(torch.equal(a, b) for a, b in zip(train(""), train(where), strict=True))


def test_what_an_interrupt_left_open_inside_ends_with_what_is_around_it() -> None:
    core = noisy_core()
    with core.step(0):
        leaked = core.step(1)
        leaked.__enter__()
        assert core.steps.current().time_step == 1
    core.steps.require_closed("a state")


def test_two_threads_do_not_share_a_step() -> None:
    core = noisy_core()
    model = mirage.convert(nn.Linear(4, 4), core)

    def elsewhere(call: Callable[[], Any]) -> Any:
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(call).result()

    with core.step(0):
        loss = model(torch.ones(2, 4)).sum()
        for call in (lambda: model(torch.ones(2, 4)), lambda: core.step(1).__enter__()):
            with pytest.raises(InputError, match="core = 'shared': is in a step of another thread"):
                elsewhere(call)
        # Torch runs backwards in threads of its own where there is an accelerator.
        elsewhere(loss.backward)
    assert core.ledger.kinds["dw"].gemms == 1
    assert torch.equal(elsewhere(lambda: in_step(core, model)), in_step(core, model))


def in_step(core: mirage.TensorCore, model: nn.Module) -> torch.Tensor:
    with core.step(3):
        out: torch.Tensor = model(torch.ones(2, 4))
        return out


def test_microbatches_draw_noise_of_their_own_and_repeat() -> None:
    core = noisy_core()
    model, x = mirage.convert(nn.Linear(16, 16), core), gaussian(32, 16)

    def accumulated(parts: range) -> list[torch.Tensor]:
        found = []
        for i in parts:
            model.zero_grad()
            with core.step(5, microbatch=i):
                model(x).square().sum().backward()
            assert model.weight.grad is not None
            found.append(model.weight.grad.clone())
        return found

    first, second = accumulated(range(2))
    assert not torch.equal(first, second)
    (again,) = accumulated(range(1, 2))
    assert torch.equal(again, second)


def test_reentrant_recomputation_is_refused() -> None:
    core = noisy_core()
    model = mirage.convert(nn.Linear(16, 4), core)
    x = gaussian(2, 16).requires_grad_()
    with core.step(0):
        y = checkpoint(model, x, use_reentrant=True)
    with pytest.raises(InputError, match=r"use_reentrant=False and context_fn=core\.checkpoint"):
        y.sum().backward()
    core.steps.require_closed("a state")
