"""Study files that tests run: quick ones, whose answers are known."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[3]
QUADRATIC = """
import os, time
from studies.metrics.registry import Metric
from studies.runner.study import Study

def loss(at):
    x = at.parameters["laser.power_w"]
    with open(os.environ["MEASURED"], "a") as log:
        log.write(f"{{x}} {{at.seed}}\\n")
    time.sleep({sleep})
    return (1e3 * x - 3.0) ** 2 + 0.01 * at.seed

STUDY = Study(
    question="Where is it least?",
    axes={{"laser.power_w": {{"low": 1e-3, "high": 8e-3, "count": {count}}}}},
    metrics=[Metric("loss", "", "a known function", "linear", loss)],
    replicas=2,
    **{more},
)
"""


def quadratic(folder: Path, count: int = 8, sleep: float = 0.0, **more: Any) -> Path:
    """A study of a known function on a grid of ``count`` points with two replicas."""
    path = folder / "quadratic.py"
    path.write_text(QUADRATIC.format(count=count, sleep=sleep, more=repr(more)))
    return path


def command(study: Path, folder: Path, *options: str) -> list[str]:
    """A study as it is typed."""
    run = [sys.executable, "-m", "studies.cli.main", "study", "run", str(study)]
    return [*run, "--out", str(folder), *options]


def environment(folder: Path) -> dict[str, str]:
    """In which a study logs what it measures in ``folder``."""
    told = {
        "PYTHONPATH": str(ROOT),
        "MEASURED": str(folder / "measured.txt"),
        "OMP_NUM_THREADS": "1",
    }
    return {**os.environ, **told}


def run(study: Path, folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run a study in a process of its own, to its end."""
    folder.mkdir(exist_ok=True, parents=True)
    return subprocess.run(
        command(study, folder, *options),
        env=environment(folder),
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def table(folder: Path) -> list[dict[str, str]]:
    """Rows of the table that a study has written."""
    with (folder / "table.csv").open() as file:
        return list(csv.DictReader(file))


def measured(folder: Path) -> list[str]:
    """Every measurement that was begun, each time that it was."""
    return (folder / "measured.txt").read_text().splitlines()


@dataclass
class Journal:
    """What a journal says, read line by line and without Optuna.

    Attributes:
        begun: job of every trial, in their order.
        finished: results of each job.
        after: trials that were begun for a job that had been finished, surplus ones left out.
    """

    begun: list[int]
    finished: Counter[int]
    after: list[int]


CREATE, STATE, ATTRIBUTE = 4, 6, 8
COMPLETE, PRUNED, FAIL = 1, 2, 3


def journal(path: Path) -> Journal:
    """Read a journal."""
    begun: list[int] = []
    finished: Counter[int] = Counter()
    after: list[int] = []
    over: set[int] = set()
    for line in path.read_text().splitlines():
        log = json.loads(line)
        trial = log.get("trial_id")
        if log["op_code"] == CREATE:
            job = log["user_attrs"]["job"]
            if job in finished and "outcome" not in log["user_attrs"]:
                after.append(len(begun))
            begun.append(job)
        elif log["op_code"] == ATTRIBUTE and log["user_attr"].get("outcome") == "surplus":
            after = [number for number in after if number != trial]
        elif log["op_code"] == STATE and trial not in over and log["state"] in (1, 2, 3):
            over.add(trial)
            if log["state"] in (COMPLETE, PRUNED):
                finished[begun[trial]] += 1
    return Journal(begun, finished, after)
