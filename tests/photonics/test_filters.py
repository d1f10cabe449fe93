"""Filters against circuit simulation, integrals over frequency and the published error table."""

import math

import numpy as np
import pytest
import torch
from scipy.integrate import quad, solve_ivp

from photonics.errors import InputError
from photonics.filters import (
    cascade_noise_bandwidth_hz,
    correlate_noise,
    filter_symbols,
    integrator_noise_bandwidth_hz,
    noise_bandwidth_hz,
    output_slope_per_s,
    spill,
    step_error,
    symbol_pole,
    worst_phase_error_rad,
)
from photonics.random import NoiseKey
from tests.tolerance import assert_variance

SYMBOL_S = 100e-12


def power_response(frequency, bandwidth, poles):
    return 1.0 / (1.0 + (frequency / bandwidth) ** (2 * poles))


@pytest.mark.parametrize("poles", [1, 2])
def test_noise_bandwidth_is_the_integral_of_the_response(poles):
    integral, _ = quad(lambda f: power_response(f, 1.0, poles), 0, math.inf)
    assert noise_bandwidth_hz(3e9, poles) == pytest.approx(3e9 * integral, rel=1e-9, abs=0)
    assert noise_bandwidth_hz(1.0, poles) == pytest.approx(
        [math.pi / 2, 1.1107][poles - 1], 1e-4, abs=0
    )


def test_noise_bandwidth_of_two_poles_in_series():
    integral, _ = quad(lambda f: 1 / ((1 + f**2 / 9) * (1 + f**2 / 49)), 0, math.inf)
    assert cascade_noise_bandwidth_hz(3.0, 7.0) == pytest.approx(integral, rel=1e-9, abs=0)
    assert cascade_noise_bandwidth_hz(3.0, 1e12) == pytest.approx(
        noise_bandwidth_hz(3.0, 1), rel=1e-9, abs=0
    )


def test_noise_bandwidth_of_integrate_and_dump():
    integral, _ = quad(lambda f: np.sinc(f * 2.0) ** 2, 0, 400, limit=4000)
    assert integrator_noise_bandwidth_hz(2.0) == pytest.approx(integral, rel=1e-3, abs=0)


# Physics note, section 1.10: bandwidth in GHz, residue and worst error in mrad at 100 ps.
@pytest.mark.parametrize(
    ("gigahertz", "residue", "milliradian"),
    [(5, 0.0432, 45.1), (7, 0.0123, 12.5), (10, 0.00187, 1.87)],
)
def test_intersymbol_interference_of_the_table(gigahertz, residue, milliradian):
    assert symbol_pole(gigahertz * 1e9, SYMBOL_S, 1) == pytest.approx(residue, rel=4e-3, abs=0)
    error = worst_phase_error_rad(gigahertz * 1e9, SYMBOL_S)
    assert 1e3 * error == pytest.approx(milliradian, rel=4e-3, abs=0)


def simulate(symbols, bandwidth, poles):
    """The circuit's differential equation, integrated symbol by symbol from rest."""
    omega = 2 * math.pi * bandwidth * SYMBOL_S

    def slope(_, state, drive):
        if poles == 1:
            return [omega * (drive - state[0])]
        return [state[1], omega**2 * (drive - state[0]) - math.sqrt(2) * omega * state[1]]

    state, outputs = [0.0] * poles, []
    for drive in symbols:
        run = solve_ivp(slope, (0, 1), state, args=(drive,), rtol=1e-10, atol=1e-12)
        state = run.y[:, -1]
        outputs.append(state[0])
    return outputs


@pytest.mark.parametrize("poles", [1, 2])
@pytest.mark.parametrize("gigahertz", [0.4, 3.0, 8.0])
def test_filtered_symbols_are_those_of_the_circuit(poles, gigahertz):
    symbols = NoiseKey.from_seed(1).normal(0, 25)
    pole = symbol_pole(gigahertz * 1e9, SYMBOL_S, poles)
    expected = simulate(symbols.tolist(), gigahertz * 1e9, poles)
    np.testing.assert_allclose(filter_symbols(symbols, pole), expected, atol=1e-7)


@pytest.mark.parametrize("pole", [0.9, 0.04, symbol_pole(2e9, SYMBOL_S, 2)])
def test_doubling_equals_the_recursion(pole):
    symbols = NoiseKey.from_seed(2).normal(0, 3 * 77).reshape(3, 77)
    before = torch.tensor([0.5, -1.0, 2.0], dtype=torch.float64)
    # Every past input was `before`, so the state had settled there.
    state = before.to(torch.complex128)
    for index in range(77):
        state = (1 - pole) * symbols[:, index] + pole * state
        output = (state * (1 - 1j)).real if isinstance(pole, complex) else state.real
        found = filter_symbols(symbols, pole, before)[:, index]
        torch.testing.assert_close(found, output, atol=1e-12, rtol=0)


