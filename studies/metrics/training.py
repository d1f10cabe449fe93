"""What the training of a network comes to on a machine, beside its FP32 twin.

A recipe is trained on the chip that is looked at, as :attr:`Evaluation.core` has it or on a core
that a study makes of it.  Both twins start from the same weights and see the same batches in the
same order, so that accuracies are compared seed by seed.

Energy and time are those of all training steps on the whole machine: products as they are placed
on all its units, and what the run had streamed once more.  Calibration and pilots, which a run of
any length pays for alike, are left out.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from mirage_core.core.ledger import Counts
from mirage_core.core.matrix_core import MatrixCore
from mirage_core.cost.array import ModularArray
from mirage_core.cost.bases import components_of
from mirage_core.cost.bill import Bill, NetworkBill
from mirage_core.cost.work import Work
from mirage_core.learning.convert import convert, revert
from mirage_core.machine.config import MachineConfig
from mirage_core.tracing.trace import trace
from mirage_core.training.datasets import load_dataset
from mirage_core.training.divergence import DivergedError
from mirage_core.training.evaluation import score_on_test_set
from mirage_core.training.networks import NETWORKS, build_network
from mirage_core.training.recipe import Recipe
from mirage_core.training.trainer import Trainer
from studies.metrics.evaluation import Evaluation
from studies.metrics.registry import Metric, Scale, enter


@dataclass(frozen=True)
class Training:
    """A training, and what it took.

    Attributes:
        accuracy: on the test set after the last epoch, through the same core; that of guessing
            where the training diverged, so that no bad run is left out of any mean.
        elsewhere: of the same weights in FP32, or on another core: what was learned, whoever reads.
        fp32: of the FP32 twin.
        diverged: whether loss or weights could no longer be used.
        kinds: counts of the products by kind, evaluations included.
        energy_j: of the products of all training steps on the whole machine.
        time_s: that they take.
    """

    accuracy: float
    elsewhere: float
    fp32: float
    diverged: bool
    kinds: Mapping[str, Counts]
    energy_j: float
    time_s: float

    @property
    def total(self) -> Counts:
        """Counts of all products."""
        return sum(self.kinds.values(), Counts())


def recipe_of(at: Evaluation) -> Recipe:
    """The recipe of a point: its own values, and what suits the network."""
    model = str(at.recipe.get("model", Recipe().model))
    advice = NETWORKS[model].advice if model in NETWORKS else {}
    return Recipe(**{**advice, "seed": at.seed, **at.recipe})


def train(
    at: Evaluation,
    core: MatrixCore,
    layers: Mapping[str, MatrixCore] | None = None,
    other: MatrixCore | None = None,
) -> Training:
    """Train the recipe of a point on a core.

    Args:
        at: gives recipe, data, and the machine that is priced.
        core: computes all products, and opens the steps.
        layers: cores by pattern of layer names, where not all layers are on ``core``.
        other: evaluates the trained weights once more; plain FP32 by default.
    """
    recipe, data = recipe_of(at), load_dataset(at.conditions.data)
    trainer = Trainer(recipe, data, core, stop_when_diverged=True)
    if layers is not None:
        convert(trainer.model, layers)
    accuracy, diverged = scored(trainer)
    elsewhere = accuracy
    if not diverged:
        model = revert(trainer.model) if other is None else convert(trainer.model, other)
        elsewhere = score_on_test_set(model, data)
    kinds = dict(core.ledger.kinds)
    energy_j, time_s = price(at.machine, trainer, sum(kinds.values(), Counts()))
    twin = fp32_accuracy(json.dumps(recipe.model_dump()), at.conditions.data)
    return Training(accuracy, elsewhere, twin, diverged, kinds, energy_j, time_s)


def scored(trainer: Trainer) -> tuple[float, bool]:
    """Score on the test set after the last epoch, and whether the training diverged.

    One that did counts as guessing, so that no bad run is left out of any mean.
    """
    try:
        *_, last = trainer.run()
    except DivergedError:
        return trainer.task.guess(trainer.data.classes), True
    return last.test_score, False


@lru_cache(maxsize=64)
def fp32_accuracy(recipe: str, data: str) -> float:
    """Test accuracy of a recipe, as JSON, in plain FP32."""
    *_, last = Trainer(Recipe(**json.loads(recipe)), load_dataset(data)).run()
    return last.test_score


def price(machine: MachineConfig, trainer: Trainer, done: Counts) -> tuple[float, float]:
    """Energy, J, and time, s, of the products of all steps, and of what was streamed once more.

    The last batch of an epoch counts as whole, where it may be short.

    Args:
        machine: that is priced, with all its units.
        trainer: gives network, batch and steps.
        done: counts of the run, on a chip of as many rows: symbols do not depend on its units.
    """
    array, components = ModularArray.of(machine), components_of(machine, "physics")
    recipe, data = trainer.recipe, trainer.data
    model = build_network(recipe.model, data, recipe.seed)
    products = trace(model, (data.train_x[: recipe.batch_size],)).products
    step = NetworkBill.of(products, array, components, "DF1").total
    again = Counts(symbols=done.re_read_symbols, re_reads=done.re_reads)
    again_s = done.re_read_symbols * array.symbol_s / array.units
    once_more = Bill.of(Work.done(again, array), again_s, components)
    energy_j = trainer.step * step.total_j.value + once_more.total_j.value
    return energy_j, trainer.step * step.time_s + again_s


def training_of(at: Evaluation, run: Callable[[Evaluation], Training]) -> Training:
    """The training of a point, made once whatever number is asked of it."""
    found: Training | None = at.__dict__.get("training")
    if found is None:
        found = at.__dict__["training"] = run(at)
    return found


def _on_machine(at: Evaluation) -> Training:
    """On the core that is looked at."""
    return train(at, at.core)


def _per_integer(name: str) -> Callable[[Training], float]:
    def of(training: Training) -> float:
        return float(getattr(training.total, name)) / max(training.total.integers, 1)

    return of


def _error_rate(kind: str) -> Callable[[Training], float]:
    return lambda training: training.kinds.get(kind, Counts()).residue_error_rate


_NUMBERS: dict[str, tuple[str, str, Scale, Callable[[Training], float]]] = {
    "accuracy": ("", "test accuracy after the last epoch", "linear", lambda t: t.accuracy),
    "accuracy_elsewhere": (
        "",
        "test accuracy of the same weights in FP32, or elsewhere",
        "linear",
        lambda t: t.elsewhere,
    ),
    "accuracy_fp32": ("", "test accuracy of the FP32 twin", "linear", lambda t: t.fp32),
    "accuracy_lost": (
        "",
        "what the FP32 twin is better by",
        "linear",
        lambda t: t.fp32 - t.accuracy,
    ),
    "diverged": ("", "1 for a training that diverged", "share", lambda t: float(t.diverged)),
    "error_rate": ("", "wrong readings over all", "linear", lambda t: t.total.residue_error_rate),
    "forward_error_rate": ("", "wrong readings of outputs", "linear", _error_rate("forward")),
    "dx_error_rate": ("", "wrong readings of gradients of inputs", "linear", _error_rate("dx")),
    "dw_error_rate": ("", "wrong readings of gradients of weights", "linear", _error_rate("dw")),
    **{
        name: ("", f"{what}, over all integers", "linear", _per_integer(name))
        for name, what in (
            ("wrong_integers", "integers wrong in the end"),
            ("re_reads", "readings after the first"),
            ("corrected", "readings put right by redundant residues"),
            ("detected", "readings found impossible and beyond correction"),
            ("undetected", "integers accepted although wrong"),
            ("dropped", "integers given up"),
        )
    },
    "training_energy_j": ("J", "energy of all training steps", "log", lambda t: t.energy_j),
    "training_time_s": ("s", "time of all training steps", "log", lambda t: t.time_s),
}


_BOUNDS = {name: (1.0, 0.0) for name in _NUMBERS if name.endswith("error_rate")}
_BOUNDS |= dict.fromkeys(("accuracy", "accuracy_elsewhere", "accuracy_fp32"), (1.0, 0.0))


def training_metrics(
    names: Sequence[str], run: Callable[[Evaluation], Training] = _on_machine
) -> list[Metric]:
    """Numbers of trainings, by name.

    Args:
        names: of those above.
        run: trains a point; by default on the core that is looked at.
    """

    def of(name: str) -> Metric:
        unit, meaning, scale, number = _NUMBERS[name]
        most, least = _BOUNDS.get(name, (math.inf, -math.inf if name == "accuracy_lost" else 0.0))
        return Metric(
            name, unit, meaning, scale, lambda at: number(training_of(at, run)), most, least
        )

    return [of(name) for name in names]


for _each in training_metrics(list(_NUMBERS)):
    enter(_each)
