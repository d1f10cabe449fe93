"""Rows of results: all points, in their order, whatever became of them."""

from __future__ import annotations

import csv
import math
from pathlib import Path
from typing import Any

import pyarrow.parquet
from optuna.trial import TrialState, create_trial

from studies.runner.attempts import MOST_LOST, Tally
from studies.runner.jobs import Jobs
from studies.runner.rows import made_by, rows, write_rows
from tests.studies.runner.test_study import study

SPAN = {"low": 1e-3, "high": 2e-3}
RESULT: dict[str, Any] = {
    "seconds": 1.0,
    "replicas": [{"replica": 0, "seed": 4, "machine": "abc", "metrics": {"laser_power_w": 7.0}}],
}


def tally(*trials: tuple[TrialState, int, dict[str, Any]]) -> Tally:
    found = Tally()
    made = []
    for number, (state, job, attributes) in enumerate(trials):
        value = 7.0 if state is TrialState.COMPLETE else None
        trial = create_trial(
            state=state, value=value, user_attrs={"job": job, "result": RESULT, **attributes}
        )
        trial.number = number
        made.append(trial)
    found.read(made)
    return found


def test_every_point_has_a_row_and_its_status() -> None:
    jobs = Jobs(study(axes={"laser.power_w": [1e-3, 2e-3, 3e-3, 4e-3, 5e-3]}, seed=4))
    error = {"outcome": "error", "result": {"why": "broken"}}
    found = rows(
        jobs,
        tally(
            (TrialState.COMPLETE, 0, {}),
            (TrialState.PRUNED, 1, {"result": {"why": "no light"}}),
            (TrialState.FAIL, 2, error),
            (TrialState.FAIL, 2, error),
            *[(TrialState.FAIL, 3, {})] * MOST_LOST,
        ),
    )
    assert [row["status"] for row in found] == ["done", "refused", "failed", "failed", "open"]
    assert [row["why"] for row in found[1:3]] == ["no light", "broken"]
    assert "took its worker with it" in found[3]["why"]
    assert [row["laser.power_w"] for row in found] == [1e-3, 2e-3, 3e-3, 4e-3, 5e-3]
    assert found[0]["laser_power_w"] == 7.0
    assert (found[0]["chip_seed"], found[0]["machine_digest"]) == (4, "abc")
    assert all(row["versions"] == made_by() for row in found)


def test_of_a_point_on_several_chips_some_may_be_refused() -> None:
    jobs = Jobs(study(sampler="tpe", points=1, replicas=2, axes={"laser.power_w": SPAN}))
    refused = {"replica": 1, "seed": 5, "machine": "abc", "metrics": {}, "why": "scatters"}
    both = {"seconds": 1.0, "replicas": [*RESULT["replicas"], refused]}
    for state in (TrialState.COMPLETE, TrialState.PRUNED):
        found = rows(jobs, tally((state, 0, {"result": both})))
        assert [row["status"] for row in found] == ["done", "refused"]
        assert [row["why"] for row in found] == ["", "scatters"]


def test_late_and_surplus_attempts_count_as_nothing() -> None:
    jobs = Jobs(study())
    late = {"outcome": "late", "result": {**RESULT, "seconds": 9.0}}
    found = rows(
        jobs,
        tally(
            (TrialState.FAIL, 0, {"outcome": "surplus"}),
            (TrialState.FAIL, 1, late),
            (TrialState.COMPLETE, 0, {}),
        ),
    )
    assert [row["status"] for row in found] == ["done", "open"]


def test_files_hold_the_same_numbers(tmp_path: Path) -> None:
    jobs = Jobs(study(axes={"laser.power_w": [1e-3, 2e-3]}))
    found = rows(jobs, tally((TrialState.COMPLETE, 0, {})))
    write_rows(tmp_path, found)
    with (tmp_path / "table.csv").open() as file:
        read = list(csv.DictReader(file))
    columns = pyarrow.parquet.read_table(tmp_path / "table.parquet").to_pylist()
    assert [row["laser_power_w"] for row in read] == ["7.0", ""]
    assert columns[0]["laser_power_w"] == 7.0
    assert math.isnan(columns[1]["laser_power_w"])
    assert [row["status"] for row in columns] == ["done", "open"]
    # The time that a point took is no result.
    assert "seconds" not in read[0]


def test_the_code_that_computes_is_told() -> None:
    assert "code " in made_by()
    assert "torch " in made_by()
