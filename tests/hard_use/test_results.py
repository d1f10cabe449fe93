"""Folders of results: answers, tables of rows, and journals of comparisons and studies."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st

from studies.counterparts import figure_five, table_one
from studies.runner.answer_again import answer_again
from studies.runner.attempts import Outcome
from studies.runner.command import StudyCommand
from studies.runner.finished import read
from studies.runner.rows import rows, write_rows
from studies.runner.run import Order, open_order
from studies.show.study import report
from tests.hard_use.cases import corpus, numbered, try_all
from tests.hard_use.mutation import as_json, changed_text, changed_tree
from tests.hard_use.property import read_or_refused
from tests.studies.counterparts.made_up import comparison, precision

RESULTS = Path(__file__).parents[2] / "studies" / "results" / "laser"
STUDY = """question = "Which?"
machine = "isca2024-ideal"
metrics = ["laser_total_w"]
axes.laser.power_w = [1e-3, 2e-3]
"""


@numbered(quick=100)
def test_answers_are_read_or_refused(count: int, tmp_path: Path) -> None:
    answer = json.loads((RESULTS / "answer.json").read_text())
    for chart in answer["answer"]["charts"]:
        chart["series"] = chart["series"][:1]

    def check(text: bytes) -> None:
        (tmp_path / "answer.json").write_bytes(text)
        read_or_refused(lambda: report([tmp_path], tmp_path / "page.html"))

    trees = changed_tree(answer).map(lambda tree: as_json(tree).encode())
    try_all(count, st.one_of(trees, changed_text([as_json(answer)])), check)


def journal(folder: Path) -> Order:
    """A study of two points of which one is done, in its journal."""
    (folder / "which.toml").write_text(STUDY)
    order = Order(str(folder / "which.toml"), str(folder / "journal.log"))
    with open_order(order) as opened:
        attempt = opened.attempts.claim([0], opened.jobs.describe)
        assert attempt is not None
        found = {"replicas": [{"replica": 0, "metrics": {"laser_total_w": 1.0}}], "seconds": 1.0}
        opened.attempts.finish(attempt, Outcome("done", found, (1.0,)))
    return order


def found_in(order: Order) -> list[dict[str, Any]]:
    with open_order(order) as opened:
        return rows(opened.jobs, opened.attempts.refresh())


@numbered(quick=25)
def test_journals_are_read_or_refused(
    count: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = journal(tmp_path)
    text, study = Path(order.storage).read_text(), order.study()
    # Its file stays as it is, and takes longer to read than the journal.
    monkeypatch.setattr(Order, "study", lambda _: study)
    assert [row["status"] for row in found_in(order)] == ["done", "open"]

    def check(changed: bytes) -> None:
        Path(order.storage).write_bytes(changed)
        told = read_or_refused(lambda: found_in(order))
        assert told is None or len(told) == 2

    try_all(count, changed_text([text]), check)


@numbered(quick=100)
def test_tables_are_read_or_refused(count: int, tmp_path: Path) -> None:
    order = journal(tmp_path)
    command = StudyCommand.of(order.source, False, tmp_path)
    write_rows(tmp_path, found_in(order))
    command.conclude(order.study(), found_in(order))
    table = tmp_path / "table.csv"
    text = table.read_text()

    def check(changed: bytes) -> None:
        table.write_bytes(changed)
        read_or_refused(lambda: answer_again(order.source, tmp_path))

    try_all(count, changed_text([text]), check)


@numbered(quick=50)
def test_tables_beside_the_paper_are_read_or_refused(count: int, tmp_path: Path) -> None:
    name = next(iter(table_one.NETWORKS))
    lost: dict[str, tuple[object, object, object]] = {"int8": (-0.02, -0.03, -0.01)}
    compared = comparison(tmp_path, name, lost)
    studied = precision(tmp_path, {("MLP", "truncate", "4 bits, g = 16"): (0.01, 0.02)})

    def check(path: Path, changed: bytes) -> None:
        path.write_bytes(changed)
        read_or_refused(lambda: table_one.rows(tmp_path))
        read_or_refused(lambda: figure_five.rows(tmp_path))

    for path in (compared, studied):
        text = path.read_text()
        try_all(count, changed_text([text]), partial(check, path))
        path.write_text(text)


@pytest.mark.parametrize("path", corpus("results"))
def test_answers_that_broke_it_are_refused(path: Path) -> None:
    assert read_or_refused(lambda: read(path)) is None


@pytest.mark.parametrize("path", corpus("answers"))
def test_answers_that_broke_a_page_are_on_one(path: Path, tmp_path: Path) -> None:
    (tmp_path / "answer.json").write_bytes(path.read_bytes())
    page = tmp_path / "page.html"
    read_or_refused(lambda: report([tmp_path], page))
    assert read(path).question in page.read_text(encoding="utf-8")
