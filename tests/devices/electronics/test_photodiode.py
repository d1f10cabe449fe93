"""Photodiode: quantum limit, shot noise, bandwidth."""

import math

import pytest
import torch

from devices.electronics.photodiode import Photodiode, responsivity_limit_a_per_w
from photonics.errors import InputError
from photonics.random import NoiseKey
from tests.tolerance import assert_variance


def test_one_electron_per_photon_at_1550_nm():
    assert responsivity_limit_a_per_w(1550e-9) == pytest.approx(1.2502, abs=5e-5)
    assert Photodiode(
        responsivity_a_per_w=responsivity_limit_a_per_w(1550e-9)
    ).quantum_efficiency == pytest.approx(1.0, rel=1e-14, abs=0)


@pytest.mark.parametrize(
    ("responsivity", "wavelength"), [(1.2503, 1550e-9), (1.1, 1310e-9), (1.0, 1.2e-6)]
)
def test_more_electrons_than_photons_are_refused(responsivity, wavelength):
    with pytest.raises(InputError, match="one electron per photon") as caught:
        Photodiode(responsivity_a_per_w=responsivity, wavelength_m=wavelength)
    cause = caught.value
    assert isinstance(cause, InputError)
    assert cause.field == "responsivity_a_per_w"


@pytest.mark.parametrize(
    "wrong",
    [
        {"responsivity_a_per_w": 0.0},
        {"dark_current_a": -1e-9},
        {"bandwidth_hz": 0.0},
        {"wavelength_m": 0.0},
        {"dark_current_a": math.nan},
        {"bandwidth_hz": math.inf},
    ],
)
def test_impossible_parameters_are_refused(wrong):
    with pytest.raises(InputError):
        Photodiode(**wrong)


def test_longer_waves_carry_more_photons():
    at_1310 = Photodiode(responsivity_a_per_w=1.0, wavelength_m=1310e-9)
    at_1550 = Photodiode(responsivity_a_per_w=1.0, wavelength_m=1550e-9)
    ratio = at_1310.quantum_efficiency / at_1550.quantum_efficiency
    assert ratio == pytest.approx(1550 / 1310, rel=1e-14, abs=0)


def test_current_and_back():
    diode = Photodiode(responsivity_a_per_w=0.8)
    power = torch.tensor([0.0, 1e-6, 1e-3], dtype=torch.float64)
    current = diode.current_a(power)
    torch.testing.assert_close(current, 0.8 * power)
    torch.testing.assert_close(diode.power_w(current), power)


def test_shot_noise_of_light_and_dark_current_of_the_worked_example():
    # Physics vectors, receiver at -20 dBm and 0 dBm: 1 A/W, 20 nA, 10 GHz; two diodes a pair.
    diode = Photodiode(responsivity_a_per_w=1.0, dark_current_a=20e-9)
    quarter = torch.tensor((10e-6 + 1e-3) / 4, dtype=torch.float64)
    pair = 2 * diode.shot_variance_a2(quarter, 10e9)
    assert float(pair) == pytest.approx(1.61819840034e-12 + 1.2817413072e-16, rel=1e-10, abs=0)
    dark = 2 * diode.shot_variance_a2(torch.zeros((), dtype=torch.float64), 10e9)
    assert float(dark) == pytest.approx(1.2817413072e-16, rel=1e-10, abs=0)


def test_no_light_and_no_dark_current_make_no_noise():
    assert float(Photodiode(dark_current_a=0.0).shot_variance_a2(torch.zeros(()), 1e10)) == 0.0


def test_noise_bandwidth_is_that_of_one_pole():
    # White noise through the diode's pole, simulated at 1/50 of its time constant.
    diode = Photodiode(bandwidth_hz=1.0)
    step = 1 / (50 * 2 * math.pi)
    decay = math.exp(-1 / 50)
    white = NoiseKey.from_seed(1).normal(0, 2000 * 500).reshape(500, 2000)
    # Density S one-sided is S / (2 step) per sample; take S = 1.
    white = white * math.sqrt(1 / (2 * step))
    state = torch.zeros(2000, dtype=torch.float64)
    for row in white:
        state = decay * state + (1 - decay) * row
    # The discrete pole has the variance of the continuous one to (1/50)² / 12.
    assert_variance(state, diode.noise_bandwidth_hz)
