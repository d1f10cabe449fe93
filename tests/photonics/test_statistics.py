"""Phase statistics against integrals, published tables and limits."""

import math

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import erfc

from photonics.random import NoiseKey
from photonics.statistics import (
    amplitude_snr,
    phase_density,
    phase_tail,
    required_gamma,
    symbol_error_rate,
)
from tests.tolerance import binomial_p_value, holm_rejections

# Symbol error rates computed apart from this project (physics vectors), by γ in dB.
BY_DB = {
    31: {
        16: 0.3666673685560999,
        20: 0.15250585413895723,
        24: 0.02335579682078997,
        28: 0.00032583162404796316,
        30: 6.057140452435293e-06,
        34: 7.463333331479988e-13,
    },
    32: {
        16: 0.38178330915965053,
        20: 0.16569448319731567,
        24: 0.0280251545953764,
        28: 0.000497858676676594,
        30: 1.1680922523622872e-05,
        34: 3.723023290681439e-12,
    },
    33: {
        16: 0.3963304441809412,
        20: 0.17885286429908606,
        24: 0.03312501886943676,
        28: 0.0007335634492789529,
        30: 2.1278444361010904e-05,
        34: 1.612045665902732e-11,
    },
}
BY_RHO_OVER_M = {
    31: {0.5: 0.11685569865721902, 1.0: 0.001711419478132058, 2.0: 3.5544265889809846e-10},
    32: {0.5: 0.11681714377692867, 1.0: 0.0017094916530226954, 2.0: 3.5393629132461564e-10},
    33: {0.5: 0.11678204706947709, 1.0: 0.0017077380467458419, 2.0: 3.5257012005354885e-10},
}
REQUIRED = {
    31: {1e-3: 528.9465117916277, 1e-9: 1823.3896400473577},
    32: {1e-3: 563.5037303632107, 1e-9: 1942.5156252416778},
    33: {1e-3: 599.1580312756395, 1e-9: 2065.423483517682},
}
# Rates with the mean phase 0.4 of a cell off its level.
WITH_OFFSET = {
    500.0: (2.7329e-2, 3.1333e-2, 3.5527e-2),
    1000.0: (3.2878e-3, 4.2344e-3, 5.3386e-3),
    2000.0: (6.070e-5, 9.831e-5, 1.5274e-4),
}


@pytest.mark.parametrize("gamma", [0.0, 0.3, 4.0, 60.0, 2000.0])
def test_density_is_normalised(gamma):
    width = min(math.pi, 8.0 / math.sqrt(2 * max(gamma, 0.1)))
    points = [-width, 0.0, width]
    total, _ = quad(
        lambda t: float(phase_density(t, gamma)), -math.pi, math.pi, points=points, epsabs=1e-13
    )
    assert total == pytest.approx(1.0, abs=1e-11)


def test_density_without_a_carrier_is_flat():
    flat = phase_density(np.linspace(-3, 3, 7), 0.0)
    np.testing.assert_allclose(flat, 1 / (2 * math.pi), rtol=1e-14)


def test_density_of_a_strong_carrier_is_gaussian_about_zero():
    gamma = 1e6
    sigma = 1 / math.sqrt(2 * gamma)
    theta = sigma * np.linspace(-3, 3, 13)
    gaussian = np.exp(-(theta**2) / (2 * sigma**2)) / (sigma * math.sqrt(2 * math.pi))
    np.testing.assert_allclose(phase_density(theta, gamma), gaussian, rtol=1e-4)


@pytest.mark.parametrize("gamma", [0.5, 5.0, 100.0, 1000.0])
@pytest.mark.parametrize("psi", [-2.0, -0.05, 0.0, 0.02, math.pi / 33, 0.5, 1.57, 2.5])
def test_tail_is_the_integral_of_the_density(psi, gamma):
    scale = 1 / math.sqrt(2 * gamma)
    points = [p for p in (0.0, psi + scale, psi + 4 * scale) if psi < p < math.pi]
    integral, _ = quad(
        lambda t: float(phase_density(t, gamma)),
        psi,
        math.pi,
        points=points or None,
        epsabs=1e-15,
        epsrel=1e-12,
        limit=400,
    )
    assert float(phase_tail(psi, gamma)) == pytest.approx(integral, rel=1e-9, abs=1e-14)


