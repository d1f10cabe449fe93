"""Transimpedance amplifier: one noise, one filter."""

import math

import pytest
import torch

from devices.electronics.amplifier import TransimpedanceAmplifier
from photonics.errors import InputError


def test_noise_of_the_worked_example():
    # Physics vectors: 15 pA/√Hz over 10 GHz.
    assert TransimpedanceAmplifier().noise_variance_a2(10e9) == pytest.approx(
        2.25e-12, rel=1e-12, abs=0
    )


@pytest.mark.parametrize(("ohm", "density"), [(50.0, 18.20e-12), (1e3, 4.070e-12)])
def test_noise_of_a_resistor(ohm, density):
    amplifier = TransimpedanceAmplifier(noise_a_per_rthz=None, feedback_ohm=ohm)
    assert math.sqrt(amplifier.noise_variance_a2(1.0)) == pytest.approx(density, rel=3e-4, abs=0)
    cold = TransimpedanceAmplifier(noise_a_per_rthz=None, feedback_ohm=ohm, temperature_k=75.0)
    assert cold.noise_variance_a2(1.0) == pytest.approx(
        amplifier.noise_variance_a2(1.0) / 4, rel=1e-9, abs=0
    )


@pytest.mark.parametrize(
    "both_or_none",
    [{"noise_a_per_rthz": 1e-12, "feedback_ohm": 1e3}, {"noise_a_per_rthz": None}],
)
def test_noise_is_never_counted_twice_or_forgotten(both_or_none):
    with pytest.raises(InputError, match="exactly one") as caught:
        TransimpedanceAmplifier(**both_or_none)
    cause = caught.value
    assert isinstance(cause, InputError)
    assert cause.field == "noise_a_per_rthz"


def test_a_resistor_that_is_named_alone_replaces_the_default_noise():
    alone = TransimpedanceAmplifier(feedback_ohm=1e3)
    assert alone == TransimpedanceAmplifier(noise_a_per_rthz=None, feedback_ohm=1e3)
    # What was dumped can be read again.
    assert TransimpedanceAmplifier.model_validate(alone.model_dump()) == alone


@pytest.mark.parametrize(
    "wrong",
    [
        {"bandwidth_hz": 0.0},
        {"poles": 3},
        {"noise_a_per_rthz": -1e-12},
        {"transimpedance_ohm": 0.0},
        {"bandwidth_hz": math.inf},
    ],
)
def test_impossible_parameters_are_refused(wrong):
    with pytest.raises(InputError):
        TransimpedanceAmplifier(**wrong)


def test_default_bandwidth_is_the_pole_of_a_10_ghz_noise_bandwidth():
    assert TransimpedanceAmplifier().noise_bandwidth_hz == pytest.approx(10e9, rel=1e-5, abs=0)


def test_bandwidth_sets_noise_and_interference_together():
    # 10 GHz of one pole errs by 1.87 mrad and has 15.7 GHz of noise.
    one = TransimpedanceAmplifier(bandwidth_hz=10e9)
    assert one.noise_bandwidth_hz == pytest.approx(15.7e9, rel=1e-3, abs=0)
    assert 1e3 * one.worst_phase_error_rad(100e-12) == pytest.approx(1.87, abs=6e-3)
    two = TransimpedanceAmplifier(bandwidth_hz=10e9, poles=2)
    assert two.noise_bandwidth_hz == pytest.approx(11.1e9, rel=1e-3, abs=0)


@pytest.mark.parametrize("poles", [1, 2])
def test_a_current_that_stays_passes_and_one_that_changes_lags(poles):
    amplifier = TransimpedanceAmplifier(bandwidth_hz=5e9, poles=poles)
    current = torch.tensor([[1e-6, 1e-6, -1e-6, -1e-6]], dtype=torch.float64)
    out = amplifier.response.filtered(current, 100e-12, torch.tensor([1e-6], dtype=torch.float64))
    torch.testing.assert_close(out[:, :2], current[:, :2])
    turn = 2 * math.pi * 5e9 * 100e-12 / math.sqrt(poles)
    left = math.exp(-turn) * (1 if poles == 1 else math.cos(turn) + math.sin(turn))
    assert float(out[0, 2]) == pytest.approx(-1e-6 + 2e-6 * left, rel=1e-12, abs=0)


def test_voltage_and_back():
    amplifier = TransimpedanceAmplifier(transimpedance_ohm=2000.0)
    current = torch.tensor([1e-6, -3e-6], dtype=torch.float64)
    torch.testing.assert_close(amplifier.voltage_v(current), 2000.0 * current)
    torch.testing.assert_close(amplifier.current_a(amplifier.voltage_v(current)), current)
