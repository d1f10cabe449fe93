"""Adaptive search: it finds what is known, repeats itself, and keeps to its constraints."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import optuna
import pytest

from studies.metrics.evaluation import Evaluation
from studies.metrics.registry import Metric
from studies.runner.attempts import Attempts, study_of
from studies.runner.jobs import Jobs
from studies.runner.rows import Row, rows
from studies.runner.storage import open_storage
from studies.runner.study import Study
from studies.runner.worker import Worker


def bowl(at: Evaluation) -> float:
    """Least, 1, at 3 mW and 20 nA."""
    x, y = 1e3 * at.parameters["laser.power_w"], 1e8 * at.parameters[DARK]
    return 1.0 + (x - 3.0) ** 2 + (y - 2.0) ** 2


def height(at: Evaluation) -> float:
    return 1e3 * float(at.parameters["laser.power_w"])


DARK = "receiver.photodiode.dark_current_a"
LOSS = Metric("loss", "", "a bowl", "linear", bowl)
HEIGHT = Metric("height", "", "power in mW", "linear", height)


def study(sampler: str, **fields: Any) -> Study:
    return Study(
        question="Where is it least?",
        axes={
            "laser.power_w": {"low": 1e-3, "high": 9e-3},
            DARK: {"low": 1e-9, "high": 1e-7},
        },
        metrics=[LOSS, HEIGHT],
        sampler=sampler,
        points=fields.pop("points", 40),
        **fields,
    )


def run(told: Study, path: Path, stop_after: int | None = None) -> list[Row]:
    """All rows; or those of some first points, as after an interruption."""
    storage = open_storage(str(path))
    directions = list(told.directions.values())
    attempts = Attempts(storage, study_of(storage, "x", directions, list(told.directions)), 60.0)
    jobs = Jobs(told)
    worker = Worker(jobs, attempts, 0.0)
    if stop_after is None:
        assert worker.run()
    else:
        made = 0

        def enough() -> None:
            nonlocal made
            made += 1
            if made == stop_after:
                raise KeyboardInterrupt

        worker.on_job = enough
        with pytest.raises(KeyboardInterrupt):
            worker.run()
    return rows(jobs, attempts.refresh())


def numbers(found: list[Row]) -> list[tuple[Any, ...]]:
    return [(r["laser.power_w"], r[DARK], r["loss"], r["status"]) for r in found]


def test_a_known_optimum_is_found(tmp_path: Path) -> None:
    found = run(study("tpe", points=60), tmp_path / "journal")
    best = min(found, key=lambda row: row["loss"])
    random = run(study("random", points=60), tmp_path / "other")
    assert best["loss"] < 1.3
    assert best["loss"] < min(row["loss"] for row in random)


@pytest.mark.parametrize("sampler", ["tpe", "nsga2"])
def test_one_worker_repeats_itself_whether_interrupted_or_not(sampler: str, tmp_path: Path) -> None:
    told = study(sampler, points=24)
    once = run(told, tmp_path / "once")
    run(told, tmp_path / "twice", stop_after=11)
    assert numbers(run(told, tmp_path / "twice")) == numbers(once)
    other = study(sampler, points=24, seed=1)
    assert numbers(run(other, tmp_path / "other")) != numbers(once)


def test_a_front_of_two_objectives_is_found(tmp_path: Path) -> None:
    told = study("nsga2", points=80, objectives={"loss": "minimize", "height": "minimize"})
    found = run(told, tmp_path / "journal")
    storage = open_storage(str(tmp_path / "journal"))
    front = optuna.load_study(study_name="x", storage=storage).best_trials
    heights = [trial.values[1] for trial in front]
    # Between the least power and the least loss, and nothing beyond.
    assert len(front) > 5
    assert max(heights) < 5.0
    assert len(found) == 80


def test_search_keeps_to_a_constraint(tmp_path: Path) -> None:
    told = study("tpe", points=50, constraints={"height": ">= 5"})
    found = run(told, tmp_path / "journal")
    storage = open_storage(str(tmp_path / "journal"))
    best = optuna.load_study(study_name="x", storage=storage).best_trial
    assert best.params["laser.power_w"] >= 5e-3
    # The least loss at 5 mW is 1 + 2².
    assert best.value is not None
    assert 5.0 <= best.value < 6.0
    assert len(found) == 50


def test_a_search_learns_the_mean_of_its_replicas(tmp_path: Path) -> None:
    told = study("tpe", points=4, replicas=3)
    found = run(told, tmp_path / "journal")
    assert [row["replica"] for row in found] == [0, 1, 2] * 4
    storage = open_storage(str(tmp_path / "journal"))
    trials = optuna.load_study(study_name="x", storage=storage).trials
    for trial, row in zip(trials, found[::3], strict=True):
        assert trial.values == pytest.approx([row["loss"]])


def test_trials_are_ordinary_ones_with_readable_names(tmp_path: Path) -> None:
    told = study("random", points=3)
    run(told, tmp_path / "journal")
    storage = open_storage(str(tmp_path / "journal"))
    found = optuna.load_study(study_name="x", storage=storage)
    assert found.metric_names == ["loss"]
    for trial in found.trials:
        assert set(trial.params) == {"laser.power_w", DARK}
        assert trial.state is optuna.trial.TrialState.COMPLETE
    # Ask and tell from Python go on in the same study.
    asked = found.ask({"laser.power_w": optuna.distributions.FloatDistribution(1e-3, 9e-3)})
    found.tell(asked, 5.0)
    assert len(found.trials) == 4
    assert len(run(told, tmp_path / "journal")) == 3
