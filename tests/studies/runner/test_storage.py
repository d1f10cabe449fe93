"""Journals that outlive their writers, and storages that are refused."""

from __future__ import annotations

import fcntl
import multiprocessing
import os
import time
from pathlib import Path

import optuna
import pytest
from optuna.distributions import FloatDistribution
from optuna.exceptions import UpdateFinishedTrialError
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import TrialState

from photonics.errors import InputError
from studies.runner import storage as place
from studies.runner.attempts import study_of
from studies.runner.rows import rows
from studies.runner.run import open_order
from studies.runner.storage import Journal, open_storage
from tests.studies.runner import postgresql, test_worker


def lines(path: Path) -> list[bytes]:
    return path.read_bytes().split(b"\n")


def test_a_torn_line_is_made_blank_by_the_next_writer(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    journal = Journal(str(path))
    journal.append_logs([{"op_code": 1, "n": 1}])
    with path.open("ab") as file:
        file.write(b'{"op_code":4,"trunca')
    assert [log["n"] for log in Journal(str(path)).read_logs(0)] == [1]
    journal.append_logs([{"op_code": 1, "n": 2}])
    assert [log["n"] for log in Journal(str(path)).read_logs(0)] == [1, 2]
    assert lines(path)[-1] == b""


def test_a_file_that_is_one_torn_line_is_begun_again(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    path.write_bytes(b"x" * 200_000)
    Journal(str(path)).append_logs([{"n": 1}])
    assert path.read_bytes().lstrip() == b'{"n":1}\n'
    assert [log["n"] for log in Journal(str(path)).read_logs(0)] == [1]


def test_a_writer_that_wakes_late_cuts_nothing_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "journal"
    path.write_bytes(b'{"n":1}\n{"trunca')
    journal, pwrite = Journal(str(path)), os.pwrite

    def frozen(*blanks: object) -> int:
        # Its lock is taken away while it stands still, and another one writes.
        monkeypatch.setattr(os, "pwrite", pwrite)
        path.with_name("journal.flock").unlink()
        Journal(str(path)).append_logs([{"n": 2}])
        return pwrite(*blanks)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "pwrite", frozen)
    journal.append_logs([{"n": 3}])
    assert [log["n"] for log in Journal(str(path)).read_logs(0)] == [1, 2, 3]


def test_optuna_by_itself_reads_and_tells_without_waiting(tmp_path: Path) -> None:
    path = str(tmp_path / "journal")
    study_of(open_storage(path), "x", ["minimize"], ["loss"])
    began = time.monotonic()
    study = optuna.load_study(study_name="x", storage=JournalStorage(JournalFileBackend(path)))
    asked = study.ask({"laser.power_w": FloatDistribution(1.0, 2.0)})
    study.tell(asked, 1.0)
    assert time.monotonic() - began < 5.0
    again = open_storage(path)
    assert [t.values for t in again.get_all_trials(0)] == [[1.0]]


def _hold(lock: str, held: object) -> None:
    file = os.open(lock, os.O_RDWR | os.O_CREAT)
    fcntl.flock(file, fcntl.LOCK_EX)
    held.set()  # type: ignore[attr-defined]
    time.sleep(60.0)


def test_a_lock_of_the_dead_is_free_and_one_of_the_frozen_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(place, "_FROZEN_S", 0.5)
    context = multiprocessing.get_context("fork")
    path, held = tmp_path / "journal", context.Event()
    journal = Journal(str(path))
    holder = context.Process(target=_hold, args=(f"{path}.flock", held))
    holder.start()
    assert held.wait(10)
    began = time.monotonic()
    journal.append_logs([{"n": 1}])
    assert 0.4 < time.monotonic() - began < 5.0
    holder.kill()
    holder.join()
    held.clear()
    holder = context.Process(target=_hold, args=(f"{path}.flock", held))
    holder.start()
    assert held.wait(10)
    holder.kill()
    holder.join()
    began = time.monotonic()
    journal.append_logs([{"n": 2}])
    assert time.monotonic() - began < 0.4


@pytest.mark.parametrize(
    ("where", "allowed"),
    [
        ("sqlite:///x.db", "SQLite gives one point to two workers"),
        ("mysql://host/x", "must be a path or a postgresql:// address"),
        ("/proc/nowhere/journal.log", "cannot be written"),
    ],
)
def test_storages_that_lose_points_or_cannot_be_written_are_refused(
    where: str, allowed: str
) -> None:
    with pytest.raises(InputError, match=allowed):
        open_storage(where)


def test_an_unreachable_database_is_refused_without_its_password() -> None:
    pytest.importorskip("psycopg")
    with pytest.raises(InputError, match="cannot be reached") as refused:
        open_storage("postgresql://someone:secret@/x?host=/nowhere")
    assert "secret" not in str(refused.value)


def test_a_file_that_is_no_journal_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("shopping list\nmilk\n")
    with pytest.raises(InputError, match="is no journal of studies"):
        open_storage(str(path))


def test_no_trial_of_a_journal_is_finished_twice(tmp_path: Path) -> None:
    storage = open_storage(str(tmp_path / "journal"))
    other = open_storage(str(tmp_path / "journal"))
    study = study_of(storage, "x", ["minimize"], ["loss"])
    trial = storage.create_new_trial(study)
    storage.set_trial_state_values(trial, TrialState.FAIL)
    with pytest.raises(UpdateFinishedTrialError):
        other.set_trial_state_values(trial, TrialState.COMPLETE, [1.0])


def hammered_database(tmp_path: Path, kills: int, count: int) -> None:
    with postgresql.server() as url:
        order = test_worker.order_of(tmp_path, count, storage=url)
        with open_order(order):
            pass
        test_worker.hammer(order, 4, kills, seed=kills)
        with open_order(order) as opened:
            trials = opened.attempts.storage.get_all_trials(opened.attempts.study_id)
            found = [r["loss"] for r in rows(opened.jobs, opened.attempts.refresh())]
    done = [t.user_attrs["job"] for t in trials if t.state is TrialState.COMPLETE]
    assert sorted(done) == list(range(2 * count))
    assert len(trials) > 2 * count
    assert [t.number for t in trials] == list(range(len(trials)))
    calm = tmp_path / "calm"
    assert found == [row["loss"] for row in test_worker.undisturbed(calm, count)]


@pytest.fixture(autouse=True)
def _measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEASURED", str(tmp_path / "measured.txt"))


@pytest.mark.slow  # 30 s
def test_workers_on_a_database_lose_nothing_when_killed_twenty_times(tmp_path: Path) -> None:
    hammered_database(tmp_path, kills=20, count=100)
