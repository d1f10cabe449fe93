"""Laser noise: closed limits, tabulated values and a random walk."""

import math

import pytest
import torch

from photonics.errors import InputError
from photonics.noise import (
    excess_rin_db_per_hz,
    interferometer_phase_variance,
    shot_floor_per_hz,
    shot_variance_a2,
)
from photonics.random import NoiseKey
from photonics.units import ELEMENTARY_CHARGE_C
from tests.tolerance import assert_variance


def test_phase_noise_of_a_random_walk():
    # A Lorentzian line is a Wiener phase whose increments have variance 2πΔν dt; 16 steps of it
    # make one delay.
    linewidth, delay, steps, samples = 1e6, 140.1e-12, 16, 20_000
    increments = NoiseKey.from_seed(3).normal(0, steps * samples).reshape(samples, steps)
    walk = increments.sum(-1) * math.sqrt(2 * math.pi * linewidth * delay / steps)
    assert_variance(walk, interferometer_phase_variance(linewidth, delay))


def test_shot_floor_is_the_noise_of_the_photocurrent():
    power, wavelength, efficiency = 1e-3, 1550e-9, 0.8
    photon_j = 6.62607015e-34 * 299792458.0 / wavelength
    current = efficiency * ELEMENTARY_CHARGE_C * power / photon_j
    floor = shot_floor_per_hz(power, wavelength, efficiency)
    assert floor == pytest.approx(shot_variance_a2(current, 1.0) / current**2, rel=1e-12, abs=0.0)
    # 2hν/P of 1 mW at 1550 nm is 2.563e-16 /Hz.
    assert shot_floor_per_hz(power, wavelength) == pytest.approx(2.563e-16, rel=1e-3, abs=0.0)


def test_measured_noise_minus_its_floor_and_back():
    measured = -152.0
    own = excess_rin_db_per_hz(measured, 1e-3, 1550e-9)
    total = 10 ** (own / 10) + shot_floor_per_hz(1e-3, 1550e-9)
    assert 10 * math.log10(total) == pytest.approx(measured, abs=1e-10)
    assert own < measured


def test_noise_below_its_own_shot_noise_is_refused():
    with pytest.raises(InputError, match=r"-155\.91"):
        excess_rin_db_per_hz(-160.0, 1e-3, 1550e-9)
    with pytest.raises(InputError, match="power_w"):
        shot_floor_per_hz(0.0, 1550e-9)


def test_shot_noise_takes_tensors():
    current = torch.tensor([1e-6, 2e-6])
    expected = 2 * ELEMENTARY_CHARGE_C * current * 1e9
    torch.testing.assert_close(shot_variance_a2(current, 1e9), expected, rtol=1e-6, atol=0.0)
