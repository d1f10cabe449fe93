"""Full disks, read-only folders, folders given for files and the reverse, and odd names."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from circuits import ArrayShape, fabricate, save_chip
from mirage_core.machine.loading import load_machine
from photonics.errors import InputError
from studies.report.checkpoint import write_checkpoint
from studies.report.files import alone_in, write_csv, write_json
from studies.runner.storage import Journal
from studies.training_plan import plan
from tests.commands import failure, invoke
from tests.hard_use.places import fill, full_disk, mounted, told_full

ODD = "ein Ördner ☃ 😀 'x' "
NO_ROOM = "No space left on device"
# As short as trainings get.
MACHINE = ("--set", "array.units=1", "--set", "calibration.policy=none")
EVALUATED = ("train", "--fidelity", "integer", *MACHINE, "--epochs", "0")


def a_chip(path: Path) -> None:
    design = load_machine("robust").design
    save_chip(fabricate(design, (31,), ArrayShape(units=1, rows=32, length=16), 0), path)


WRITERS: dict[str, Callable[[Path], None]] = {
    "json": lambda path: write_json(path, list(range(100_000))),
    "csv": lambda path: write_csv(path, [{"a": i} for i in range(100_000)]),
    "checkpoint": lambda path: write_checkpoint(path, {"a": torch.zeros(100_000)}),
    "chip": a_chip,
}


@pytest.mark.parametrize("name", WRITERS)
def test_a_full_disk_leaves_what_was_there(name: str, tmp_path: Path) -> None:
    with full_disk(tmp_path / "disk") as disk:
        path = disk / "result"
        path.write_text("before")
        with pytest.raises(InputError, match=NO_ROOM):
            WRITERS[name](path)
        assert path.read_text() == "before"
        assert [each.name for each in disk.iterdir()] == ["result"]


def test_a_training_on_a_full_disk_names_the_option(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with told_full(monkeypatch):
        message = failure(capsys, monkeypatch, *EVALUATED, "--out", str(tmp_path))
    assert "--out = " in message
    assert NO_ROOM in message


@pytest.mark.parametrize("name", WRITERS)
def test_a_write_that_ends_half_way_leaves_what_was_there(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "result"
    path.write_text("before")
    with told_full(monkeypatch), pytest.raises(InputError, match=NO_ROOM):
        WRITERS[name](path)
    assert path.read_text() == "before"
    assert [each.name for each in tmp_path.iterdir()] == ["result"]


def test_a_journal_on_a_full_disk_keeps_its_lines(tmp_path: Path) -> None:
    with full_disk(tmp_path / "disk") as disk:
        path = disk / "journal.log"
        journal = Journal(str(path))
        journal.append_logs([{"n": 1}])
        fill(disk)
        # What is left of a page is filled in part, and the rest is told to be refused.
        with pytest.raises(InputError, match=f"--storage.*{NO_ROOM}"):
            journal.append_logs([{"n": 2, "text": "x" * 10_000}])
        assert [log["n"] for log in Journal(str(path)).read_logs(0)] == [1]
        (disk / "filler").unlink()
        journal.append_logs([{"n": 3}])
        assert [log["n"] for log in Journal(str(path)).read_logs(0)] == [1, 3]


@pytest.mark.parametrize(
    "words",
    [
        ("show", "moduli", "--json", "DISK/moduli.json"),
        ("study", "new", "DISK/mine.toml"),
        ("study", "run", "laser", "--out", "DISK/laser"),
        (*EVALUATED, "--out", "DISK/train"),
    ],
)
def test_a_read_only_disk_is_refused_in_a_line(
    words: tuple[str, ...],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with mounted(tmp_path / "disk", "ro") as disk:
        typed = [word.replace("DISK", str(disk)) for word in words]
        message = failure(capsys, monkeypatch, *typed)
        assert "cannot be written (Read-only file system)" in message


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("show", "preset", "FOLDER"), "preset = 'a.toml': is a folder"),
        (("train", "--recipe", "FOLDER"), "--recipe = 'a.toml': is a folder"),
        (("train", "--weights", "FOLDER"), "--weights = 'a.toml': is a folder"),
        (("train", "--chip", "FOLDER"), "--chip = 'a.toml': is a folder"),
        (("train", "--data", "text:FOLDER"), "data = 'a.toml': is a folder"),
        (("train", "--data", "idx:FILE"), "has no train-images-idx3-ubyte"),
        (("train", "--data", "cifar10:FILE"), "has no data_batch_1.bin"),
        (("train", "--data", "images:FILE"), "must be a folder of folders"),
        (("train", "--out", "FILE"), "--out = 'file': cannot be written (File exists)"),
        (("compare", "--out", "FILE/a"), "--out = 'file/a': cannot be written (Not a directory)"),
        (("study", "run", "FOLDER"), "study = 'a.toml': is a folder"),
        (("study", "run", "laser", "--out", "FILE"), "cannot be written (File exists)"),
        (("study", "report", "FILE"), "is no folder of results"),
        (("study", "new", "FOLDER"), "a.toml"),
        (("show", "moduli", "--json", "FOLDER"), "--json = 'a.toml': is a folder"),
    ],
)
def test_folders_are_no_files_nor_the_reverse(
    words: tuple[str, ...],
    message: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Paths from where one stands.
    monkeypatch.chdir(tmp_path)
    Path("a.toml").mkdir()
    Path("file").write_text("x")
    typed = [word.replace("FOLDER", "a.toml").replace("FILE", "file") for word in words]
    assert message in failure(capsys, monkeypatch, *typed)
    assert (list(Path("a.toml").iterdir()), Path("file").read_text()) == ([], "x")


def test_names_are_whatever_people_write(tmp_path: Path) -> None:
    folder = tmp_path / ODD
    folder.mkdir()
    machine, text, out = folder / f"{ODD}.toml", folder / "text", folder / "out"
    machine.write_text('extends = "robust"\narray.units = 1\n')
    text.write_text("To be, or not to be.\n" * 10)
    invoke(*EVALUATED, "--preset", str(machine), "--out", str(out))
    assert json.loads((out / "config.json").read_text())["machine"]["name"] == ODD
    # Recipes name files of whatever name.
    plan(out / "recipe.toml", {"data": f"text:{text}"}).save(out / "again.toml")
    again = plan(out / "again.toml", {})
    assert (again.preset, again.data) == (str(machine), f"text:{text}")


def test_files_of_something_else_are_not_written_over(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "config.json").write_text("precious")
    (tmp_path / "other").write_text("beside")
    message = failure(capsys, monkeypatch, *EVALUATED, "--out", str(tmp_path))
    assert "holds config.json, which is of something else; name another" in message
    assert (tmp_path / "config.json").read_text() == "precious"
    invoke(*EVALUATED, "--out", str(tmp_path), "--overwrite")
    assert (tmp_path / "other").read_text() == "beside"
    # An evaluation leaves no checkpoint, and its files are known for ours.
    (tmp_path / "checkpoint.pt").unlink(missing_ok=True)
    invoke(*EVALUATED, "--out", str(tmp_path))


def test_a_folder_takes_one_training_at_a_time(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with alone_in(tmp_path):
        message = failure(capsys, monkeypatch, *EVALUATED, "--out", str(tmp_path))
        assert "another run writes to it; wait for its end" in message
        assert list(tmp_path.iterdir()) == []
    invoke(*EVALUATED, "--out", str(tmp_path))


def test_another_comparison_leaves_the_recipe_of_the_first(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    typed = ("compare", "--with", "int8", "--seeds", "1", "--epochs", "0", "--out", str(tmp_path))
    invoke(*typed)
    before = (tmp_path / "recipe.toml").read_text()
    message = failure(capsys, monkeypatch, *typed, "--lr", "0.5")
    assert "was begun with another setting of fp32: recipe.learning_rate" in message
    assert (tmp_path / "recipe.toml").read_text() == before
