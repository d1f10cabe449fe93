"""Interferometers, couplers and splitters, at points computed by hand."""

from __future__ import annotations

import math

import pytest

from devices.passive.coupler import Coupler, Splitter
from devices.passive.mzi import Mzi
from devices.passive.splitter import SplitterTree
from tests.studies.device_reports.reading import at, panel


def test_interferometer() -> None:
    part = Mzi(
        first_cross_power=0.52,
        second_cross_power=0.51,
        coupler_loss_db=0.0,
        upper_loss_db=0.0,
        lower_loss_db=0.0,
    )
    found = panel(part, "Transfer")
    assert float(found.curves["bar"].min()) == pytest.approx(
        20 * math.log10(math.sqrt(0.52 * 0.51) - math.sqrt(0.48 * 0.49)), abs=1e-6
    )
    assert at(panel(part, "Share"), "lost", 0.3) == pytest.approx(0.0, abs=1e-12)
    balanced = part.model_copy(update={"first_cross_power": 0.5, "second_cross_power": 0.5})
    assert at(panel(balanced, "Share"), "bar", 0.25) == pytest.approx(math.sin(math.pi / 8) ** 2)
    assert at(panel(balanced, "Share"), "cross", 0.25) == pytest.approx(math.cos(math.pi / 8) ** 2)
    assert at(panel(balanced, "Transfer"), "cross", 0.5) == pytest.approx(-3.0103, abs=1e-4)


def test_coupler_and_splitters() -> None:
    # In quadrature all light leaves by one port.
    found = panel(Coupler(excess_loss_db=0.3), "Two equal inputs")
    assert at(found, "output 0", 0.5) == pytest.approx(10**-0.03)
    assert at(found, "output 1", 0.5) == pytest.approx(0.0, abs=1e-12)
    back = panel(Splitter(excess_loss_db=0.28), "Two of them")
    assert at(back, "output", 0.0) == pytest.approx(-0.56)
    tree = panel(SplitterTree(fan_out=32, stage_loss_db=0.28), "Worst output")
    expected = 10 * math.log10(32) + 5 * 0.28
    assert at(tree, "worst output", 32) == pytest.approx(expected)
    assert at(panel(SplitterTree(fan_out=32), "Loss to every"), "as designed", 7) == (
        pytest.approx(expected)
    )
