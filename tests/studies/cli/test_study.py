"""``mirage study``: list, new, run, show and report, and what they refuse."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from studies.runner.run import Order, open_order
from studies.runner.study_file import study_names
from tests.commands import failure, invoke
from tests.studies.runner import files


@pytest.fixture(autouse=True)
def _measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEASURED", str(tmp_path / "measured.txt"))
    monkeypatch.chdir(tmp_path)


def test_the_list_names_every_study(tmp_path: Path) -> None:
    target = tmp_path / "list.json"
    shown = invoke("study", "list", "--json", str(target))
    told = json.loads(target.read_text())
    assert [study["name"] for study in told] == study_names()
    assert all(name in shown for name in study_names())


@pytest.mark.parametrize(("ending", "form"), [("toml", "quick"), ("py", "")])
def test_a_new_study_runs_as_it_is(ending: str, form: str, tmp_path: Path) -> None:
    file = tmp_path / f"mine.{ending}"
    invoke("study", "new", str(file))
    assert "mirage study run" in file.read_text()
    shown = invoke("study", "run", str(file), "--replicas", "1")
    folder = tmp_path / "runs" / "studies" / "mine"
    assert "written to runs/studies/mine" in shown
    assert (folder / "figure-1.svg").read_text().startswith("<svg")
    assert len(files.table(folder)) >= 4
    again = invoke("study", "run", str(file), "--replicas", "1", "--json", "-")
    assert f'"form": "{form}"' in again
    # What has no quick form is not said to have one.
    assert ("the quick form" in shown) == bool(form)


def test_show_tells_what_is_asked_and_how_far_it_is(tmp_path: Path) -> None:
    study = files.quadratic(tmp_path, count=3)
    shown = invoke("study", "show", str(study), "--full")
    assert "Where is it least?" in shown
    assert "a known function" in shown
    invoke("study", "run", str(study), "--full")
    shown = invoke("study", "show", str(study), "--full")
    assert "6 of 6 jobs are done" in shown
    assert "loss, mean: least" in shown
    # What another version found can be read still.
    journal = str(tmp_path / "runs" / "studies" / "quadratic" / "journal.log")
    with open_order(Order(str(study), journal, full=True)) as opened:
        opened.attempts.storage.set_study_user_attr(opened.attempts.study_id, "made by", "others")
    shown = invoke("study", "show", str(study), "--full")
    assert "was begun with others" in shown
    assert "loss, mean: least" in shown


def test_a_report_has_every_finished_study(tmp_path: Path) -> None:
    study = files.quadratic(tmp_path, count=3, quick={"replicas": 1})
    invoke("study", "run", str(study), "--full")
    invoke("study", "run", str(study), "--out", "runs/studies/again")
    assert "2 studies in" in invoke("study", "report")
    page = (tmp_path / "runs" / "studies" / "report.html").read_text()
    assert page.count("<section") == 2
    assert "mirage study run" in page
    assert "The quick form" in page


def test_mistakes_are_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "there.toml").write_text("")
    (tmp_path / "bad.toml").write_text('question = "a?"\nmetrics = ["nothing"]\n[axes]\nx = [1]\n')
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "answer.json").write_text("{")
    for words, told in (
        (("study", "run", "lazer"), "did you mean laser?"),
        (("study", "run", "bad.toml"), "bad.toml:2: metrics = 'nothing': no such metric"),
        (("study", "run", "none.toml"), "must be an existing file"),
        (("study", "new", "there.toml"), "is there already; add --overwrite"),
        (("study", "new", "mine.txt"), "must end in .toml or .py"),
        (("study", "report"), "hold no finished study; mirage study run NAME"),
        (("study", "report", "broken"), "cannot be read"),
        (("study", "show", "lazer"), "did you mean laser?"),
    ):
        assert told in failure(capsys, monkeypatch, *words), words
