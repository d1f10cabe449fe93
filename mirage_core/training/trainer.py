"""Training of one network, step by step, with everything needed to stop and go on.

The harness owns step numbers, and with them the noise of every product: step n of a seed draws
the same noise whether the run was interrupted or not.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass
from time import perf_counter
from typing import Any, Literal

import torch
import torch.nn.functional as F
from torch import nn

from devices.parameters.base import Parameters, quantity
from devices.parameters.seed import Seed
from mirage_core.core.matrix_core import MatrixCore
from mirage_core.learning.convert import convert
from mirage_core.training.datasets import Dataset
from mirage_core.training.madam import Madam
from mirage_core.training.networks import build_network


class Recipe(Parameters):
    """How to train: the same for every arithmetic that is compared."""

    model: str = quantity("mlp", "name of the network", source="choice")
    epochs: int = quantity(12, "passes over the training set", source="choice", ge=1)
    batch_size: int = quantity(64, "samples per step", source="choice", ge=1)
    learning_rate: float = quantity(
        0.1,
        "at the start; falls linearly to zero",
        source="choice",
        gt=0,
    )
    momentum: float = quantity(0.9, "of stochastic gradient descent", source="choice", ge=0, lt=1)
    optimizer: Literal["sgd", "madam"] = quantity(
        "sgd", "stochastic gradient descent, or multiplicative updates (Madam)", source="choice"
    )
    weight_bound: float = quantity(
        3.0, "of Madam, largest weight over the rms at the start", source="arXiv 2106.13914", gt=0
    )
    seed: Seed = quantity(0, "of initial weights, data order and noise", source="choice")


@dataclass(frozen=True)
class EpochRecord:
    """What one epoch came to.

    Attributes:
        epoch: number, from 1.
        train_loss: mean loss over the epoch's steps.
        test_accuracy: fraction right on the test set, through the same arithmetic.
        seconds: training time of the epoch.
        residue_error_rate: wrong readouts over all readouts of the epoch, training only.
    """

    epoch: int
    train_loss: float
    test_accuracy: float
    seconds: float
    residue_error_rate: float


class Trainer:
    """Trains a network on a data set, digitally or on a core.

    Args:
        recipe: network, optimiser, seed.
        data: the data set.
        core: the core for all products, of light or of another format; none for plain FP32.

    Two trainers of one recipe start from the same weights and see the same batches in the same
    order.
    """

    def __init__(self, recipe: Recipe, data: Dataset, core: MatrixCore | None = None) -> None:
        self.recipe, self.data, self.core = recipe, data, core
        self.model = build_network(recipe.model, data, recipe.seed)
        if core is not None:
            convert(self.model, core)
        self.optimizer = _optimizer(recipe, self.model)
        self.order = torch.Generator().manual_seed(recipe.seed)
        self.step = 0
        self.history: list[EpochRecord] = []

    @property
    def steps_per_epoch(self) -> int:
        """Optimiser steps in one pass over the data."""
        return -(-len(self.data.train_y) // self.recipe.batch_size)

    def run_epoch(self, on_step: Callable[[float], None] | None = None) -> EpochRecord:
        """Train for one epoch, evaluate, and append to the history.

        Args:
            on_step: called with the loss after every step.
        """
        self.model.train()
        before = self.core.ledger.total if self.core else None
        losses, start = [], perf_counter()
        for x, y in self.data.batches(self.recipe.batch_size, self.order):
            self._set_learning_rate()
            with self._step(self.step, training=True):
                loss = F.cross_entropy(self.model(x), y)
            self.optimizer.zero_grad()
            loss.backward()
            self.optimizer.step()
            self.step += 1
            losses.append(float(loss.detach()))
            if on_step is not None:
                on_step(losses[-1])
        seconds = perf_counter() - start
        rate = 0.0
        if self.core is not None and before is not None:
            after = self.core.ledger.total
            readouts = after.readouts.total() - before.readouts.total()
            rate = (after.errors.total() - before.errors.total()) / max(readouts, 1)
        record = EpochRecord(
            epoch=len(self.history) + 1,
            train_loss=sum(losses) / len(losses),
            test_accuracy=self.evaluate(),
            seconds=seconds,
            residue_error_rate=rate,
        )
        self.history.append(record)
        return record

    def _set_learning_rate(self) -> None:
        left = 1.0 - self.step / (self.recipe.epochs * self.steps_per_epoch)
        for group in self.optimizer.param_groups:
            group["lr"] = left * self.recipe.learning_rate

    @torch.no_grad()
    def evaluate(self) -> float:
        """Fraction of the test set that is classified right, through the same arithmetic."""
        return accuracy(self.model, self.data, self._step(len(self.history), training=False))

    def _step(self, number: int, *, training: bool) -> AbstractContextManager[None]:
        if self.core is None:
            return nullcontext()
        return self.core.step(number, training=training, time_step=self.step)

    def state_dict(self) -> dict[str, Any]:
        """Everything a resumed run needs: plain tensors, numbers and strings."""
        return {
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "order": self.order.get_state(),
            "step": self.step,
            "history": [asdict(record) for record in self.history],
            "core": self.core.state_dict() if self.core else None,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Inverse of :meth:`state_dict`."""
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.order.set_state(state["order"])
        self.step = state["step"]
        self.history = [EpochRecord(**record) for record in state["history"]]
        if self.core is not None:
            self.core.load_state_dict(state["core"])


def _optimizer(recipe: Recipe, model: nn.Module) -> torch.optim.Optimizer:
    if recipe.optimizer == "madam":
        return Madam(model.parameters(), lr=recipe.learning_rate, p_scale=recipe.weight_bound)
    return torch.optim.SGD(model.parameters(), lr=recipe.learning_rate, momentum=recipe.momentum)


@torch.no_grad()
def accuracy(
    model: nn.Module, data: Dataset, step: AbstractContextManager[None] | None = None
) -> float:
    """Fraction of the test set that a model classifies right; its mode is put back after."""
    training = model.training
    model.eval()
    with step or nullcontext():
        right = model(data.test_x).argmax(1) == data.test_y
    model.train(training)
    return float(right.float().mean())
