"""What a row of the comparison comes to."""

from __future__ import annotations

import pytest

from studies.accelerator.paper_rows import Row


def test_a_row_says_what_it_comes_to() -> None:
    row = Row("Fig.", "x", "W", 2.0, 2.08)
    assert row.difference == pytest.approx(0.04)
    assert row.verdict == "agrees"
    far = Row("Fig.", "x", "W", 2.0, 3.0)
    assert far.verdict == "unexplained"
    assert Row("Fig.", "x", "W", 2.0, 3.0, "because", derived=True).verdict == "explained"
    assert Row("Fig.", "x", "W", 2.0, 2.0, printed=True).verdict == "printed"
    assert Row("Fig.", "x", "W", 2.0, None).verdict == "not recomputed"
    # What is met by something taken from the same figure agrees with nothing; a miss stays a miss.
    assert Row("Fig.", "x", "W", 2.0, 2.0, fitted=True).verdict == "fitted"
    assert Row("Fig.", "x", "W", 2.0, 3.0, fitted=True).verdict == "unexplained"
    # Of percentages the difference is one of points.
    assert Row("Fig.", "x", "%", 50.0, 52.0).difference == pytest.approx(0.02)
