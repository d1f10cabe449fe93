"""Training by command: results on disk, and trainings that go on where they stopped."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
import torch

from mirage_core import load_machine
from photonics.errors import InputError
from studies import training as train
from studies.accelerator.quantities import number
from studies.cli import main as cli
from studies.training_plan import plan
from tests.commands import failure, invoke, setting
from tests.figures import is_picture
from tests.machines import FEW_ROWS

TWO_EPOCHS = ["--set", "array.units=1", "--epochs", "2"]

SET = setting(FEW_ROWS)


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open() as file:
        return list(csv.DictReader(file))


def test_train_writes_everything_and_resumes(tmp_path: Path) -> None:
    out = tmp_path / "run"
    output = invoke("train", *TWO_EPOCHS, "--fidelity", "integer", "--out", str(out))
    assert "test accuracy" in output
    assert "readouts" in output
    names = {p.name for p in out.iterdir()}
    assert names == {
        "checkpoint.pt",
        "config.json",
        "learning_curves.png",
        "metrics.csv",
        "metrics.json",
        "recipe.toml",
        "weights.pt",
    }
    config = json.loads((out / "config.json").read_text())
    assert config["machine"]["array"]["units"] == 1
    assert config["versions"]["torch"].startswith(torch.__version__.split("+")[0])
    rows = read_csv(out / "metrics.csv")
    assert [row["run"] for row in rows] == ["FP32", "FP32", "robust (integer)", "robust (integer)"]
    metrics = json.loads((out / "metrics.json").read_text())
    accuracy = metrics["runs"]["robust (integer)"]["test_accuracy"]
    assert accuracy == float(rows[-1]["test_accuracy"]) > 0.5
    invoke("train", *TWO_EPOCHS, "--fidelity", "integer", "--out", str(out), "--resume")
    again = json.loads((out / "metrics.json").read_text())
    assert again["runs"]["FP32"]["test_accuracy"] == metrics["runs"]["FP32"]["test_accuracy"]
    with pytest.raises(InputError, match=r"another recipe\.seed"):
        invoke(
            "train",
            *TWO_EPOCHS,
            "--fidelity",
            "integer",
            "--out",
            str(out),
            "--resume",
            "--seed",
            "1",
        )


@pytest.mark.slow  # 4 s
def test_train_says_what_its_protection_did(tmp_path: Path) -> None:
    shown = invoke(
        "train", "--set", "array.units=1", "--epochs", "1", "--set", "laser.power_w=1e-3",
        "--out", str(tmp_path / "a"),
    )  # fmt: skip
    metrics = json.loads((tmp_path / "a" / "metrics.json").read_text())
    counts = {n: metrics[n] for n in ("re_reads", "detected", "undetected", "dropped", "corrected")}
    assert counts["re_reads"] > 0
    assert counts["dropped"] == counts["detected"] - counts["re_reads"]
    assert counts["corrected"] == 0
    line = next(text for text in shown.splitlines() if text.startswith("protection reread"))
    for name, value in counts.items():
        assert f"{value:,} {name.replace('_', '-')}" in line
    bill = metrics["bill"]
    assert 0 < bill["re_reads"]["time_s"] < bill["products"]["time_s"] < bill["total"]["time_s"]
    assert f"the machine itself: {number(1e3 * bill['total']['time_s'])} ms" in shown
    unprotected = invoke(
        "train", *TWO_EPOCHS, "--fidelity", "integer", "--set", "redundancy.policy=none",
        "--out", str(tmp_path / "b"),
    )  # fmt: skip
    assert "protection" not in unprotected


def test_interrupted_training_ends_where_a_whole_one_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = ("train", *TWO_EPOCHS, "--fidelity", "integer", "--out")
    invoke(*arguments, str(tmp_path / "whole"))
    real, calls = train.write_checkpoint, []

    def stop_after_third(path: Path, state: object) -> None:
        real(path, state)
        calls.append(path)
        if len(calls) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(train, "write_checkpoint", stop_after_third)
    with pytest.raises(KeyboardInterrupt):
        train.run(
            plan(None, {"fidelity": "integer", "epochs": 2}),
            load_machine("robust", ["array.units=1"]),
            tmp_path / "parts",
            resume=False,
        )
    monkeypatch.undo()
    invoke(*arguments, str(tmp_path / "parts"), "--resume")

    def numbers(folder: str) -> list[tuple[str, str, str]]:
        rows = read_csv(tmp_path / folder / "metrics.csv")
        return [(r["run"], r["train_loss"], r["test_accuracy"]) for r in rows]

    assert numbers("parts") == numbers("whole")


def test_a_training_that_diverges_ends_with_a_line_and_what_is_known(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    out = str(tmp_path)
    typed = ("train", "--lr", "1e30", "--clip", "1e38", "--fidelity", "integer", "--out", out)
    monkeypatch.setattr("sys.argv", ["mirage", *typed])
    with pytest.raises(SystemExit) as stop:
        cli.main()
    assert stop.value.code == 2
    message = capsys.readouterr().err
    assert message.startswith("mirage: --lr = 1e+30: FP32 training diverged at step 2 of epoch 1")
    assert message.count("\n") == 1
    known = json.loads((tmp_path / "metrics.json").read_text())
    assert known["diverged"]["where"] == "step 2 of epoch 1"
    assert known["epochs"] == []


def test_a_recipe_beside_a_result_makes_it_again(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    invoke(
        "train", *TWO_EPOCHS, "--fidelity", "integer", "--optimizer", "adam", "--lr", "1e-3",
        "--schedule", "step", "--seed", "7", "--out", str(one),
    )  # fmt: skip
    invoke("train", "--recipe", str(one / "recipe.toml"), "--out", str(two))
    first, second = (torch.load(each / "weights.pt") for each in (one, two))
    assert all(torch.equal(first[name], second[name]) for name in first)
    # Its weights alone, evaluated.
    weights = ("--weights", str(one / "weights.pt"), "--epochs", "0")
    invoke("train", "--recipe", str(one / "recipe.toml"), *weights, "--out", str(tmp_path / "c"))
    trained, evaluated = (
        json.loads((tmp_path / each / "metrics.json").read_text())["runs"]["robust (integer)"]
        for each in ("one", "c")
    )
    assert evaluated["test_accuracy"] == trained["test_accuracy"]
    assert evaluated["train_loss"] is None


@pytest.mark.slow  # 4 s
def test_compact_training_draws_its_constellation(tmp_path: Path) -> None:
    arguments = ("--set", "array.units=1", "--epochs", "1", "--batch", "256")
    invoke("train", *arguments, "--out", str(tmp_path))
    assert is_picture(tmp_path / "constellation.png")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"nonsense",
        b"\x80\x04K\x01.",
        [1, 2],
        {"setting": "{", "trainers": {}},
        {"setting": 3, "trainers": {}},
    ],
)
def test_what_is_no_checkpoint_is_refused(
    content: Any,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = tmp_path / "checkpoint.pt"
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        torch.save(content, path)
    message = failure(capsys, monkeypatch, "train", "--resume", "--out", str(tmp_path))
    assert "is not a checkpoint" in message
    message = failure(capsys, monkeypatch, "train", "--out", str(tmp_path))
    assert "--overwrite" in message


def test_a_checkpoint_without_its_trainings_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    typed = ("train", *TWO_EPOCHS, "--epochs", "0", "--fidelity", "integer", "--out", str(tmp_path))
    invoke(*typed)
    path = tmp_path / "checkpoint.pt"
    whole = torch.load(path)
    for trainers in ({}, {name: {} for name in whole["trainers"]}, None):
        torch.save({**whole, "trainers": trainers}, path)
        capsys.readouterr()
        message = failure(capsys, monkeypatch, *typed, "--resume")
        assert "is not a checkpoint of a training" in message


def test_one_of_several_processes_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    message = failure(capsys, monkeypatch, "train", *TWO_EPOCHS, "--out", str(tmp_path / "out"))
    assert message.startswith("mirage: WORLD_SIZE = '2': must be 1")
    assert not (tmp_path / "out").exists()


@pytest.mark.slow  # 15 s
def test_a_training_takes_the_chip_that_it_is_given(tmp_path: Path) -> None:
    raw = tmp_path / "raw.chip"
    invoke("show", "chip", "robust", *SET, "--set", "calibration.policy=none", "--save", str(raw))
    common = ("train", "--epochs", "1", *SET, "--set", "redundancy.policy=none")
    invoke(*common, "--out", str(tmp_path / "own"))
    invoke(*common, "--out", str(tmp_path / "lent"), "--chip", str(raw))
    own, lent = (
        json.loads((tmp_path / run / "metrics.json").read_text())["residue_error_rate"]
        for run in ("own", "lent")
    )
    assert own < 0.01
    assert lent > 0.8
    with pytest.raises(InputError, match="was made with another chip"):
        invoke(*common, "--out", str(tmp_path / "own"), "--chip", str(raw), "--resume")
