"""Trimmers of paths and of rings."""

from __future__ import annotations

import math

import pytest

from devices.heat.trimmer import Trimmer
from devices.switches.ring_trimmer import RingTrimmer
from tests.studies.device_reports.reading import at, number, panel


def test_trimmer() -> None:
    part = Trimmer(range_rad=2 * math.pi, bits=6, power_w_per_rad=10e-3)
    lsb_mrad = 1e3 * 2 * math.pi / 63
    residual = panel(part, "What is left").curves["residual"].abs().max()
    assert float(residual) == pytest.approx(lsb_mrad / 2, rel=0.02)
    assert at(panel(part, "Steps"), "set", 1.6 * lsb_mrad) == pytest.approx(2 * lsb_mrad)
    assert at(panel(part, "Setting"), "set", 2.5) == pytest.approx(0.5, abs=1.1 / 63)
    assert at(panel(part, "Power"), "power", 1.0) == pytest.approx(10 * math.pi)
    assert [mark.value for mark in panel(part, "Setting").marks] == pytest.approx([2.0])


def test_rings_out_of_reach_of_their_trimmers() -> None:
    part = RingTrimmer(spread_rms_m=1e-9, range_m=4e-9, power_w_per_m=5e6)
    missed = panel(part, "Rings out of reach")
    # Half a range is one, two and three times the spread.
    for range_nm, percent in ((2.0, 31.731), (4.0, 4.5500), (6.0, 0.26998)):
        assert at(missed, "missed", range_nm) == pytest.approx(percent, rel=2e-3)
    assert number(part, "missed_fraction") == pytest.approx(0.045500, rel=1e-4)
    power = panel(part, "Power")
    assert at(power, "power", 2.0) == pytest.approx(10.0)
    # Rings are made to lie half a range short, of which their neighbours give a fiftieth.
    assert [mark.value for mark in power.marks] == pytest.approx([10.0 / 1.02])
