"""Rounding of the accelerator's tables."""

from __future__ import annotations

import pytest

from studies.accelerator.quantities import number, within


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (10.0, "10"),
        (0.0655712, "0.06557"),
        (7390.4, "7,390"),
        (10_473.4, "10,473"),
        (-1.26949, "-1.269"),
        (3.83e-8, "3.83e-8"),
        (1.0956e-3, "0.001096"),
        (2.6e12, "2.6e12"),
    ],
)
def test_four_digits_count(value: float, text: str) -> None:
    assert number(value) == text


def test_a_range_is_told_only_where_there_is_one() -> None:
    assert within(0.235, 0.97) == " (0.235 to 0.97)"
    assert within(1.55, 1.55 * (1.0 + 1e-15)) == ""
