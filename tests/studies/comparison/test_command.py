"""``mirage compare`` as its users meet it: what it writes, and that it goes on where it was."""

from __future__ import annotations

import csv
import json
import os
import shlex
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from mirage_core.training.trainer import Trainer
from tests.commands import failure, invoke

COMMON = ("compare", "--epochs", "1", "--batch", "256", "--set", "array.units=1", "--seeds", "2")


def test_a_comparison_is_written_and_goes_on_without_training_again(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = tmp_path / "out"
    target = tmp_path / "found.json"
    typed = (*COMMON, "--with", "mxfp8,integer", "--out", str(out))
    shown = invoke(*typed, "--json", str(target))
    assert "robust:integer" in shown
    names = {p.name for p in out.iterdir() if not p.name.startswith("journal")}
    assert names == {
        "answer.json", "comparison.csv", "figure-1.svg", "figure-2.svg", "recipe.toml",
        "table.csv", "table.parquet",
    }  # fmt: skip
    with (out / "comparison.csv").open() as file:
        lines = list(csv.DictReader(file))
    found = json.loads(target.read_text())
    assert [line["contestant"] for line in lines] == ["fp32", "mxfp8", "robust:integer"]
    assert found["contestants"][0]["difference"] == 0.0
    with (out / "table.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["chip_seed"] for row in rows] == ["0"] * 6
    scores = [float(row["test_accuracy"]) for row in rows]
    assert found["contestants"][1]["difference"] == pytest.approx(
        sum(scores[2:4]) / 2 - sum(scores[:2]) / 2, abs=1e-6
    )
    # The command that is kept makes it again, and finds it all there.
    command = shlex.split(json.loads((out / "answer.json").read_text())["command"])[1:]
    monkeypatch.setattr(Trainer, "run_epoch", lambda *_: pytest.fail("trains again"))
    monkeypatch.chdir(out)
    invoke(*command, "--out", str(out))
    message = failure(capsys, monkeypatch, *typed, "--lr", "0.2")
    changed = "another setting of fp32: recipe.learning_rate 0.1 and not 0.2"
    assert message.startswith(f"mirage: --out = '{out}': was begun with {changed}")
    assert "learning_rate = 0.1\n" in (out / "recipe.toml").read_text()
    # The rows alone make the answer anew, whatever has become of its words.
    made = {name: (out / name).read_text() for name in ("answer.json", "comparison.csv")}
    (out / "answer.json").write_text(made["answer.json"].replace("the same seed", "another"))
    for lost in ("comparison.csv", "journal.log"):
        (out / lost).unlink()
    assert "robust:integer" in invoke(*typed, "--again")
    assert {name: (out / name).read_text() for name in made} == made
    message = failure(capsys, monkeypatch, *typed, "--again", "--lr", "0.2")
    assert "holds rows of another study" in message
    message = failure(capsys, monkeypatch, *typed, "--again", "--overwrite")
    assert "cannot be had with --overwrite" in message
    nowhere = tmp_path / "nowhere"
    message = failure(capsys, monkeypatch, *COMMON, "--out", str(nowhere), "--again")
    assert message.endswith("must be an existing file; run it again\n")
    assert not nowhere.exists()


def test_only_what_is_new_of_a_comparison_is_trained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More seeds, and contestants before and between those that are there, as if made at once."""
    short = ("compare", "--epochs", "1", "--batch", "512", "--set", "array.units=1")
    trained, train = [], Trainer.run
    monkeypatch.setattr(
        Trainer, "run", lambda t, *a: trained.append((type(t.core), t.recipe.seed)) or train(t, *a)
    )

    def rows(folder: Path, names: str, seeds: int) -> tuple[str, str]:
        trained.clear()
        invoke(*short, "--with", names, "--seeds", str(seeds), "--out", str(folder))
        found = (folder / "comparison.csv").read_text()
        return (folder / "table.csv").read_text(), found

    first = rows(tmp_path / "grown", "int8", 1)
    assert len(trained) == 2
    grown = rows(tmp_path / "grown", "integer,int8", 2)
    assert Counter(seed for _, seed in trained) == {0: 1, 1: 3}
    assert grown == rows(tmp_path / "whole", "integer,int8", 2)
    # And back again: what is not asked for stays where it is.
    assert rows(tmp_path / "grown", "int8", 1) == first
    assert rows(tmp_path / "grown", "integer,int8", 2) == grown
    assert not trained


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (("--with", "int9"), "--with = 'int9'"),
        (("--seeds", "0"), "--seeds = 0"),
        (("--seeds", "9" * 30), "must be a whole number from 1 to 10000"),
        (("--seed", str(2**63 - 1), "--seeds", "2"), f"seed = {2**63}: must be a whole number"),
        (("--workers", "0"), "--workers = 0"),
        (("--with", "none.toml:field"), "none.toml"),
        (("--with", "robust", "--bits", "9"), "mantissa_bits = 9: must be at most 4"),
        (("--with", "robust", "--chip", "none.chip"), "none.chip"),
        (("--with", "int8", "--model", "small-yolo", "--data", "digits"), "--model = 'small-yolo'"),
        (("--with", "int8", "--lr", "1e99"), "all trainings in FP32 diverged; lower --lr"),
    ],
)
def test_mistakes_get_one_line(
    arguments: tuple[str, ...],
    part: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sys.argv", ["mirage", *COMMON, *arguments, "--out", str(tmp_path / "o")])
    from studies.cli import main as cli

    with pytest.raises(SystemExit) as stop:
        cli.main()
    assert stop.value.code == 2
    message = capsys.readouterr().err
    assert message.startswith("mirage: ")
    assert message.count("\n") == 1
    assert part in message
    assert (tmp_path / "o").exists() == ("1e99" in arguments)


@pytest.mark.slow  # 40 s
def test_a_comparison_that_is_killed_ends_with_the_same_rows(tmp_path: Path) -> None:
    arguments = [*COMMON, "--epochs", "3", "--with", "int8,fast,integer", "--out"]
    program = [sys.executable, "-m", "studies.cli.main", *arguments]
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    subprocess.run([*program, str(whole)], check=True, capture_output=True)
    journal = parts / "journal.log"
    process = subprocess.Popen(
        [*program, str(parts), "--workers", "2"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    while not journal.exists() or journal.read_text().count('"result"') < 3:
        assert process.poll() is None
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    subprocess.run([*program, str(parts)], check=True, capture_output=True)
    assert (parts / "table.csv").read_text() == (whole / "table.csv").read_text()
    assert (parts / "comparison.csv").read_text() == (whole / "comparison.csv").read_text()
