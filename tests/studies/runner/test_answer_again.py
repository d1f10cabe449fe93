"""Answers made anew from rows: the same as after the run, with the words of today."""

from __future__ import annotations

from pathlib import Path

import pytest

from photonics.errors import InputError
from studies.runner.answer_again import answer_again
from studies.runner.finished import FILE, read
from tests.commands import invoke
from tests.studies.runner import files

STUDY = """
from studies.metrics.registry import Metric
from studies.report.answer import Answer
from studies.report.variants import side_by_side
from studies.runner.study import Study

def loss(at):
    x = float(at.parameters["laser.power_w"])
    return float("inf") if x > 5e-3 and at.parameters["conditions.streamed"] == "dx" else x

def answer(table):
    axes = ["laser.power_w", "conditions.streamed"]
    assert set(table.values("laser.power_w")) <= {POINTS}
    cells = side_by_side(table, axes, [("loss", "loss", 1.0)])
    return Answer(["WORDS"], *cells, [])

STUDY = Study(
    question="Which is least?",
    axes={"laser.power_w": POINTS, "conditions.streamed": ["forward", "dx"]},
    metrics=[Metric("loss", "", "", "linear", loss)],
    replicas=2,
    answer=answer,
)
""".replace("{POINTS}", "{1e-3, 0.1 + 0.2, 7e-3}").replace("POINTS", "[1e-3, 0.1 + 0.2, 7e-3]")


def test_an_answer_made_anew_has_the_same_table_and_new_words(tmp_path: Path) -> None:
    path, folder = tmp_path / "mine.py", tmp_path / "out"
    path.write_text(STUDY)
    invoke("study", "run", str(path), "--out", str(folder))
    before = read(folder / FILE)
    path.write_text(STUDY.replace("WORDS", "Better words."))
    shown = invoke("study", "show", str(path), "--out", str(folder), "--again")
    assert "Better words." in shown
    after = read(folder / FILE)
    assert after.answer.cells == before.answer.cells
    assert [row[2] for row in after.answer.cells if row[1] == "dx"][1:] == ["none is enough"] * 2
    assert (after.command, after.configuration) == (before.command, before.configuration)


def test_rows_of_another_study_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEASURED", str(tmp_path / "measured.txt"))
    folder = tmp_path / "out"
    path = files.quadratic(tmp_path, count=2)
    invoke("study", "run", str(path), "--out", str(folder))
    files.quadratic(tmp_path, count=3)
    with pytest.raises(InputError, match="holds rows of another study"):
        answer_again(str(path), folder)


def test_rows_in_another_order_are_put_into_that_of_the_study(tmp_path: Path) -> None:
    path, folder = tmp_path / "mine.py", tmp_path / "out"
    path.write_text(STUDY)
    invoke("study", "run", str(path), "--out", str(folder))
    before = (folder / FILE).read_text()
    head, *rows = (folder / "table.csv").read_text().splitlines()
    (folder / "table.csv").write_text("\n".join([head, *rows[::-1]]) + "\n")
    answer_again(str(path), folder)
    assert (folder / FILE).read_text() == before


def test_rows_that_are_not_finished_are_refused(tmp_path: Path) -> None:
    """A run that was begun afresh and stopped leaves the answer of the one before."""
    path, folder = tmp_path / "mine.py", tmp_path / "out"
    path.write_text(STUDY)
    invoke("study", "run", str(path), "--out", str(folder))
    table = folder / "table.csv"
    table.write_text(table.read_text().replace(",done,", ",open,", 1))
    with pytest.raises(InputError, match="holds rows that are not finished"):
        answer_again(str(path), folder)


SEARCH = """
from studies.metrics.registry import Metric
from studies.runner.study import Study

def loss(at):
    x = at.parameters["laser.power_w"]
    if x > 7e-3:
        raise RuntimeError("too bright")
    return x

STUDY = Study(
    question="Which is least?",
    axes={
        "laser.power_w": {"low": 1e-3, "high": 9e-3},
        "bits": {"8": {}, "1e3": {}},
    },
    metrics=[Metric("loss", "", "", "linear", loss)],
    sampler="tpe",
    points=12,
)
"""


def test_what_a_search_has_chosen_is_read_as_it_was(tmp_path: Path) -> None:
    path, folder = tmp_path / "mine.py", tmp_path / "out"
    path.write_text(SEARCH)
    invoke("study", "run", str(path), "--out", str(folder))
    before = (folder / FILE).read_text()
    assert "failed: " in before
    assert '"1e3"' in before
    answer_again(str(path), folder)
    assert (folder / FILE).read_text() == before
