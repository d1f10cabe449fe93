"""Interferometers, couplers and splitters, at points computed by hand."""

from __future__ import annotations

import math

import pytest

from devices.passive.coupler import Coupler, Splitter
from devices.passive.splitter import SplitterTree
from devices.shifters.linear import PhaseShifter
from devices.switches.mzi import MziSwitch
from tests.studies.device_reports.reading import at, number, panel


def test_interferometer() -> None:
    coupler = Coupler(cross_power=0.515, excess_loss_db=0.0, imbalance_rms_db=0.0)
    part = MziSwitch(coupler=coupler, arm=PhaseShifter(loss_db_per_m=0.0))
    found = panel(part, "Transfer")
    leak_db = 20 * math.log10(0.515 - 0.485)
    assert float(found.curves["bar"].min()) == pytest.approx(leak_db, abs=1e-6)
    assert number(part, "coupled_leak_db") == pytest.approx(leak_db, abs=1e-9)
    assert number(part, "straight_loss_db") == pytest.approx(0.0, abs=1e-9)
    assert at(panel(part, "Share"), "lost", 0.3) == pytest.approx(0.0, abs=1e-12)
    balanced = part.changed({"coupler.cross_power": 0.5})
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
