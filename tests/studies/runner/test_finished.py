"""Answers that are kept and read again."""

from __future__ import annotations

from pathlib import Path

import pytest

from photonics.errors import InputError
from studies.report.answer import Answer
from studies.report.charts import Chart, Series
from studies.runner.finished import Finished, found_below, read

FINISHED = Finished(
    "mine",
    "How much?",
    "full",
    Answer(["Three."], ["x"], [["3"]], [Chart("t", "x", "y", [Series("", [1.0], [3.0])])]),
    "mirage study run mine",
    {"machine": "robust"},
)


def test_an_answer_comes_back_as_it_was_with_its_figures(tmp_path: Path) -> None:
    FINISHED.write(tmp_path)
    again = read(tmp_path / "answer.json")
    assert again == FINISHED
    assert (tmp_path / "figure-1.svg").read_text().startswith("<svg")


def test_answers_are_found_in_folders_within_folders(tmp_path: Path) -> None:
    for name in ("b", "a"):
        (tmp_path / name).mkdir()
        FINISHED.write(tmp_path / name)
    assert [path.parent.name for path in found_below(tmp_path)] == ["a", "b"]


@pytest.mark.parametrize("text", ["{", "[]", '{"name": "x"}', '{"answer": {"charts": [{}]}}'])
def test_what_is_no_answer_is_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "answer.json"
    path.write_text(text)
    with pytest.raises(InputError, match="cannot be read"):
        read(path)
