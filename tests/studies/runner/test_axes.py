"""Axes from plain data, and the points between their ends."""

from __future__ import annotations

import math
from typing import Any

import pytest

from photonics.errors import InputError
from studies.runner.axes import Choices, Listed, Span, axis


def test_kinds_of_axes_are_told_apart_by_what_is_given() -> None:
    assert isinstance(axis("a", [1, 2]), Listed)
    assert isinstance(axis("a", {"low": 1, "high": 2}), Span)
    assert isinstance(axis("a", {"one": {"x": 1}, "two": {"x": 2}}), Choices)


def test_a_grid_has_both_ends_and_equal_steps() -> None:
    assert Span("x", 1.0, 3.0, count=5).grid == (1.0, 1.5, 2.0, 2.5, 3.0)
    found = Span("x", 1.0, 1000.0, log=True, count=4).grid
    assert found[0] == 1.0
    assert found[-1] == 1000.0
    assert found[1:3] == pytest.approx((10.0, 100.0))


def test_whole_numbers_stay_whole_and_come_once() -> None:
    assert Span("x", 1, 3, count=9).grid == (1, 2, 3)
    assert all(isinstance(x, int) for x in Span("x", 1, 3, count=9).grid)


def test_a_fraction_falls_where_it_should() -> None:
    assert Span("x", 2.0, 4.0).at(0.5) == 3.0
    assert Span("x", 1.0, 100.0, log=True).at(0.5) == pytest.approx(10.0)
    listed = Listed("x", ("a", "b", "c"))
    assert [listed.at(f) for f in (0.0, 0.34, 0.99, 1.0)] == ["a", "b", "c", "c"]


def test_a_choice_sets_several_values_and_tables_are_joined_to_names() -> None:
    found = axis("switch", {"ring": {"multiplier": {"switch": {"kind": "ring"}}, "n": 1}})
    assert found.changes("ring") == {"multiplier.switch.kind": "ring", "n": 1}


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ([], "must be a list of values"),
        ("word", "must be a list of values"),
        ([1, 1], "must not hold a value twice"),
        ([[1]], "must be a number, a word or a truth value"),
        ({"low": 2, "high": 1}, "low below high"),
        ({"low": math.nan, "high": 1}, "low below high"),
        ({"low": 0.0, "high": 1, "log": True}, "must be above 0 on a log axis"),
        ({"low": 0, "high": 1, "steps": 3}, "no such field; a span has low, high, log, count"),
        ({"low": 0, "high": 1, "count": 1}, "from 2 to 100000"),
        ({"ring": 3}, "must be a table of what this choice sets"),
    ],
)
def test_what_is_no_axis_is_refused(given: Any, told: str) -> None:
    with pytest.raises(InputError, match=r"axes\.x") as refused:
        axis("x", given)
    assert told in str(refused.value)


def test_a_span_without_a_count_has_no_grid() -> None:
    with pytest.raises(InputError, match="give its count, or use another sampler"):
        _ = Span("x", 0.0, 1.0).grid
