"""One attempt at one job: the machine of the point, its metrics, and what became of it."""

from __future__ import annotations

import math
import time
import traceback
from typing import Any

from circuits.control.controller import CalibrationError
from photonics.errors import FOREIGN_ERRORS, InputError
from studies.metrics.evaluation import Evaluation
from studies.runner.attempts import Outcome
from studies.runner.plan import Point
from studies.runner.setup import setup
from studies.runner.study import Study, bound_of

# Frames of an error that are kept.
_FRAMES = 3


def evaluate(study: Study, point: Point, replicas: list[int]) -> Outcome:
    """Measure a point on one replica, or on several of which adaptive search sees the mean.

    An :class:`InputError` says that there can be no such machine, which is a result.  So is a chip
    that calibration refuses, of a machine that can be: metrics may have a number for it.  Any other
    exception is an error, which is kept; an interruption is passed on.
    """
    began = time.perf_counter()
    told: dict[str, Any] = {"replicas": []}
    try:
        for replica in replicas:
            told["replicas"].append(_measured(study, point, replica))
    except InputError as error:
        return _ended("refused", told, began, str(error))
    except FOREIGN_ERRORS as error:
        last = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
        where = " > ".join(f"{frame.filename.rpartition('/')[2]}:{frame.lineno}" for frame in last)
        return _ended("error", told, began, f"{type(error).__name__}: {error} ({where})")
    means = {
        name: _mean([one["metrics"].get(name, math.nan) for one in told["replicas"]])
        for name in study.known
    }
    told["seconds"] = time.perf_counter() - began
    for name in (*study.directions, *study.constraints):
        if math.isnan(means[name]):
            if any("why" in one for one in told["replicas"]):
                return Outcome("refused", told)
            # A search can learn nothing of it; other designs keep what else was measured.
            if study.adaptive:
                return _ended("refused", told, began, f"{name} is not a number here")
    values = tuple(means[name] for name in study.directions)
    constraints = {}
    for name, text in study.constraints.items():
        sign, bound = bound_of(name, text)
        constraints[name] = means[name] - bound if sign == "<=" else bound - means[name]
    return Outcome("done", told, values, constraints)


def _measured(study: Study, point: Point, replica: int) -> dict[str, Any]:
    """Metrics of one replica, with what they were measured on, and why its chip was refused."""
    ready, seed = setup(study, point), study.seed + replica
    at = Evaluation(ready.machine, ready.conditions, ready.recipe, seed, point)
    found: dict[str, Any] = {}
    try:
        found["metrics"] = {name: float(metric.of(at)) for name, metric in study.known.items()}
    except CalibrationError as error:
        kept = {name: metric.refused for name, metric in study.known.items()}
        found["metrics"] = {name: value for name, value in kept.items() if not math.isnan(value)}
        found["why"] = str(error)
    return {
        "replica": replica,
        "seed": seed,
        "chip_seed": ready.machine.chip_seed if study.same_chip else seed,
        "machine": ready.digest,
        **found,
    }


def _ended(kind: str, told: dict[str, Any], began: float, why: str) -> Outcome:
    seconds = time.perf_counter() - began
    return Outcome(kind, {**told, "replicas": [], "why": why, "seconds": seconds})


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)
