"""DAC: levels, errors in units of a level, and what they do to an unreduced phase."""

import math

import pytest
import torch

from devices.electronics.dac import Dac
from photonics.errors import InputError
from photonics.random import NoiseKey
from tests.tolerance import assert_variance

KEY = NoiseKey.from_seed(1).fold("drive", 0)


def every_code(bits):
    top = 1 << (bits - 1)
    return torch.arange(-top, top)


@pytest.mark.parametrize("bits", [2, 5, 6, 8, 12])
def test_every_code_and_back(bits):
    dac = Dac(bits=bits, full_scale_v=1.08)
    codes = every_code(bits)
    voltage = dac.voltage_v(codes)
    expected = codes.double() * (1.08 / 2 ** (bits - 1))
    torch.testing.assert_close(voltage, expected, rtol=1e-14, atol=0)
    assert torch.equal(dac.code(voltage), codes)


def test_a_wanted_voltage_takes_the_nearest_level_or_the_last():
    dac = Dac(bits=6, full_scale_v=3.2)
    wanted = torch.tensor([0.049, 0.051, -0.16, 9.0, -9.0], dtype=torch.float64)
    assert dac.code(wanted).tolist() == [0, 1, -2, 31, -32]


@pytest.mark.parametrize("code", [32, -33])
def test_a_code_that_is_not_there_is_refused(code):
    with pytest.raises(InputError, match="-32 to 31") as caught:
        Dac(bits=6).voltage_v(torch.tensor([0, code]))
    assert caught.value.value == code


def test_gain_error_scales_all_levels():
    dac = Dac(gain_error=3.1e-5)
    codes = every_code(6)
    torch.testing.assert_close(
        dac.voltage_v(codes), Dac().voltage_v(codes) * (1 + 3.1e-5), rtol=1e-14, atol=0
    )


def test_nonlinearity_is_fixed_has_its_rms_and_fits_the_end_points():
    dac = Dac(bits=6, inl_rms_lsb=0.4)
    codes, inl = every_code(6), dac.inl_lsb(KEY)
    error = (dac.voltage_v(codes, inl) - Dac(bits=6).voltage_v(codes)) / dac.lsb_v
    torch.testing.assert_close(error, inl, rtol=0, atol=1e-12)
    assert float(error.square().mean().sqrt()) == pytest.approx(0.4, rel=1e-10, abs=0)
    assert float(error[0]) == pytest.approx(0.0, abs=1e-12)
    assert float(error[-1]) == pytest.approx(0.0, abs=1e-12)
    assert torch.equal(inl, dac.inl_lsb(KEY))
    with pytest.raises(InputError, match="inl_lsb"):
        dac.voltage_v(codes)


def test_noise_of_a_capacitor():
    # 50 fF at 300 K.
    held = Dac(hold_capacitance_f=50e-15)
    assert math.sqrt(held.noise_variance_v2) == pytest.approx(288e-6, rel=1e-3, abs=0)
    both = Dac(hold_capacitance_f=50e-15, noise_v=288e-6)
    assert both.noise_variance_v2 == pytest.approx(2 * held.noise_variance_v2, rel=2e-3, abs=0)
    assert Dac().noise_variance_v2 == 0.0


def test_noise_in_levels():
    # 34 µV of 1 V over 33 levels are the 1.12e-3 levels allowed.
    assert Dac(noise_v=34e-6).error_rms_levels(33, 1.0) == pytest.approx(1.12e-3, rel=3e-3, abs=0)


def test_noise_turns_the_unreduced_phase_of_a_chain():
    dac = Dac(bits=7, full_scale_v=1.0, noise_v=1e-4)
    levels, span = 33, 1.0
    draws, factors = 20_000, torch.tensor([3.0, 32.0, 17.0, 9.0], dtype=torch.float64)
    noise = dac.noise_variance_v2**0.5 * NoiseKey.from_seed(2).normal(0, 4 * draws)
    drive = dac.voltage_v(torch.tensor([5, -9, 31, 12])) + noise.reshape(draws, 4)
    phase = 2 * math.pi / levels * (factors * drive * levels / span).sum(-1)
    expected = dac.phase_rms_rad(levels, span, float(factors.square().sum()))
    assert_variance(phase, expected**2)
    # Nothing was reduced by whole turns: the mean phase is many of them.
    assert abs(float(phase.mean())) > 4 * math.pi


def test_energy_of_the_papers_converter():
    # Paper, Sec. V-B: 6 bits, 20 GS/s, 136 mW.
    assert 20e9 * Dac(bits=6).energy_j == pytest.approx(136e-3, rel=3e-3, abs=0)


@pytest.mark.parametrize(
    "wrong",
    [
        {"bits": 1},
        {"full_scale_v": 0.0},
        {"gain_error": -1.0},
        {"noise_v": -1e-6},
        {"hold_capacitance_f": 0.0},
    ],
)
def test_impossible_parameters_are_refused(wrong):
    with pytest.raises(InputError):
        Dac(**wrong)