@pytest.mark.parametrize("poles", [1, 2])
def test_a_constant_passes_unchanged_and_nothing_is_filtered_by_no_filter(poles):
    pole = symbol_pole(1e9, SYMBOL_S, poles)
    constant = torch.full((2, 9), 0.7, dtype=torch.float64)
    torch.testing.assert_close(filter_symbols(constant, pole, 0.7), constant)
    symbols = NoiseKey.from_seed(3).normal(0, 50)
    wide = symbol_pole(1e12, SYMBOL_S, poles)
    torch.testing.assert_close(filter_symbols(symbols, wide), symbols, atol=1e-15, rtol=0)


def test_filtering_keeps_the_precision_asked_for():
    assert filter_symbols(torch.ones(5), symbol_pole(1e9, SYMBOL_S, 2)).dtype == torch.float32


@pytest.mark.parametrize("poles", [1, 2])
def test_the_correlation_of_filtered_noise_is_the_settling_error(poles):
    # Wiener and Khinchin: correlation = Fourier transform of the power response.
    bandwidth, time = 3e9, 40e-12
    spectrum, _ = quad(
        lambda f: power_response(f, 1.0, poles),
        0,
        math.inf,
        weight="cos",
        wvar=2 * math.pi * bandwidth * time,
    )
    correlation = spectrum / noise_bandwidth_hz(1.0, poles)
    assert step_error(bandwidth, time, poles) == pytest.approx(correlation, abs=1e-6)


def test_correlated_noise_has_unit_variance_and_the_residue_as_correlation():
    residue = 0.3
    noise = correlate_noise(NoiseKey.from_seed(5).normal(0, 400_000).reshape(4000, 100), residue)
    # Every hundredth sample is almost independent of the next, so a plain variance check applies.
    for column in (0, 1, 50, 99):
        assert_variance(noise[:, column], 1.0)
    sums = noise[:, 40] + noise[:, 41]
    assert_variance(sums, 2 * (1 + residue))
    assert_variance(noise[:, 40] + noise[:, 43], 2 * (1 + residue**3))


def test_a_residue_of_one_never_settles():
    with pytest.raises(InputError, match="residue"):
        correlate_noise(torch.zeros(3), 1.0)


def test_slope_is_the_derivative_of_the_output():
    symbols = NoiseKey.from_seed(6).normal(0, 12)
    bandwidth, delta = 4e9, 1e-16
    outputs = filter_symbols(symbols, symbol_pole(bandwidth, SYMBOL_S, 1))
    pole_earlier = math.exp(-2 * math.pi * bandwidth * (SYMBOL_S - delta))
    previous = torch.cat([torch.zeros(1, dtype=torch.float64), outputs[:-1]])
    earlier = (1 - pole_earlier) * symbols + pole_earlier * previous
    numeric = (outputs - earlier) / delta
    found = output_slope_per_s(symbols, outputs, bandwidth)
    torch.testing.assert_close(found, numeric, rtol=1e-4, atol=1e3)


@pytest.mark.parametrize("poles", [1, 2])
@pytest.mark.parametrize("gigahertz", [2.5, 5.0, 7.0])
def test_no_sequence_exceeds_the_worst_phase_error_and_one_reaches_it(poles, gigahertz):
    bandwidth = gigahertz * 1e9
    pole = symbol_pole(bandwidth, SYMBOL_S, poles)
    worst = worst_phase_error_rad(bandwidth, SYMBOL_S, poles)
    angles = 2 * math.pi * NoiseKey.from_seed(7).uniform(0, 40 * 500).reshape(500, 40)
    impulse = torch.zeros(40, dtype=torch.float64)
    impulse[0] = 1.0
    taps = filter_symbols(impulse, pole)
    # Adversary: all earlier symbols at right angles to the rim of the error disc.
    hostile = torch.where(taps.flip(0) >= 0, 0.0, math.pi) + (math.pi / 2 + worst)
    hostile[-1] = 0.0
    angles = torch.cat([angles, hostile[None]])
    real, imaginary = (filter_symbols(part, pole) for part in (angles.cos(), angles.sin()))
    error = torch.atan2(imaginary[:, -1], real[:, -1]) - angles[:, -1]
    error = torch.remainder(error + math.pi, 2 * math.pi) - math.pi
    assert float(error.abs().max()) <= worst + 1e-12
    assert float(error[-1].abs()) == pytest.approx(worst, rel=1e-6, abs=0)


def test_unequal_amplitudes_make_it_worse_until_anything_is_possible():
    equal = worst_phase_error_rad(5e9, SYMBOL_S)
    assert math.sin(worst_phase_error_rad(5e9, SYMBOL_S, 1, 10.0)) == pytest.approx(
        10 * math.sin(equal), rel=1e-12, abs=0
    )
    assert worst_phase_error_rad(5e9, SYMBOL_S, 1, 30.0) == math.pi
    assert spill(5e9, SYMBOL_S, 2) > 0.0
