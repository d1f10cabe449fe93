"""Converter figures against closed forms, published numbers and counted errors."""

import math

import pytest
import torch

from photonics.converters import (
    QUANTISATION_VARIANCE_LSB2,
    capacitor_noise_variance_v2,
    drive_phase_rms_rad,
    effective_bits,
    enob_of_excess,
    excess_variance_lsb2,
    jitter_snr_db,
    sine_snr_db,
    static_curve_lsb,
    walden_energy_j,
)
from photonics.random import NoiseKey
from tests.tolerance import assert_mean, assert_variance


@pytest.mark.parametrize("bits", [1, 6, 12])
def test_ideal_signal_to_noise(bits):
    assert sine_snr_db(bits) == pytest.approx(6.0206 * bits + 1.7609, abs=1e-3)
    assert effective_bits(sine_snr_db(bits)) == pytest.approx(bits, rel=1e-14, abs=0)


@pytest.mark.parametrize("bits", [1, 5, 6, 8])
def test_effective_bits_add_nothing_to_an_ideal_converter(bits):
    assert excess_variance_lsb2(bits, bits) == 0.0
    assert enob_of_excess(bits, 0.0) == bits


def test_one_effective_bit_less_is_four_times_the_noise():
    total = excess_variance_lsb2(6, 5.0) + QUANTISATION_VARIANCE_LSB2
    assert total == pytest.approx(4 * QUANTISATION_VARIANCE_LSB2, rel=1e-14, abs=0)
    assert enob_of_excess(6, excess_variance_lsb2(6, 4.3)) == pytest.approx(4.3, rel=1e-14, abs=0)


def test_jitter_of_the_note():
    # 100 fs on 5 GHz.
    assert jitter_snr_db(5e9, 100e-15) == pytest.approx(50.06, abs=5e-3)


def test_jitter_is_what_a_jittering_clock_does():
    phase = 2 * math.pi * NoiseKey.from_seed(1).uniform(0, 200_000)
    jitter = 2e-12 * NoiseKey.from_seed(2).normal(0, 200_000)
    frequency = 1e9
    error = torch.sin(phase + 2 * math.pi * frequency * jitter) - torch.sin(phase)
    expected = 0.5 * 10 ** (-jitter_snr_db(frequency, 2e-12) / 10)
    # E[e²] = a² (1 - O(a²)) / 2 with a = 2π f σ = 0.0126; e² has a relative rms of √(9/2 - 1).
    assert_mean(error.square(), expected, expected * math.sqrt(3.5))


def test_conversion_energy():
    # Ramkaj et al., JSSC 53, 1889 (2018): 34.4 fJ a step, 40.1 dB at Nyquist, 3.56 mW, 1.25 GS/s.
    power = 1.25e9 * walden_energy_j(34.4e-15, effective_bits(40.1))
    assert power == pytest.approx(3.56e-3, rel=5e-3, abs=0)
    # 5.5 effective bits at 10 GS/s.
    assert 10e9 * walden_energy_j(34.4e-15, 5.5) == pytest.approx(15.6e-3, rel=5e-3, abs=0)


def test_capacitor_noise():
    # 50 fF; 3.6 pF for the 34 µV of 1 V over 33 levels.
    assert math.sqrt(capacitor_noise_variance_v2(50e-15, 300.0)) == pytest.approx(
        288e-6, rel=1e-3, abs=0
    )
    assert math.sqrt(capacitor_noise_variance_v2(3.6e-12, 300.0)) == pytest.approx(
        34e-6, rel=5e-3, abs=0
    )


# Levels, lever of 16 sections, allowed error for 6 sigma, its bits.
DRIVE = [(31, 69.86, 1.19e-3, 12.9), (32, 72.17, 1.16e-3, 13.0), (33, 74.48, 1.12e-3, 13.1)]


@pytest.mark.parametrize(("levels", "lever", "allowed", "bits"), DRIVE)
def test_drive_accuracy_of_the_note(levels, lever, allowed, bits):
    every = range(levels)
    square_sum = 16 * sum(x * x for x in every) / levels
    assert math.sqrt(square_sum) == pytest.approx(lever, abs=6e-3)
    # Six sigma of the phase fill half a cell.
    phase = drive_phase_rms_rad(levels, allowed, square_sum)
    assert 6 * phase == pytest.approx(math.pi / levels, rel=5e-3, abs=0)
    # An ideal quantiser of so many bits has that error.
    assert math.log2(levels / (allowed * math.sqrt(12))) == pytest.approx(bits, abs=0.06)


def test_drive_errors_act_on_the_unreduced_phase():
    levels, sigma, draws = 33, 1.12e-3, 20_000
    factors = torch.arange(16, dtype=torch.float64) * 2 + 1
    error = sigma * NoiseKey.from_seed(3).normal(0, 16 * draws).reshape(draws, 16)
    drives = torch.full((16,), 20.0, dtype=torch.float64)
    ideal = 2 * math.pi / levels * (factors * drives).sum()
    phase = 2 * math.pi / levels * (factors * (drives + error)).sum(-1)
    expected = drive_phase_rms_rad(levels, sigma, float(factors.square().sum()))
    assert_variance(phase - ideal, expected**2)


@pytest.mark.parametrize("points", [3, 63, 256])
def test_static_curve(points):
    key = NoiseKey.from_seed(4).fold("unit", 2)
    curve = static_curve_lsb(key, points, 0.4)
    assert curve.shape == (points,)
    assert curve[0] == 0.0
    assert float(curve[-1]) == pytest.approx(0.0, abs=1e-14)
    assert float(curve.square().mean().sqrt()) == pytest.approx(0.4, rel=1e-13, abs=0)
    assert torch.equal(curve, static_curve_lsb(key, points, 0.4))
    if points > 3:
        assert not torch.allclose(curve, static_curve_lsb(key.fold(1), points, 0.4))


def test_static_curve_limits():
    key = NoiseKey.from_seed(5)
    assert torch.equal(static_curve_lsb(key, 63, 0.0), torch.zeros(63, dtype=torch.float64))
    assert torch.equal(static_curve_lsb(key, 1, 0.5), torch.zeros(1, dtype=torch.float64))


def test_static_curves_of_many_converters_have_independent_steps():
    # Equal elements: every step errs alike, and any two steps are as related as any other two
    # (only by the end points, which make their sum vanish).
    curves = torch.stack([static_curve_lsb(NoiseKey.from_seed(s), 41, 1.0) for s in range(2000)])
    steps = curves.diff(dim=-1)
    assert_mean(curves[:, 20], 0.0, float(curves[:, 20].std()))
    square = steps.square().mean(-1)
    for place in (0, 13, 39):
        excess = steps[:, place].square() - square
        assert_mean(excess, 0.0, float(excess.std()))
    for one, other in [(0, 1), (0, 39), (12, 30)]:
        excess = steps[:, one] * steps[:, other] + square / 39
        assert_mean(excess, 0.0, float(excess.std()))
