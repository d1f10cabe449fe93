"""Receivers: noise, bandwidth and gain, at points computed by hand."""

from __future__ import annotations

import math

import pytest

from devices.electronics.amplifier import TransimpedanceAmplifier
from devices.electronics.balanced_pair import BalancedPair
from devices.electronics.photodiode import Photodiode
from devices.electronics.variable_gain import VariableGain
from tests.constants import CHARGE_C
from tests.studies.device_reports.reading import at, panel


def test_noise_behind_a_pair() -> None:
    diode = Photodiode(responsivity_a_per_w=1.0, dark_current_a=20e-9)
    found = panel(diode, "Noise")
    # 1 mW on both diodes together: 2q(1 mA + 2 I_d).
    shot = math.sqrt(2 * CHARGE_C * (1e-3 + 40e-9)) * 1e12
    assert at(found, "shot", 1.0) == pytest.approx(shot)
    assert at(found, "amplifier", 1.0) == pytest.approx(15.0)
    pair = panel(BalancedPair(cmrr_db=-20.0), "Noise")
    # κ R P √RIN = 0.1 · 1.1 mA · 10^-7.5.
    assert at(pair, "RIN leak", 1.0) == pytest.approx(0.1 * 1.1e-3 * 10**-7.5 * 1e12)
    parts = [at(pair, name, 1.0) ** 2 for name in ("shot", "amplifier", "RIN leak")]
    assert at(pair, "total", 1.0) ** 2 == pytest.approx(sum(parts))
    # 18.20 pA/√Hz of 50 ohm.
    ohm = panel(TransimpedanceAmplifier(feedback_ohm=50.0), "Noise")
    assert at(ohm, "amplifier", 1.0) == pytest.approx(18.20, rel=1e-3)


def test_receiver_curves() -> None:
    diode = Photodiode(responsivity_a_per_w=1.0, dark_current_a=20e-9, bandwidth_hz=30e9)
    assert at(panel(diode, "Current"), "with the dark current", 1e-3) == pytest.approx(1.02)
    assert at(panel(diode, "Frequency"), "1 pole", 30.0) == pytest.approx(-3.0103, rel=1e-3)
    assert at(panel(BalancedPair(cmrr_db=-20.0), "Offset"), "offset", 1.0) == pytest.approx(100.0)
    part = TransimpedanceAmplifier(bandwidth_hz=7e9)
    # 12.5 mrad at 10 GS/s behind 7 GHz.
    interference = panel(part, "Interference")
    assert at(interference, "equal amplitudes", 10.0) == pytest.approx(12.5e-3, rel=0.01)
    step = panel(part, "Step")
    assert at(step, "output", 1e12 / (2 * math.pi * 7e9)) == pytest.approx(0.63212, rel=1e-3)
    two = panel(TransimpedanceAmplifier(bandwidth_hz=7e9, poles=2), "Frequency")
    assert at(two, "2 poles", 70.0) == pytest.approx(-40.0, rel=1e-3)


def test_variable_gain() -> None:
    part = VariableGain(min_gain_db=0.0, max_gain_db=37.0, step_db=0.5, time_constant_s=20e-12)
    assert at(panel(part, "Gain"), "gain", 39.0) == 37.0
    assert at(panel(part, "Gain"), "gain", -2.0) == 0.0
    assert at(panel(part, "Steps"), "gain", 1.75) == 1.5
    settling = panel(part, "Settling")
    assert at(settling, "missing", 100.0) == pytest.approx(math.exp(-5), rel=1e-2)
