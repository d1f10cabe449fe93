"""Answers of studies without words of their own."""

from __future__ import annotations

import math
from typing import Any

from studies.report.plain_answer import plain_answer
from studies.runner.study import Drawing
from studies.runner.table import Table
from tests.studies.runner.test_study import study

X, Y = "laser.power_w", "laser_power_w"
DONE = {"status": "done", "why": "", "replica": 0}


def table(rows: list[dict[str, Any]]) -> Table:
    return Table([{**DONE, **row} for row in rows], [X], study().known)


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


def test_points_without_a_number_stay_in_the_table() -> None:
    refused = {Y: math.nan, "status": "refused", "why": "no light"}
    rows = [
        {X: 1e-3, Y: 3.0},
        {X: 1e-3, **refused},
        {X: 2e-3, **refused},
        {X: 3e-3, **refused, "status": "failed"},
        # What a search that has failed had chosen is not known.
        {X: None, **refused, "status": "failed"},
    ]
    told = study(drawing=Drawing(x=X, y=Y))
    found = plain_answer(told, table(rows))
    assert found.cells == [
        ["0.001", "3, refused on 1 of 2"],
        ["0.002", "refused"],
        ["0.003", "failed"],
    ]
    assert list(found.charts[0].series[0].x) == [1e-3]


def test_chips_that_calibration_refuses_count_in_the_yield() -> None:
    told = study(metrics=["symbol_error_rate_predicted", "usable"])
    refused = {"status": "refused", "why": "scatters; read more", "replica": 0}
    rows = [
        {X: 1e-3, "symbol_error_rate_predicted": 1e-9, "usable": 1.0, **DONE},
        {X: 2e-3, "symbol_error_rate_predicted": math.nan, "usable": 0.0, **refused},
        {X: 3e-3, "symbol_error_rate_predicted": math.nan, "usable": math.nan, **refused},
    ]
    found = plain_answer(told, Table(rows, [X], told.known))
    assert "usable, share: least 0 [0, 0.975] at laser.power_w = 0.002" in found.words[1]
    assert found.words[2:] == [
        "1 of 3 are chips that calibration refuses, and count in usable alone: 1 times scatters.",
        "1 of 3 cannot be, and are in no number above: 1 times scatters.",
    ]
    assert [row[1:] for row in found.cells] == [
        ["1e-09", "1 [0.025, 1]"],
        ["refused", "0 [0, 0.975]"],
        ["refused", "refused"],
    ]


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


def test_chips_and_points_without_a_number_are_told() -> None:
    """Of a metric that is not a number on one chip, and infinite at one point."""
    rows = [
        {X: 1e-3, Y: 3.0},
        {X: 1e-3, Y: math.nan, "replica": 1},
        {X: 2e-3, Y: math.inf},
        {X: 3e-3, Y: math.nan},
    ]
    found = plain_answer(study(), table(rows))
    assert found.words == [
        "laser power / W, mean: least 3 at laser.power_w = 0.001; largest 3 at "
        "laser.power_w = 0.001; infinite at 1 of 3 points."
    ]
    assert [row[1] for row in found.cells] == ["3, no number on 1 of 2", "inf", "no number"]
    dark = plain_answer(study(), table(rows[2:3]))
    assert dark.words == ["laser power / W: infinite at 1 of 1 points."]


def test_a_table_that_is_cut_says_so() -> None:
    found = plain_answer(study(), table([{X: 1e-3 * i, Y: 3.0} for i in range(61)]))
    assert len(found.cells) == 60
    assert found.words[-1].startswith("The table of this answer has the first 60 of 61 points")


def test_a_drawing_over_other_axes_says_so() -> None:
    other = "conditions.streamed"
    told = study(axes={X: [1e-3, 2e-3], other: ["dx", "dw"]}, drawing=Drawing(x=X, y=Y))
    rows = [
        {**DONE, X: x, other: data, Y: y + i, "replica": i}
        for x in (1e-3, 2e-3)
        for data, y in (("dx", 1.0), ("dw", 5.0))
        for i in range(2)
    ]
    table = Table(rows, [X, other], told.known)
    (chart,) = plain_answer(told, table).charts
    assert chart.y_label == f"laser power / W, over all {other}"
    (line,) = chart.series
    assert list(line.y) == [3.5, 3.5]
    assert line.low is not None
    assert all(map(math.isnan, line.low))
    (chart,) = plain_answer(told, table.where(conditions__streamed="dx")).charts
    assert chart.y_label == "laser power / W"
    assert chart.series[0].low is not None
    assert not any(map(math.isnan, chart.series[0].low))
