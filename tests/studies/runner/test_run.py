"""Studies as they are typed: workers, interruptions, and storages of something else."""

from __future__ import annotations

import signal
import subprocess
import time
from pathlib import Path

import pyarrow.parquet
import pytest

from studies.runner.run import Order, open_order
from tests.commands import failure, invoke
from tests.studies.runner import files


@pytest.mark.slow  # 15 s
def test_any_number_of_workers_finds_the_same_numbers(tmp_path: Path) -> None:
    study = files.quadratic(tmp_path, count=6)
    tables = []
    for workers in (1, 3):
        folder = tmp_path / str(workers)
        found = files.run(study, folder, "--full", "--workers", str(workers))
        assert found.returncode == 0, found.stderr
        tables.append((folder / "table.csv").read_bytes())
        assert len(files.measured(folder)) == 12
    assert tables[0] == tables[1]


def here(study: Path, folder: Path, *options: str) -> str:
    """Run a study in this process, to its end; what is printed."""
    return invoke("study", "run", str(study), "--full", "--out", str(folder), *options)


def refusal(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    study: Path,
    folder: Path,
    *options: str,
) -> str:
    """The one line with which a study is refused."""
    words = ("study", "run", str(study), "--full", "--out", str(folder), *options)
    return failure(capsys, monkeypatch, *words)


@pytest.fixture(autouse=True)
def _measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEASURED", str(tmp_path / "measured.txt"))


def test_a_table_says_what_made_every_row(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    study = files.quadratic(tmp_path, count=3)
    here(study, folder)
    read = files.table(folder)
    assert len(read) == 6
    first, again = read[0], read[1]
    assert first["machine_digest"] == again["machine_digest"] != read[2]["machine_digest"]
    assert (first["chip_seed"], again["chip_seed"]) == ("0", "1")
    assert "code " in first["versions"]
    assert float(first["loss"]) == (1e3 * float(first["laser.power_w"]) - 3.0) ** 2
    parquet = pyarrow.parquet.read_table(folder / "table.parquet").to_pylist()
    assert [str(row["loss"]) for row in parquet] == [row["loss"] for row in read]
    assert set(read[0]) | {"seconds"} == set(parquet[0])
    assert {p.name for p in folder.iterdir()} >= {"answer.json", "table.csv", "journal.log"}


@pytest.mark.slow  # 20 s
def test_an_interrupted_study_says_how_to_go_on_and_does(tmp_path: Path) -> None:
    study, folder = files.quadratic(tmp_path, count=10, sleep=0.3), tmp_path / "out"
    folder.mkdir()
    process = subprocess.Popen(
        files.command(study, folder, "--full", "--workers", "2"),
        env=files.environment(folder),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    until = time.monotonic() + 60.0
    while not (folder / "measured.txt").exists() or len(files.measured(folder)) < 3:
        assert time.monotonic() < until
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert err.strip().splitlines()[-1] == "mirage: interrupted"
    assert "go on with: mirage study run" in out
    assert "Traceback" not in err
    begun = len(files.measured(folder))
    again = files.run(study, folder, "--full")
    assert again.returncode == 0, again.stderr
    assert "are there already" in again.stdout
    # Only what was interrupted in the middle is measured twice.
    assert 20 <= len(files.measured(folder)) <= 22
    assert begun < 20
    assert files.journal(folder / "journal.log").finished == dict.fromkeys(range(20), 1)


def test_a_storage_of_another_study_is_refused_and_may_be_begun_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "out"
    here(files.quadratic(tmp_path, count=2), folder)
    other = files.quadratic(tmp_path, count=3)
    told = refusal(capsys, monkeypatch, other, folder)
    assert "holds another study of this name" in told
    assert "begin again with --overwrite" in told
    here(other, folder, "--overwrite")
    assert len(files.table(folder)) == 6


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [("format", 0, "was written in format 0"), ("made by", "others", "was begun with others")],
)
def test_a_storage_of_another_version_is_refused(
    name: str,
    value: object,
    told: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder, study = tmp_path / "out", files.quadratic(tmp_path, count=2)
    order = Order(str(study), str(folder / "journal.log"), full=True)
    with open_order(order) as opened:
        opened.attempts.storage.set_study_user_attr(opened.attempts.study_id, name, value)
    assert told in refusal(capsys, monkeypatch, study, folder)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--workers", "0"), "--workers = 0: must be from 1 to 1024"),
        (("--set", "laser.powr_w=1"), "did you mean laser.power_w?"),
        (("--set", "clock_hz=-1"), "greater than"),
        (("--set", "laser.power_w=1"), "is an axis of the study"),
        (("--replicas", "0"), "from 1 to 100000"),
        (("--lease", "0"), "--lease = 0.0: must be above 0"),
        (("--storage", "sqlite:///x.db"), "SQLite gives one point to two workers"),
        (("--storage", "postgresql://nobody@/x?host=/nowhere"), "cannot be reached"),
    ],
)
def test_mistakes_are_told_before_anything_is_run(
    options: tuple[str, ...],
    told: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    study = files.quadratic(tmp_path, count=2)
    assert told in refusal(capsys, monkeypatch, study, tmp_path / "out", *options)
    assert not (tmp_path / "measured.txt").exists()


def test_quick_and_full_forms_stand_side_by_side(tmp_path: Path) -> None:
    study = files.quadratic(tmp_path, count=3, quick={"replicas": 1})
    folder = tmp_path / "out"
    here(study, folder)
    assert "the quick form" in invoke("study", "run", str(study), "--out", str(folder))
    assert len(files.table(folder)) == 3
    # All is there already.
    before = len(files.measured(tmp_path))
    here(study, folder)
    assert len(files.table(folder)) == 6
    assert len(files.measured(tmp_path)) == before
