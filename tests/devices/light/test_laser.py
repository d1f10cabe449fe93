"""Laser: power, noise, and what a measurement of its noise contains."""

import math

import pytest

from devices.light.laser import EdgeCoupler, Laser
from photonics.errors import InputError


def test_electrical_power():
    assert Laser(power_w=1e-3, wall_plug_efficiency=0.2).electrical_power_w == pytest.approx(5e-3)


def test_drift_of_one_gigahertz():
    # 1 GHz across 14.010 ps turns the phase by 88 mrad.
    assert Laser().drift_phase_rad(1e9, 14.010e-12) == pytest.approx(88.0e-3, rel=1e-3, abs=0.0)


def test_noise_grows_with_the_noise_bandwidth():
    laser = Laser(rin_db_per_hz=-150.0)
    assert laser.intensity_variance(10e9) == pytest.approx(1e-5, rel=1e-12, abs=0.0)
    assert laser.intensity_variance(20e9) == pytest.approx(2e-5, rel=1e-12, abs=0.0)


def test_mismatch_phase_noise():
    # 1 MHz and 10 mm of mismatch, unlimited bandwidth: 29.669 mrad.
    laser = Laser(linewidth_hz=1e6)
    sigma = math.sqrt(laser.phase_variance_rad2(140.10e-12, math.inf))
    assert sigma == pytest.approx(29.669e-3, rel=1e-4, abs=0.0)


def test_edge_coupler_of_three_decibel():
    assert EdgeCoupler(loss_db=3.0).transmission == pytest.approx(10**-0.3, rel=1e-14, abs=0.0)


@pytest.mark.parametrize(
    "bad",
    [
        {"power_w": 0.0},
        {"power_w": math.nan},
        {"wall_plug_efficiency": 1.01},
        {"linewidth_hz": -1.0},
        {"rin_db_per_hz": -20.0},
        {"colour": "red"},
    ],
)
def test_impossible_lasers_are_refused(bad):
    with pytest.raises(InputError):
        Laser(**bad)
