"""Heaters as phase shifters."""

from __future__ import annotations

import math

import pytest

from devices.shifters.thermo_optic import ThermoOpticShifter


def test_thermo_optic_at_its_half_wave() -> None:
    """24.77 mW in 600 Ω is 3.855 V; 61.6 µm of silicon must warm by λ/(2 dn/dT L) = 67.64 K."""
    shifter = ThermoOpticShifter()
    assert float(shifter.drive(math.pi)) == pytest.approx(3.8551, rel=1e-4)
    assert float(shifter.power_w(math.pi)) == pytest.approx(24.77e-3)
    assert float(shifter.temperature_rise_k(math.pi)) == pytest.approx(67.64, rel=1e-4)
    assert float(shifter.phase_rad(-3.8551)) == pytest.approx(math.pi, rel=1e-4)
    assert shifter.corner_hz == pytest.approx(130e3)
    assert shifter.time_constant_s == pytest.approx(1.22e-6, rel=5e-3)
    assert shifter.max_phase_rad > 2.0 * math.pi
