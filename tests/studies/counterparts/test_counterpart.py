"""Readings and verdicts, all of them, and the order of formats."""

from __future__ import annotations

from itertools import product

import pytest

from studies.counterparts.counterpart import Counterpart, Span, Verdict, in_order

WITHIN, BEYOND, OPEN = Span(-0.9, 0.5), Span(-3.0, -1.1), Span(-1.5, 0.2)


def row(published: Span | None, found: Span, value: float = 0.0) -> Counterpart:
    return Counterpart("mlp", "INT8", published, value, found, 5)


def test_a_reading_tells_on_which_side_of_a_point_a_span_lies() -> None:
    ends = [-2.0, -1.5, -1.0, -0.5, 0.0]
    for low, high in product(ends, ends):
        if low <= high:
            expected = "within" if low > -1.0 else "beyond" if high < -1.0 else "undecided"
            assert Span(low, high).reading == expected


@pytest.mark.parametrize(
    ("published", "found", "verdict"),
    [
        (WITHIN, WITHIN, "in line"),
        (BEYOND, BEYOND, "in line"),
        (WITHIN, BEYOND, "at odds"),
        (BEYOND, WITHIN, "at odds"),
        (WITHIN, OPEN, "undecided"),
        (OPEN, OPEN, "undecided"),
        (None, WITHIN, "not in the paper"),
    ],
)
def test_verdicts(published: Span | None, found: Span, verdict: Verdict) -> None:
    told = row(published, found)
    assert told.verdict == told.as_dict()["verdict"] == verdict


def test_only_pairs_that_the_paper_tells_apart_count_for_the_order() -> None:
    """INT8 against two formats is told apart by more than a point, those two are not."""
    rows = [row(WITHIN, WITHIN, -0.1), row(Span(-0.4, 0.0), WITHIN, -0.7), row(None, WITHIN, 9.0)]
    worse = Span(-9.0, -2.0)
    assert in_order([*rows, row(worse, WITHIN, -0.3)]) == (1, 2)
    assert in_order([*rows, row(worse, WITHIN, -0.8)]) == (2, 2)
    assert in_order([*rows, row(worse, WITHIN, -0.7)]) == (1, 2)
    assert in_order(rows) == (0, 0)
