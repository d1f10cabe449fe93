"""Noise variances against published closed forms, integrals and counted photons."""

import math
from itertools import pairwise

import numpy as np
import pytest
import torch
from scipy.integrate import quad

from photonics.errors import InputError
from photonics.noise import (
    interferometer_phase_variance,
    relative_intensity_variance,
    shot_floor_per_hz,
    shot_variance_a2,
    thermal_density_a2_per_hz,
)
from photonics.random import NoiseKey
from photonics.units import ELEMENTARY_CHARGE_C
from tests.constants import CHARGE_C
from tests.tolerance import assert_mean, assert_variance


@pytest.mark.parametrize(("ohm", "picoampere"), [(50.0, 18.20), (1e3, 4.070), (5e3, 1.820)])
def test_thermal_noise_of_a_resistor_at_300_k(ohm, picoampere):
    density = math.sqrt(thermal_density_a2_per_hz(ohm, 300.0))
    assert density * 1e12 == pytest.approx(picoampere, abs=0.5e-2 if ohm < 100 else 0.5e-3)


def test_shot_noise_is_the_variance_of_counted_electrons():
    # Electrons counted over T are Poisson; a current averaged over T has the noise bandwidth 1/2T.
    current, duration = 1e-6, 10e-12
    mean = current * duration / CHARGE_C
    counts = np.random.Generator(np.random.Philox(1)).poisson(mean, 400_000)
    amperes = counts * CHARGE_C / duration
    expected = shot_variance_a2(current, 1.0 / (2.0 * duration))
    assert_mean(amperes, current, math.sqrt(expected))
    assert_variance(amperes, expected)


def test_shot_noise_of_the_worked_example():
    # 1 A/W, 10 µW and 1 mW on two pairs, 10 GHz; dark 20 nA a diode.
    bandwidth = 10e9
    assert shot_variance_a2((10e-6 + 1e-3) / 2, bandwidth) == pytest.approx(
        1.61819840034e-12, rel=1e-10, abs=0
    )
    assert shot_variance_a2(2 * 20e-9, bandwidth) == pytest.approx(
        1.2817413072e-16, rel=1e-10, abs=0
    )


@pytest.mark.parametrize(("rin_db", "percent"), [(-150, 0.3162), (-160, 0.1), (-140, 1.0)])
def test_intensity_noise_is_a_variance_whose_root_is_the_fluctuation(rin_db, percent):
    rms = math.sqrt(relative_intensity_variance(rin_db, 10e9))
    assert 100 * rms == pytest.approx(percent, rel=1e-3, abs=0)


# Linewidth, path difference in mm, mrad for infinite and 10 GHz bands.
INTERFEROMETER = [
    (100e3, 1, 2.967, 1.554),
    (100e3, 10, 9.382, 9.008),
    (1e6, 1, 9.382, 4.913),
    (1e6, 10, 29.669, 28.486),
    (10e6, 1, 29.669, 15.54),
]


@pytest.mark.parametrize(("linewidth", "millimetre", "wide", "narrow"), INTERFEROMETER)
def test_laser_phase_between_unequal_arms(linewidth, millimetre, wide, narrow):
    delay = 4.2 * millimetre * 1e-3 / 299792458.0
    found_wide = 1e3 * math.sqrt(interferometer_phase_variance(linewidth, delay))
    found_narrow = 1e3 * math.sqrt(interferometer_phase_variance(linewidth, delay, 10e9))
    assert found_wide == pytest.approx(wide, abs=0.6e-3)
    assert found_narrow == pytest.approx(narrow, abs=0.6e-3 if narrow < 15 else 6e-3)


@pytest.mark.parametrize("delay", [1e-13, 14.01e-12, 3e-10])
def test_laser_phase_is_the_integral_over_its_frequency_noise(delay):
    linewidth, band = 1e6, 10e9

    def density(f):
        return 4.0 * math.sin(math.pi * f * delay) ** 2 * linewidth / (math.pi * f * f)

    cycles = np.arange(0.0, band * delay, 0.5) / delay
    edges = np.append(cycles, band)
    integral = sum(quad(density, a, b)[0] for a, b in pairwise(edges))
    assert interferometer_phase_variance(linewidth, delay, band) == pytest.approx(
        integral, rel=1e-8, abs=0
    )


def test_laser_phase_limits():
    linewidth, delay = 1e6, 1e-15
    narrow = 4 * math.pi * linewidth * delay**2 * 1e10
    assert interferometer_phase_variance(linewidth, delay, 1e10) == pytest.approx(
        narrow, rel=1e-6, abs=0
    )
    assert interferometer_phase_variance(linewidth, 0.0, 1e10) == 0.0
    assert interferometer_phase_variance(0.0, delay) == 0.0
    assert interferometer_phase_variance(linewidth, -delay) == interferometer_phase_variance(
        linewidth, delay
    )


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
    with pytest.raises(InputError, match="power_w"):
        shot_floor_per_hz(0.0, 1550e-9)


def test_shot_noise_takes_tensors():
    current = torch.tensor([1e-6, 2e-6])
    expected = 2 * ELEMENTARY_CHARGE_C * current * 1e9
    torch.testing.assert_close(shot_variance_a2(current, 1e9), expected, rtol=1e-6, atol=0.0)