def test_tail_at_the_ends():
    assert float(phase_tail(0.0, 7.0)) == pytest.approx(0.5, abs=1e-14)
    assert float(phase_tail(math.pi, 7.0)) == pytest.approx(0.0, abs=1e-14)
    assert float(phase_tail(-math.pi, 7.0)) == pytest.approx(1.0, abs=1e-14)
    # No carrier: the phase is anywhere.
    assert float(phase_tail(1.0, 0.0)) == pytest.approx(
        (math.pi - 1) / (2 * math.pi), rel=1e-13, abs=0
    )


@pytest.mark.parametrize("levels", BY_DB)
def test_symbol_error_rates_of_the_vectors(levels):
    for decibel, rate in BY_DB[levels].items():
        found = float(symbol_error_rate(10 ** (decibel / 10), levels))
        assert found == pytest.approx(rate, rel=1e-9, abs=0), decibel
    for ratio, rate in BY_RHO_OVER_M[levels].items():
        gamma = (ratio * levels) ** 2 / 2
        assert float(symbol_error_rate(gamma, levels)) == pytest.approx(rate, rel=1e-9, abs=0), (
            ratio
        )


@pytest.mark.parametrize("gamma", WITH_OFFSET)
def test_symbol_error_rates_with_a_static_offset(gamma):
    levels = np.array([31, 32, 33])
    found = [float(symbol_error_rate(gamma, m, 0.4 * math.pi / m)) for m in levels]
    np.testing.assert_allclose(found, WITH_OFFSET[gamma], rtol=1.0e-4)


@pytest.mark.parametrize("gamma", [3.0, 20.0, 200.0])
def test_two_and_four_levels_have_closed_forms(gamma):
    # Binary and quaternary phase-shift keying: Q(√2γ), and two independent quadratures at γ/2.
    binary = erfc(math.sqrt(gamma)) / 2
    assert float(symbol_error_rate(gamma, 2)) == pytest.approx(binary, rel=1e-9, abs=0)
    one = erfc(math.sqrt(gamma / 2)) / 2
    assert float(symbol_error_rate(gamma, 4)) == pytest.approx(2 * one - one * one, rel=1e-9, abs=0)


def test_rates_broadcast_and_depend_on_each_argument():
    rates = symbol_error_rate(np.array([[300.0], [600.0]]), 32, np.array([0.0, 0.02, -0.02]))
    assert rates.shape == (2, 3)
    assert np.all(rates[0] > rates[1])
    np.testing.assert_allclose(rates[:, 1], rates[:, 2], rtol=1e-12)
    assert np.all(rates[:, 1] > rates[:, 0])


@pytest.mark.parametrize("levels", REQUIRED)
def test_required_gamma_of_the_vectors(levels):
    for rate, gamma in REQUIRED[levels].items():
        assert required_gamma(rate, levels) == pytest.approx(gamma, rel=1e-8, abs=0)


@pytest.mark.parametrize("rate", [0.66, 0.4, 1e-2, 1e-6, 1e-12])
@pytest.mark.parametrize("levels", [3, 8, 33, 257])
def test_required_gamma_is_the_inverse(rate, levels):
    gamma = required_gamma(rate, levels)
    assert float(symbol_error_rate(gamma, levels)) == pytest.approx(rate, rel=1e-6, abs=0)


def test_amplitude_snr_of_the_worked_example():
    assert amplitude_snr(1289.8595050807355) == pytest.approx(50.79093433046366, rel=1e-12, abs=0)


def test_counted_wrong_symbols_agree_with_the_rate():
    draws = 200_000
    p_values = []
    for case, (levels, ratio, offset) in enumerate(
        [(31, 0.8, 0.0), (32, 0.9, 0.3), (33, 0.7, -0.5), (5, 0.6, 0.0)]
    ):
        sigma = 1.0 / (ratio * levels)
        shift = offset * math.pi / levels
        one, two = NoiseKey.from_seed(case).normal_pairs(0, draws)
        phase = np.arctan2(
            math.sin(shift) + sigma * two.numpy(), math.cos(shift) + sigma * one.numpy()
        )
        wrong = int((np.abs(phase) > math.pi / levels).sum())
        assert wrong >= 400
        rate = float(symbol_error_rate(1 / (2 * sigma**2), levels, shift))
        p_values.append(binomial_p_value(wrong, draws, rate))
    assert holm_rejections(p_values) == []
