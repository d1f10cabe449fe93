"""Where lines meet a stated value, on curves whose crossings are known."""

from __future__ import annotations

import math
from typing import Any

import pytest

from studies.metrics.registry import Metric
from studies.report.crossing import met_at
from studies.report.plain_answer import plain_answer
from studies.runner.study import Drawing, Study
from studies.runner.table import Table
from tests.studies.runner.test_study import study

X = "laser.power_w"
POWERS = [1e-3, 2e-3, 4e-3, 8e-3]
RATE = Metric("rate", "", "", "log", lambda _: 0.0)


def asked(**drawing: Any) -> Study:
    told = {"log_x": True, "log_y": True, "target": 1e-6}
    return study(
        axes={X: POWERS}, metrics=[RATE], drawing=Drawing(x=X, y="rate", **{**told, **drawing})
    )


def words(asked: Study, *chips: list[float]) -> str:
    rows = [
        {X: x, "rate": y, "replica": replica, "status": "done", "why": ""}
        for replica, ys in enumerate(chips)
        for x, y in zip(POWERS, ys, strict=True)
    ]
    drawing = asked.drawing
    assert drawing is not None
    assert drawing.target is not None
    (told,) = met_at(drawing, drawing.target, asked, Table(rows, [X], asked.known))
    return told.removeprefix(f"rate = {drawing.target:g}: ")


def test_a_power_law_is_met_where_it_is() -> None:
    """A straight line in both logarithms, rising or falling, from either end of the list."""
    law = [1e-6 * (x / 3e-3) ** -7 for x in POWERS]
    assert words(asked(), law) == f"at {X} = 0.003, geometric mean."
    assert words(asked(), [1e-12 / y for y in law]) == f"at {X} = 0.003, geometric mean."
    rows = [
        {X: x, "rate": y, "replica": 0, "status": "done", "why": ""}
        for x, y in reversed(list(zip(POWERS, law, strict=True)))
    ]
    found = plain_answer(asked(), Table(rows, [X], asked().known))
    assert found.words[0] == f"rate = 1e-06: at {X} = 0.003, geometric mean."
    assert list(found.charts[0].series[-1].y) == [1e-6, 1e-6]


def test_a_straight_line_is_met_where_it_is() -> None:
    line = [1.0 + 2000.0 * x for x in POWERS]
    told = words(asked(log_x=False, log_y=False, target=7.0), line)
    assert told == f"at {X} = 0.003, mean."


def test_intervals_are_of_the_axis_over_chips() -> None:
    """Two chips, at 2 and 4.5 mW: t of one degree of freedom is 12.706."""
    chips = [[1e-6 * (x / at) ** -7 for x in POWERS] for at in (2e-3, 4.5e-3)]
    half = 12.7062 * math.log(4.5 / 2.0) / 2.0
    low, high = (3e-3 * math.exp(sign * half) for sign in (-1, 1))
    assert words(asked(), *chips) == f"at {X} = 0.003 [{low:.3g}, {high:.3g}], geometric mean."


def test_chips_that_do_not_meet_it_are_counted() -> None:
    law, above, below = ([1e-6 * (x / at) ** -7 for x in POWERS] for at in (3e-3, 1.0, 1e-6))
    often = [1e-3, 1e-9, 1e-3, 1e-9]
    assert words(asked(), law, above, below, above, often) == (
        f"at {X} = 0.003, geometric mean; more than once on 1 of 5 chips; "
        "above it all along on 2 of 5 chips; below it all along on 1 of 5 chips."
    )
    assert words(asked(), above) == "above it all along on 1 of 1 chips."
    assert words(asked(), [1e-6] * 4) == "above it all along on 1 of 1 chips."


def test_chips_without_a_number_are_on_no_side() -> None:
    law = [1e-6 * (x / 3e-3) ** -7 for x in POWERS]
    told = f"at {X} = 0.003, geometric mean; no number on 1 of 2 chips."
    assert words(asked(), law, [math.nan] * 4) == told


@pytest.mark.parametrize(
    ("rates", "at"),
    [
        # No error at all has no logarithm: straight between these points.
        ([2e-6, 0.0, 0.0, 0.0], 1e-3 * 2**0.5),
        # A target that is a point; what was not looked at; what is infinite ends where it is not.
        ([1e-3, 1e-6, 1e-9, 1e-12], 2e-3),
        ([1e-3, math.nan, 1e-9, 1e-12], 2e-3),
        ([math.inf, math.inf, 1e-9, 1e-12], 4e-3),
        ([1e-9, 1e-9, 1e-9, math.inf], 4e-3),
    ],
)
def test_special_numbers(rates: list[float], at: float) -> None:
    assert words(asked(), rates) == f"at {X} = {at:.3g}, geometric mean."
