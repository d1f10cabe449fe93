"""Training of one network, step by step, with everything needed to stop and go on.

The harness owns step numbers, and with them the noise of every product: step n of a seed draws
the same noise whether the run was interrupted or not.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import asdict, dataclass, field
from time import perf_counter
from typing import Any

import torch
from torch import Tensor, nn

from mirage_core.core.matrix_core import MatrixCore
from mirage_core.data.dataset import Dataset
from mirage_core.learning.convert import convert
from mirage_core.learning.on_core import on_core
from mirage_core.training.divergence import Diagnosis, DivergedError, diagnose
from mirage_core.training.evaluation import score_on_test_set
from mirage_core.training.networks import build_network
from mirage_core.training.normalised import normalised
from mirage_core.training.optimizers import optimizer_for
from mirage_core.training.recipe import Recipe
from mirage_core.training.schedule import learning_rate
from mirage_core.training.tasks.named import TASKS
from mirage_core.training.weights import put_weights
from photonics.checks import whole_number
from photonics.errors import InputError
from photonics.random import NoiseKey


@dataclass(frozen=True)
class EpochRecord:
    """What one epoch came to.

    Attributes:
        epoch: number, from 1; 0 for an evaluation before any training.
        train_loss: mean loss over the epoch's steps; none where there were none.
        test_score: of the test set, through the same arithmetic, as the task has it.
        seconds: training time of the epoch.
        residue_error_rate: wrong readouts over all readouts of the epoch, training only.
    """

    epoch: int
    train_loss: float | None
    test_score: float
    seconds: float
    residue_error_rate: float


@dataclass
class _Epoch:
    """An epoch under way: losses of its steps, and what there was before it."""

    order: Tensor
    readouts: int
    errors: int
    losses: list[float] = field(default_factory=list)
    seconds: float = 0.0


class Trainer:
    """Trains a network on a data set, digitally or on a core.

    Args:
        recipe: network, optimiser, seed.
        data: the data set.
        core: the core for all products, of light or of another format; none for plain FP32.
        device: where the network and its products are, ``cpu`` or ``cuda:n``.
        weights: to start from, by name; by default as the seed has them.
        stop_when_diverged: whether to raise once a loss or a weight is no longer finite; by
            default the training goes on, as one with many wrong readouts must to be counted.

    Attributes:
        task: loss and score of the data.
        step: how many steps were taken.
        history: a record for each epoch.

    Two trainers of one recipe start from the same weights and see the same batches in the same
    order.
    """

    def __init__(
        self,
        recipe: Recipe,
        data: Dataset,
        core: MatrixCore | None = None,
        *,
        device: torch.device | str = "cpu",
        weights: Mapping[str, Tensor] | None = None,
        stop_when_diverged: bool = False,
    ) -> None:
        self.recipe, self.data, self.core = recipe, data, core
        self.task, self.device = TASKS[data.task], torch.device(device)
        self.model = build_network(recipe.model, data, recipe.seed)
        if weights is not None:
            put_weights(self.model, weights)
        self.model.to(self.device)
        if core is not None:
            convert(self.model, core)
        self.optimizer = optimizer_for(recipe, self.model)
        self.order = torch.Generator().manual_seed(recipe.seed)
        self.stop_when_diverged = stop_when_diverged
        self.step = 0
        self.history: list[EpochRecord] = []
        self._epoch: _Epoch | None = None

    @property
    def steps_per_epoch(self) -> int:
        """Optimiser steps in one pass over the data."""
        return -(-len(self.data.train_y) // self.recipe.batch_size)

    @property
    def epochs_done(self) -> int:
        """Epochs that were trained and evaluated."""
        return self.history[-1].epoch if self.history else 0

    def run(self, on_step: Callable[[float], None] | None = None) -> Iterator[EpochRecord]:
        """Train all epochs that are left, giving the record of each; without any, evaluate.

        Raises:
            DivergedError: as :meth:`run_epoch`.
        """
        if self.recipe.epochs == 0 and not self.history:
            yield self._record(0, None, 0.0, 0.0)
        while self.epochs_done < self.recipe.epochs:
            yield self.run_epoch(on_step)

    def run_epoch(self, on_step: Callable[[float], None] | None = None) -> EpochRecord:
        """Train to the end of the epoch, evaluate, and append to the history.

        Args:
            on_step: called with the loss after every step, when the trainer's state is whole.

        Raises:
            DivergedError: when a loss or a weight is no longer finite, if that stops it, and for
                an update beyond all numbers.
            InputError: for a batch of one sample where a layer normalises over it, and a network
                whose outputs depend on no weight that is trained.
        """
        self.model.train()
        if self._epoch is None:
            self._epoch = _Epoch(self.order.get_state(), *self._readings())
        epoch = self._epoch
        # The order of an epoch is drawn as a whole, and again by whoever was interrupted in it.
        self.order.set_state(epoch.order)
        batches = self.data.batches(self.recipe.batch_size, self.order, len(epoch.losses))
        start = perf_counter()
        for x, y in batches:
            loss = self._train(x.to(self.device), y.to(self.device))
            epoch.losses.append(loss)
            now = perf_counter()
            epoch.seconds, start = epoch.seconds + now - start, now
            if on_step is not None:
                on_step(loss)
                start = perf_counter()
        self._require_finite_weights(epoch.losses[-1])
        readouts, errors = self._readings()
        rate = (errors - epoch.errors) / max(readouts - epoch.readouts, 1)
        mean_loss = sum(epoch.losses) / len(epoch.losses)
        record = self._record(self.epochs_done + 1, mean_loss, epoch.seconds, rate)
        self._epoch = None
        return record

    def _train(self, x: Tensor, y: Tensor) -> float:
        """One step: its loss."""
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate(self.recipe, self.step, self.steps_per_epoch)
        loss = self._forward(x, y)
        value = float(loss.detach())
        # Wrong readouts make losses of any size, from which a training comes back.
        if self.stop_when_diverged and not math.isfinite(value):
            raise self._diverged(value, diagnose(self.model, lambda: self._forward(x, y)))
        if not loss.requires_grad:
            allowed = "gives outputs that depend on no weight that is trained"
            remedy = "detach nothing on the way, or evaluate alone with --epochs 0"
            raise InputError("model", self.recipe.model, allowed, remedy)
        self.optimizer.zero_grad()
        loss.backward()
        if self.recipe.clip_norm is not None:
            nn.utils.clip_grad_norm_(self.model.parameters(), self.recipe.clip_norm)
        try:
            self.optimizer.step()
        except RuntimeError as error:
            if "overflow" not in str(error):
                raise
            said = "the update is beyond what float32 holds, all products finite"
            raise self._diverged(value, Diagnosis("(all)", "none", said)) from None
        self.step += 1
        return value

    def _forward(self, x: Tensor, y: Tensor) -> Tensor:
        """Loss of a batch in the present step, dropout and noise by its number."""
        enough = normalised(len(y), self.recipe.batch_size)
        random = self._random_of("digital layers", self.step)
        with random, self.noise_step(self.step, training=True), enough:
            return self.task.loss(self.model(x), y)

    def _require_finite_weights(self, loss: float) -> None:
        finite = all(bool(torch.isfinite(p).all()) for p in self.model.parameters())
        if self.stop_when_diverged and not finite:
            raise self._diverged(loss, diagnose(self.model, lambda: None))

    def _diverged(self, loss: float, found: Diagnosis) -> DivergedError:
        begun = self.step - self.epochs_done * self.steps_per_epoch + 1
        # After the last step of an epoch none is under way.
        where = f"step {min(begun, self.steps_per_epoch)} of epoch {self.epochs_done + 1}"
        return DivergedError(self.recipe.learning_rate, where, loss, found, self.core)

    def _record(
        self, epoch: int, train_loss: float | None, seconds: float, rate: float
    ) -> EpochRecord:
        score = self.evaluate(max(epoch - 1, 0))
        self.history.append(EpochRecord(epoch, train_loss, score, seconds, rate))
        return self.history[-1]

    def _readings(self) -> tuple[int, int]:
        """Readouts so far, and how many of them were wrong."""
        if self.core is None:
            return 0, 0
        total = self.core.ledger.total
        return total.readouts.total(), total.errors.total()

    def evaluate(self, number: int = 0) -> float:
        """Score of the test set, through the same arithmetic.

        Args:
            number: of the evaluation, for its noise.
        """

        def step(row_offset: int) -> AbstractContextManager[None]:
            return self.noise_step(number, training=False, row_offset=row_offset)

        # Networks may draw in evaluation as well, as by F.dropout that is always on.
        with self._random_of("digital layers in evaluation", number):
            return score_on_test_set(self.model, self.data, step)

    @contextmanager
    def noise_step(self, number: int, *, training: bool, row_offset: int = 0) -> Iterator[None]:
        """Open a step of the core, if there is one, at the time of the present training step.

        A network of somebody's own may multiply outside of layers, which is on the core as well.
        """
        if self.core is None:
            yield
            return
        step = self.core.step(number, training=training, row_offset=row_offset, time_step=self.step)
        own = ":" in self.recipe.model
        others = on_core(self.core, training=training) if own else nullcontext()
        with step, others:
            yield

    @contextmanager
    def _random_of(self, use: str, number: int) -> Iterator[None]:
        """Random numbers of digital layers (dropout) that depend on seed, use and number alone."""
        devices = [self.device] if self.device.type == "cuda" else []
        with torch.random.fork_rng(devices):
            seed = NoiseKey.from_seed(self.recipe.seed).fold(use, number).words[0]
            # Of all devices torch.manual_seed keeps a call for those that were never used.
            torch.default_generator.manual_seed(seed)
            for device in devices:
                with torch.cuda.device(device):
                    torch.cuda.manual_seed(seed)
            yield

    def state_dict(self) -> dict[str, Any]:
        """Everything a resumed run needs, within an epoch too: plain tensors, numbers, strings."""
        return {
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "order": self.order.get_state(),
            "step": self.step,
            "epoch": None if self._epoch is None else asdict(self._epoch),
            "history": [asdict(record) for record in self.history],
            "core": self.core.state_dict() if self.core else None,
        }

    def _require_steps_of_epochs(self) -> None:
        numbers = [record.epoch for record in self.history]
        first = 0 if numbers[:1] == [0] else 1
        if numbers != list(range(first, first + len(numbers))):
            raise InputError("history", numbers, "must hold every epoch once, in order")
        begun = self.epochs_done * self.steps_per_epoch
        whole_number("step", self.step, begun, begun + self.steps_per_epoch)

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Inverse of :meth:`state_dict`.

        Raises:
            InputError: for a state of another core, or whose steps and epochs cannot be.
        """
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self._epoch = None if state["epoch"] is None else _Epoch(**state["epoch"])
        self.order.set_state(state["order"])
        self.step = whole_number("step", state["step"], least=0)
        self.history = [EpochRecord(**record) for record in state["history"]]
        self._require_steps_of_epochs()
        if self.core is not None:
            self.core.load_state_dict(state["core"])
