"""A comparison as a study: its axis is the contestant, its replicas are seeds."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from devices.parameters.overrides import parse_overrides
from mirage_core.data.dataset import Dataset
from mirage_core.training.datasets import load_dataset
from mirage_core.training.tasks.base import Task
from mirage_core.training.tasks.named import TASKS
from studies.comparison.answer import AXIS, DIVERGED, answer_of
from studies.comparison.contestants import Contestant, contestants
from studies.comparison.prices import Price, price
from studies.metrics.evaluation import Evaluation
from studies.metrics.registry import Metric, Scale
from studies.metrics.training import scored
from studies.runner.plan import Point
from studies.runner.run import Order
from studies.runner.study import Study
from studies.training_plan import TrainingPlan
from studies.training_setup import setting_of

NAME = "compare"


@dataclass(frozen=True, kw_only=True)
class ComparisonOrder(Order):
    """A comparison to be run, in a form that other processes understand.

    Attributes:
        recipe: the plan of all, as plain data.
        names: of the contestants, with commas between them.
        seeds: trainings of each.
    """

    source: str = NAME
    recipe: Mapping[str, Any] = field(default_factory=dict)
    names: str = ""
    seeds: int = 1

    @property
    def form(self) -> str:
        """There is but one."""
        return ""

    @property
    def name_in_storage(self) -> str:
        """The same for all comparisons: a folder holds one."""
        return NAME

    def study(self) -> Study:
        """The study that is meant."""
        plan = TrainingPlan(**self.recipe)
        return comparison(plan, contestants(self.names, plan), self.seeds)


def comparison(plan: TrainingPlan, who: list[Contestant], seeds: int) -> Study:
    """The study that trains one recipe with each contestant and each seed.

    Args:
        plan: the recipe, its data, and changes of all machines.
        who: the contestants.
        seeds: trainings of each, from the seed of the recipe on.
    """
    data, by_name = load_dataset(plan.data), {one.name: one for one in who}
    task = TASKS[data.task]

    def changes(point: Point) -> dict[str, Any]:
        preset = by_name[str(point[AXIS])].preset
        return {} if preset is None else {"machine": preset}

    # All metrics of a training are asked for one after the other.
    @lru_cache(maxsize=1)
    def measured(at: Evaluation) -> dict[str, float]:
        return _measured(by_name[str(at.parameters[AXIS])], plan, data, at)

    def metric(
        name: str, unit: str, meaning: str, most: float = math.inf, scale: Scale = "linear"
    ) -> Metric:
        return Metric(name, unit, meaning, scale, lambda at: measured(at)[name], most, least=0.0)

    return Study(
        question=f"How well does {plan.recipe.model} learn {_shown(plan.data)} in each arithmetic"
        + (f", with {', '.join(plan.overrides)}?" if plan.overrides else "?"),
        axes={AXIS: list(by_name)},
        metrics=[
            metric(score_of(task), "", f"{task.title} of the test set", _most(task)),
            metric(DIVERGED, "", "1 for a training that diverged", scale="share"),
            metric("time_s", "s", "time of the whole training, evaluations included"),
            metric("products_s", "s", "of that, products, re-reads included"),
            metric("energy_j", "J", "energy of the whole training"),
            metric("products_j", "J", "of that, products"),
        ],
        machine=plan.preset,
        set=parse_overrides(plan.overrides, "--set"),
        replicas=seeds,
        seed=plan.recipe.seed,
        same_chip=True,
        objectives={score_of(task): "maximize" if task.higher_is_better else "minimize"},
        changes=changes,
        answer=lambda table: answer_of(table, task, score_of(task), plan.preset),
        name=NAME,
        settings={
            one.name: setting_of(one.plan(plan, plan.recipe.seed), one.machine(plan), data)
            for one in who
        },
    )


def _shown(data: str) -> str:
    """Data without the folder that they lie in."""
    kind, colon, path = data.partition(":")
    return f"{kind}{colon}{Path(path).name}"


def score_of(task: Task) -> str:
    """Name of the score among metrics."""
    return f"test_{task.score_name}"


def _most(task: Task) -> float:
    """What a score can be at most: 1 for fractions."""
    return 1.0 if task.scale == 100 else math.inf


def _measured(
    one: Contestant, plan: TrainingPlan, data: Dataset, at: Evaluation
) -> dict[str, float]:
    """Train, and tell the last score, whether it diverged, and the price."""
    trainer = one.trainer(plan, at.machine, data, at.seed)
    score, diverged = scored(trainer)
    # What was cut short has no price.
    paid = Price() if diverged else price(trainer, one.number_format, at.machine)
    return {score_of(trainer.task): score, DIVERGED: float(diverged), **paid._asdict()}
