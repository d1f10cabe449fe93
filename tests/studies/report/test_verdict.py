"""Targets that are met, that are not, and that intervals reach across."""

from __future__ import annotations

import math

from studies.report.numbers import number_text
from studies.report.verdict import who_meets
from studies.runner.table import Estimate


def estimate(value: float, low: float = math.nan, high: float = math.nan) -> Estimate:
    return Estimate(value, low, high, 3, low, high)


def test_only_those_below_with_their_whole_interval_meet_a_target() -> None:
    found = [
        ("a", estimate(1e-9, 1e-10, 1e-8)),
        ("b", estimate(1e-7, 1e-9, 1e-5)),
        ("c", estimate(1e-5, 1e-7, 1e-3)),
        ("d", estimate(1e-3, 1e-4, 1e-2)),
        ("e", estimate(1e-8)),
        ("f", estimate(1e-2)),
    ]
    told = who_meets(found, 1e-6)
    sure, across = told.split("; not decided by as many chips: ")
    assert sure == "a (1e-09 [1e-10, 1e-08]), e (1e-08)"
    assert across == "b (1e-07 [1e-09, 1e-05]), c (1e-05 [1e-07, 0.001])"
    assert who_meets(found[3:4], 1e-6) == "none"


def test_numbers_are_readable() -> None:
    told = [number_text(v) for v in (1427.0, 0.98, 3e-7, 12345678.0, 2.0)]
    assert told == ["1430", "0.98", "3e-07", "1.23e+07", "2"]
