"""The jobs of a study: which points on which replicas, and in which order.

In a design that is known beforehand a job is one point on one replica.  In adaptive search it is
one point on all of them, whose mean is what the sampler learns; its values are asked for when it is
claimed, by a sampler that is seeded with the number of the job, so that one worker repeats itself
whether it was interrupted or not.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator
from typing import Any

import optuna
from optuna.samplers import BaseSampler, NSGAIISampler, TPESampler
from optuna.storages import BaseStorage
from optuna.trial import Trial

from studies.runner.attempts import Description, Tally
from studies.runner.plan import Point
from studies.runner.study import Study

_SEED_STEP = 1_000_003


class Jobs:
    """All jobs of a study.

    Args:
        study: what is asked.
    """

    def __init__(self, study: Study) -> None:
        self.study = study
        self.plan = [] if study.adaptive else study.plan()
        self._axes = {a.name: a for a in (*study.case_axes, *study.design_axes)}
        self._distributions = {name: a.distribution() for name, a in self._axes.items()}

    def __len__(self) -> int:
        if self.study.adaptive:
            return self.study.points
        return len(self.plan) * self.study.replicas

    @property
    def keys(self) -> list[str]:
        """What storages call the jobs; none where they go by their numbers.

        Where points and replicas may be added, numbers change, and jobs go by their values.
        """
        if not self.study.settings:
            return []
        return [
            json.dumps([*self.plan[self.number(job)].values(), *self.replicas(job)])
            for job in range(len(self))
        ]

    def order(self, offset: float) -> Iterator[int]:
        """All jobs once, each worker from a place of its own, so that few want the same one."""
        start = 0 if self.study.adaptive else int(offset * len(self))
        yield from range(start, len(self))
        yield from range(start)

    def replicas(self, job: int) -> list[int]:
        """Replicas that a job is measured on."""
        if self.study.adaptive:
            return list(range(self.study.replicas))
        return [job % self.study.replicas]

    def number(self, job: int) -> int:
        """Number of the point of a job."""
        return job if self.study.adaptive else job // self.study.replicas

    def describe(self, job: int) -> Description:
        """What the trial of a job says before it begins."""
        attributes: dict[str, Any] = {"point": self.number(job)}
        if self.study.adaptive:
            return Description(attributes=attributes)
        attributes["replica"] = job % self.study.replicas
        return Description(self.plan[self.number(job)], self._distributions, attributes)

    def point(
        self, job: int, storage: BaseStorage, study_id: int, trial_id: int, tally: Tally
    ) -> Point:
        """Values of the axes of a job that has been claimed."""
        if not self.study.adaptive:
            return self.plan[self.number(job)]
        earlier = tally.errors.get(job, [])
        if earlier:
            point = dict(earlier[0].params)
            for name, value in point.items():
                distribution = self._distributions[name]
                internal = distribution.to_internal_repr(value)
                storage.set_trial_param(trial_id, name, internal, distribution)
            return point
        name = storage.get_study_name_from_id(study_id)
        study = optuna.load_study(study_name=name, storage=storage, sampler=self._sampler(job))
        trial = Trial(study, trial_id)
        return {name: _suggested(trial, name, d) for name, d in self._distributions.items()}

    def _sampler(self, job: int) -> BaseSampler:
        seed = (self.study.seed * _SEED_STEP + job) % (1 << 32)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if self.study.sampler == "nsga2":
                population = max(4, min(50, self.study.points // 5))
                return NSGAIISampler(seed=seed, population_size=population)
            startup = min(10, max(1, self.study.points // 4))
            return TPESampler(seed=seed, multivariate=True, n_startup_trials=startup)


def _suggested(trial: Trial, name: str, distribution: optuna.distributions.BaseDistribution) -> Any:
    if isinstance(distribution, optuna.distributions.FloatDistribution):
        return trial.suggest_float(name, distribution.low, distribution.high, log=distribution.log)
    if isinstance(distribution, optuna.distributions.IntDistribution):
        return trial.suggest_int(name, distribution.low, distribution.high, log=distribution.log)
    assert isinstance(distribution, optuna.distributions.CategoricalDistribution)
    return trial.suggest_categorical(name, distribution.choices)
