"""Workers that are killed, frozen and stopped: nothing is lost, and nothing is counted twice."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest

from photonics.random import NoiseKey
from studies.runner.rows import Row, rows
from studies.runner.run import Order, open_order
from studies.runner.worker import Worker
from tests.studies.runner import files

# Workers live for about ten points before they are killed, some for none.
_POINT_S, _LIFE_S = 0.02, 0.3
# So few kills may all meet workers that have not begun.
_FEW = 10


def order_of(folder: Path, count: int = 40, sleep: float = _POINT_S, storage: str = "") -> Order:
    study = files.quadratic(folder, count, sleep)
    return Order(str(study), storage or str(folder / "journal.log"), full=True, lease_s=30.0)


def work(order: Order, offset: float) -> None:
    with open_order(order) as opened:
        Worker(opened.jobs, opened.attempts, offset).run()


def start(order: Order, offset: float) -> BaseProcess:
    process = multiprocessing.get_context("fork").Process(target=work, args=(order, offset))
    process.start()
    return process


def table(order: Order) -> list[Row]:
    """Rows without what depends on the time of day."""
    opened = open_order(order)
    found = rows(opened.jobs, opened.attempts.refresh())
    return [{k: v for k, v in row.items() if k != "seconds"} for row in found]


def undisturbed(folder: Path, count: int) -> list[Row]:
    folder.mkdir()
    order = order_of(folder, count, sleep=0.0)
    work(order, 0.0)
    return table(order)


def hammer(order: Order, workers: int, kills: int, seed: int) -> None:
    """Kill workers at random moments, each time one, and start others in their place."""
    moments = NoiseKey.from_seed(seed).fold("kills", workers).uniform(0, 2 * kills).tolist()
    running = [start(order, i / workers) for i in range(workers)]
    for i in range(kills):
        time.sleep(2.0 * _LIFE_S * moments[2 * i] / workers)
        victim = int(workers * moments[2 * i + 1])
        os.kill(running[victim].pid or 0, signal.SIGKILL)
        running[victim].join()
        running[victim] = start(order, victim / workers)
    for process in running:
        process.join(120)
        assert process.exitcode == 0


def check_hammered(tmp_path: Path, workers: int, kills: int, count: int) -> None:
    folder = tmp_path / "killed"
    folder.mkdir()
    os.environ["MEASURED"] = str(tmp_path / "measured.txt")
    order = order_of(folder, count)
    hammer(order, workers, kills, seed=kills)
    read = files.journal(folder / "journal.log")
    assert read.finished == dict.fromkeys(range(2 * count), 1)
    assert read.after == []
    if kills > _FEW:
        # Some were in the middle of a point.
        assert len(read.begun) > 2 * count
    assert [{**row, "study_digest": ""} for row in table(order)] == [
        {**row, "study_digest": ""} for row in undisturbed(tmp_path / "calm", count)
    ]


@pytest.fixture(autouse=True)
def _measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEASURED", str(tmp_path / "measured.txt"))


@pytest.mark.parametrize("workers", [1, 4])
def test_killed_workers_lose_nothing(workers: int, tmp_path: Path) -> None:
    check_hammered(tmp_path, workers, kills=4, count=10 * workers)


@pytest.mark.slow  # 60 s
@pytest.mark.parametrize("workers", [1, 4])
def test_workers_killed_a_hundred_times_lose_nothing(workers: int, tmp_path: Path) -> None:
    check_hammered(tmp_path, workers, kills=100, count=150 * workers)


@pytest.mark.parametrize("sampler", ["grid", "random", "qmc"])
def test_any_number_of_workers_finds_the_same_numbers(sampler: str, tmp_path: Path) -> None:
    tables = []
    for workers in (1, 3):
        folder = tmp_path / str(workers)
        folder.mkdir()
        study = files.quadratic(folder, 8, sampler=sampler, points=8)
        order = Order(str(study), str(folder / "journal.log"), full=True)
        hammer(order, workers, kills=0, seed=0)
        tables.append(table(order))
    assert tables[0] == tables[1]
    assert len({row["loss"] for row in tables[0]}) > 8


def test_a_frozen_worker_is_replaced_and_what_it_finds_later_is_ignored(tmp_path: Path) -> None:
    study = files.quadratic(tmp_path, 2, 0.3)
    order = Order(str(study), str(tmp_path / "journal.log"), full=True, lease_s=0.4)
    frozen = start(order, 0.0)
    measured = tmp_path / "measured.txt"
    while not measured.exists():
        time.sleep(0.01)
    os.kill(frozen.pid or 0, signal.SIGSTOP)
    work(order, 0.0)
    before = table(order)
    os.kill(frozen.pid or 0, signal.SIGCONT)
    frozen.join(60)
    opened = open_order(order)
    trials = opened.attempts.storage.get_all_trials(opened.attempts.study_id)
    late = [t for t in trials if t.user_attrs.get("outcome") == "late"]
    assert len(late) == 1
    assert late[0].user_attrs["result"]["replicas"]
    assert files.journal(tmp_path / "journal.log").finished == dict.fromkeys(range(4), 1)
    assert table(order) == before


def test_a_long_point_of_a_live_worker_is_left_to_it(tmp_path: Path) -> None:
    study = files.quadratic(tmp_path, 2, 0.7)
    order = Order(str(study), str(tmp_path / "journal.log"), full=True, lease_s=0.3)
    others = [start(order, i / 3) for i in range(3)]
    for process in others:
        process.join(60)
    assert len(files.measured(tmp_path)) == 4


def test_a_stopped_worker_gives_its_point_back(tmp_path: Path) -> None:
    study = files.quadratic(tmp_path, 2, 5.0)
    order = Order(str(study), str(tmp_path / "journal.log"), full=True)
    process = start(order, 0.0)
    while not (tmp_path / "measured.txt").exists():
        time.sleep(0.01)
    os.kill(process.pid or 0, signal.SIGINT)
    process.join(5)
    assert process.exitcode == 0
    tally = open_order(order).attempts.refresh()
    assert tally.running == {}
    assert tally.lost == {}
    assert tally.finished == {}


def test_failed_points_keep_their_error_and_are_tried_once_more(tmp_path: Path) -> None:
    path = files.quadratic(tmp_path, 3)
    text = path.read_text().replace(
        "    return", "    if x > 7e-3: raise ValueError('too bright')\n    return"
    )
    path.write_text(text)
    order = Order(str(path), str(tmp_path / "journal.log"), full=True)
    opened = open_order(order)
    assert Worker(opened.jobs, opened.attempts, 0.0).run()
    found = rows(opened.jobs, opened.attempts.refresh())
    assert [row["status"] for row in found] == ["done"] * 4 + ["failed"] * 2
    assert found[-1]["why"].startswith("ValueError: too bright (")
    assert "quadratic.py:" in found[-1]["why"]
    assert len(files.measured(tmp_path)) == 4 + 2 * 2


def test_machines_that_cannot_be_are_results(tmp_path: Path) -> None:
    path = files.quadratic(tmp_path, 2)
    text = path.read_text().replace('"laser.power_w"', '"clock_hz"')
    path.write_text(text.replace('1e-3, "high": 8e-3', '1e8, "high": 1e12'))
    order = Order(str(path), str(tmp_path / "journal.log"), full=True)
    opened = open_order(order)
    assert Worker(opened.jobs, opened.attempts, 0.0).run()
    found = rows(opened.jobs, opened.attempts.refresh())
    assert [row["status"] for row in found] == ["done", "done", "refused", "refused"]
    assert "half a symbol at most" in found[-1]["why"]
