"""Answers of studies without words of their own."""

from __future__ import annotations

import math
from typing import Any

from studies.report.plain_answer import plain_answer
from studies.runner.study import Drawing
from studies.runner.table import Table
from tests.studies.runner.test_study import study

X, Y = "laser.power_w", "laser_power_w"


def table(rows: list[dict[str, Any]]) -> Table:
    told = {"status": "done", "why": "", "replica": 0}
    return Table([{**told, **row} for row in rows], [X], study().known)


def test_extremes_are_named_with_their_points() -> None:
    found = plain_answer(study(), table([{X: 1e-3, Y: 3.0}, {X: 2e-3, Y: 1.0}]))
    assert found.words[0] == (
        "laser power / W, mean: least 1 at laser.power_w = 0.002; largest 3 at "
        "laser.power_w = 0.001."
    )
    assert found.cells == [["0.001", "3"], ["0.002", "1"]]


def test_refusals_are_told_with_their_reasons() -> None:
    refused = {X: 2e-3, Y: math.nan, "status": "refused", "why": "no light; add some"}
    found = plain_answer(study(), table([{X: 1e-3, Y: 3.0}, refused, refused]))
    assert found.words[-1] == "2 of 3 cannot be, and are in no number above: 2 times no light."


def test_a_drawing_joins_numbers_in_their_order() -> None:
    told = study(drawing=Drawing(x=X, y=Y, log_x=True))
    (chart,) = plain_answer(told, table([{X: 2e-3, Y: 1.0}, {X: 1e-3, Y: 3.0}])).charts
    assert list(chart.series[0].x) == [1e-3, 2e-3]
    assert list(chart.series[0].y) == [3.0, 1.0]
    assert chart.log_x
    assert not chart.names


def test_a_drawing_of_words_has_names() -> None:
    told = study(
        axes={"conditions.streamed": ["forward", "dx"]},
        drawing=Drawing(x="conditions.streamed", y=Y),
    )
    rows = [
        {"conditions.streamed": s, Y: 1.0, "status": "done", "why": "", "replica": 0}
        for s in ("forward", "dx")
    ]
    (chart,) = plain_answer(told, Table(rows, ["conditions.streamed"], told.known)).charts
    assert tuple(chart.names) == ("forward", "dx")
