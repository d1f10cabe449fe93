"""One attempt: what is measured, refused, and what goes wrong."""

from __future__ import annotations

import math
from typing import Any

import pytest

from circuits.control.controller import CalibrationError
from studies.metrics.evaluation import Evaluation
from studies.metrics.registry import Metric
from studies.runner.evaluate import evaluate
from studies.runner.plan import Point
from tests.studies.runner.test_study import study

POINT: Point = {"laser.power_w": 2e-3}


def metric(of: Any, name: str = "loss") -> Metric:
    return Metric(name, "", "", "linear", of)


def test_every_replica_has_a_seed_of_its_own_and_the_mean_counts() -> None:
    told = study(metrics=[metric(lambda at: float(at.seed))], seed=10)
    found = evaluate(told, POINT, [0, 1, 4])
    assert found.kind == "done"
    assert [one["seed"] for one in found.result["replicas"]] == [10, 11, 14]
    assert found.values == (pytest.approx(35 / 3),)
    assert len({one["machine"] for one in found.result["replicas"]}) == 1


def test_the_machine_is_that_of_the_point() -> None:
    def power(at: Evaluation) -> float:
        return at.machine.design.laser.power_w

    assert evaluate(study(metrics=[metric(power)]), POINT, [0]).values == (2e-3,)


def test_a_machine_that_cannot_be_is_refused_with_its_reason() -> None:
    told = study(axes={"clock_hz": [1e12]})
    found = evaluate(told, {"clock_hz": 1e12}, [0])
    assert found.kind == "refused"
    assert "half a symbol at most" in found.result["why"]
    assert found.result["replicas"] == []


def refused_chip(at: Evaluation) -> float:
    if at.seed > 0:
        raise CalibrationError("calibration.accept", "good", "scatters")
    return 1.0


def test_a_chip_that_calibration_refuses_counts_where_a_metric_says_so() -> None:
    usable = Metric("usable", "", "", "share", refused_chip, refused=0.0)
    both = [metric(refused_chip, "rate"), usable]
    told = study(metrics=both, replicas=2)
    good, bad = (evaluate(told, POINT, [replica]) for replica in (0, 1))
    assert (good.kind, bad.kind) == ("done", "refused")
    (one,) = bad.result["replicas"]
    assert one["metrics"] == {"usable": 0.0}
    assert "scatters" in one["why"]
    # A search learns of all chips; where one has no number, there is no mean.
    assert evaluate(study(metrics=[usable]), POINT, [0, 1]).values == (0.5,)
    assert evaluate(told, POINT, [0, 1]).kind == "refused"
    bound = study(metrics=both[::-1], sampler="tpe", points=1, constraints={"rate": "<= 2"})
    assert evaluate(bound, POINT, [0, 1]).kind == "refused"
    assert evaluate(bound, POINT, [0]).kind == "done"


def test_an_error_is_kept_with_its_place() -> None:
    def broken(at: Evaluation) -> float:
        raise ZeroDivisionError("no digits")

    found = evaluate(study(metrics=[metric(broken)]), POINT, [0])
    assert found.kind == "error"
    assert found.result["why"].startswith("ZeroDivisionError: no digits (")
    assert "test_evaluate.py:" in found.result["why"]


def test_an_interruption_is_passed_on() -> None:
    def stopped(at: Evaluation) -> float:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        evaluate(study(metrics=[metric(stopped)]), POINT, [0])


def test_what_is_no_number_is_refused_as_an_objective_and_kept_beside() -> None:
    nan, one = metric(lambda at: math.nan, "nan"), metric(lambda at: 1.0, "one")
    search = study(metrics=[nan, one], sampler="tpe", points=1)
    assert evaluate(search, POINT, [0]).kind == "refused"
    # A grid looks for nothing: the order of metrics does not count.
    (told,) = evaluate(study(metrics=[nan, one]), POINT, [0]).result["replicas"]
    assert told["metrics"]["one"] == 1.0
    found = evaluate(study(metrics=[one, nan]), POINT, [0])
    assert found.kind == "done"
    assert math.isnan(found.result["replicas"][0]["metrics"]["nan"])


def test_constraints_are_told_as_by_how_much_they_are_broken() -> None:
    told = study(
        metrics=[metric(lambda at: 3.0, "a"), metric(lambda at: 5.0, "b")],
        sampler="tpe",
        points=1,
        constraints={"a": "<= 2", "b": ">= 4"},
    )
    assert evaluate(told, POINT, [0]).constraints == {"a": 1.0, "b": -1.0}
