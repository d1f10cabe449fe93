"""Diodes, pair and amplifier together: the worked example of a coherent receiver."""

import math

import pytest
import torch
from scipy.optimize import brentq

from devices.electronics.amplifier import TransimpedanceAmplifier
from devices.electronics.balanced_pair import BalancedPair
from devices.electronics.photodiode import Photodiode
from photonics.statistics import required_gamma, symbol_error_rate

BANDWIDTH_HZ = 10e9
DIODE = Photodiode(responsivity_a_per_w=1.0, dark_current_a=20e-9)
PAIR = BalancedPair(cmrr_db=-25.0)
AMPLIFIER = TransimpedanceAmplifier(noise_a_per_rthz=15e-12)


def variance_a2(signal_w, reference_w, rin_db_per_hz=-150.0):
    """Noise of one quadrature: each diode gets a quarter of either power."""
    quarter = torch.tensor((signal_w + reference_w) / 4, dtype=torch.float64)
    shot = 2 * DIODE.shot_variance_a2(quarter, BANDWIDTH_HZ)
    total = 2 * DIODE.current_a(quarter)
    intensity = PAIR.intensity_variance_a2(total, rin_db_per_hz, BANDWIDTH_HZ)
    return float(shot + intensity) + AMPLIFIER.noise_variance_a2(BANDWIDTH_HZ)


def gamma(signal_w, reference_w):
    return signal_w * reference_w / (2 * variance_a2(signal_w, reference_w))


def test_worked_example():
    # Physics vectors, receiver at -20 dBm and 0 dBm.
    variance = variance_a2(10e-6, 1e-3)
    assert variance == pytest.approx(3.876391173073565e-12, rel=1e-10, abs=0)
    assert 1e-4 / math.sqrt(variance) == pytest.approx(50.79093433046366, rel=1e-10, abs=0)
    assert gamma(10e-6, 1e-3) == pytest.approx(1289.8595050807355, rel=1e-10, abs=0)
    rates = [float(symbol_error_rate(gamma(10e-6, 1e-3), m)) for m in (31, 32, 33)]
    assert rates == pytest.approx([2.7704e-7, 6.4118e-7, 1.3792e-6], rel=1e-4, abs=0)


# Powers in dBm and the signal to noise they give.
@pytest.mark.parametrize(
    ("signal", "reference", "expected"),
    [(-23, 0, 647.81), (-15, 0, 4042.40), (-20, -10, 206.061)],
)
def test_other_points_of_the_example(signal, reference, expected):
    found = gamma(1e-3 * 10 ** (signal / 10), 1e-3 * 10 ** (reference / 10))
    assert found == pytest.approx(expected, rel=2e-5, abs=0)


# Signal in µW at 1 mW of reference for 31, 32 and 33 levels.
@pytest.mark.parametrize(
    ("rate", "microwatts"),
    [
        (1e-3, (4.091, 4.358, 4.635)),
        (1e-6, (9.059, 9.653, 10.267)),
        (1e-9, (14.16, 15.09, 16.05)),
        (1e-12, (19.33, 20.61, 21.92)),
    ],
)
def test_required_signal(rate, microwatts):
    for levels, microwatt in zip((31, 32, 33), microwatts, strict=True):
        target = required_gamma(rate, levels)

        def lack(watt, target=target):
            return gamma(watt, 1e-3) - target

        found = brentq(lack, 1e-7, 1e-3, xtol=1e-12)
        assert 1e6 * found == pytest.approx(microwatt, rel=4e-4, abs=0)


def test_shot_noise_alone_is_the_limit_of_the_parameters():
    # γ = R Ps Pl / (2 q (Ps + Pl) B).
    quiet = Photodiode(responsivity_a_per_w=1.0, dark_current_a=0.0)
    quarter = torch.tensor((10e-6 + 1e-3) / 4, dtype=torch.float64)
    silent = TransimpedanceAmplifier(noise_a_per_rthz=0.0).noise_variance_a2(BANDWIDTH_HZ)
    variance = 2 * float(quiet.shot_variance_a2(quarter, BANDWIDTH_HZ)) + silent
    assert 1e-8 / (2 * variance) == pytest.approx(3089.86, rel=1e-5, abs=0)
