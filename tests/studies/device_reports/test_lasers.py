"""Noise of lasers, at points computed by hand."""

from __future__ import annotations

import math

import pytest

from devices.light.laser import Laser
from tests.studies.device_reports.reading import at, panel


def test_laser() -> None:
    part = Laser(rin_db_per_hz=-150.0, linewidth_hz=1e6, power_w=1e-3)
    phase = panel(part, "Phase noise")
    assert at(phase, "any bandwidth, 2πΔντ", 14.01) == pytest.approx(2 * math.pi * 14.01e-6)
    # 4.913 mrad within 10 GHz at 14.01 ps.
    assert at(phase, "within 10 GHz", 14.01) == pytest.approx(4.913e-3**2, rel=2e-3)
    assert at(panel(part, "Intensity"), "RIN · B", 10.0) == pytest.approx(1e-5)
    # 2hν/P of 1 mW at 1550 nm: 2.563e-16 per Hz.
    density = panel(part, "Density")
    assert at(density, "shot noise, 2hν/P", 1.0) == pytest.approx(-155.91, abs=0.01)
