"""Whoever listens is told how far a chip has come."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import pytest

from circuits import ArrayShape, calibrate, fabricate
from circuits.control.progress import listen, reported
from mirage_core import load_machine


@pytest.fixture
def told() -> Iterator[list[float]]:
    found: list[float] = []
    listen(found.append)
    yield found
    listen(None)


def test_a_calibration_tells_how_far_it_is(told: list[float]) -> None:
    design = load_machine("robust", ["bfp.group_size=4", "calibration.reads=400"]).design
    calibrate(fabricate(design, (7, 31), ArrayShape(1, 2, 4), 0))
    assert (told[0], told[-1]) == (0.0, 1.0)
    assert told == sorted(told)
    # Half of the chip is one of its two moduli, and the last batch is half of all readings.
    assert 0.5 in told
    assert max(b - a for a, b in pairwise(told)) < 0.3


def test_the_end_is_told_whatever_happens(told: list[float]) -> None:
    def broken() -> None:
        with reported() as report:
            report(0.25)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        broken()
    assert told == [0.0, 0.25, 1.0]


def test_nobody_is_told_where_nobody_listens(told: list[float]) -> None:
    listen(None)
    with reported() as report:
        report(0.5)
    assert told == []
