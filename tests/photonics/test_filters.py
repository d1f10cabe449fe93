"""Filters against circuit simulation, integrals over frequency and the published error table."""

import math

import numpy as np
import pytest
import torch
from scipy.integrate import quad, solve_ivp

from photonics.filters import LowPass
from photonics.random import NoiseKey

SYMBOL_S = 100e-12
FILTERS = [
    LowPass.butterworth(0.2e9),
    LowPass.butterworth(2e9, 2),
    LowPass.butterworth(6e9).behind(6e9),
    LowPass.butterworth(3e9, 2).behind(20e9),
]


def power_response(frequency, bandwidth, poles):
    return 1.0 / (1.0 + (frequency / bandwidth) ** (2 * poles))


@pytest.mark.parametrize("poles", [1, 2])
def test_noise_bandwidth_is_the_integral_of_the_response(poles):
    integral, _ = quad(lambda f: power_response(f, 1.0, poles), 0, math.inf)
    found = LowPass.butterworth(3e9, poles).noise_bandwidth_hz
    assert found == pytest.approx(3e9 * integral, rel=1e-9, abs=0)
    assert found == pytest.approx(3e9 * [math.pi / 2, 1.1107][poles - 1], 1e-4, abs=0)


@pytest.mark.parametrize("poles", [1, 2])
@pytest.mark.parametrize("added", [0.4, 1.0, 7.0, 100.0])
def test_noise_bandwidth_of_filters_in_series(poles, added):
    integral, _ = quad(
        lambda f: power_response(f, 1.0, poles) * power_response(f, added, 1), 0, math.inf
    )
    found = LowPass.butterworth(1e9, poles).behind(added * 1e9)
    # Two equal poles are taken 1e-7 apart.
    assert found.noise_bandwidth_hz == pytest.approx(1e9 * integral, rel=1e-7, abs=0)


# Bandwidth in GHz, residue and worst error in mrad at 100 ps.
@pytest.mark.parametrize(
    ("gigahertz", "residue", "milliradian"),
    [(5, 0.0432, 45.1), (7, 0.0123, 12.5), (10, 0.00187, 1.87)],
)
def test_intersymbol_interference_of_the_table(gigahertz, residue, milliradian):
    found = LowPass.butterworth(gigahertz * 1e9)
    assert found.step_error(SYMBOL_S) == pytest.approx(residue, rel=4e-3, abs=0)
    error = found.worst_phase_error_rad(SYMBOL_S)
    assert 1e3 * error == pytest.approx(milliradian, rel=4e-3, abs=0)


def simulate(symbols, bandwidth, poles, added=None):
    """The circuit's differential equation, integrated symbol by symbol from rest."""
    omega, slower = (2 * math.pi * f * SYMBOL_S for f in (bandwidth, added or 0.0))

    def slope(_, state, drive):
        # The pole that is added comes first, as a diode does; the order is of no matter.
        first = [slower * (drive - state[0])] if added else []
        drive, own = (state[0], state[1:]) if added else (drive, state)
        if poles == 1:
            return [*first, omega * (drive - own[0])]
        turn = omega**2 * (drive - own[0]) - math.sqrt(2) * omega * own[1]
        return [*first, own[1], turn]

    state, outputs = [0.0] * (poles + (1 if added else 0)), []
    for drive in symbols:
        run = solve_ivp(slope, (0, 1), state, args=(drive,), rtol=1e-10, atol=1e-12)
        state = run.y[:, -1]
        outputs.append(state[1 if added else 0])
    return outputs


@pytest.mark.parametrize("poles", [1, 2])
@pytest.mark.parametrize("gigahertz", [0.4, 3.0, 8.0])
def test_filtered_symbols_are_those_of_the_circuit(poles, gigahertz):
    symbols = NoiseKey.from_seed(1).normal(0, 25)
    found = LowPass.butterworth(gigahertz * 1e9, poles).filtered(symbols, SYMBOL_S)
    np.testing.assert_allclose(found, simulate(symbols.tolist(), gigahertz * 1e9, poles), atol=1e-7)


@pytest.mark.parametrize("poles", [1, 2])
@pytest.mark.parametrize("added", [0.7, 3.0, 20.0])
def test_filters_in_series_are_those_of_the_circuit(poles, added):
    symbols = NoiseKey.from_seed(8).normal(0, 25)
    found = LowPass.butterworth(3e9, poles).behind(added * 1e9).filtered(symbols, SYMBOL_S)
    expected = simulate(symbols.tolist(), 3e9, poles, added * 1e9)
    np.testing.assert_allclose(found, expected, atol=4e-7)


@pytest.mark.parametrize("found", FILTERS)
def test_doubling_equals_the_sum_over_all_earlier_symbols(found):
    symbols = NoiseKey.from_seed(2).normal(0, 3 * 77).reshape(3, 77)
    before = torch.tensor([0.5, -1.0, 2.0], dtype=torch.float64)
    outputs = found.filtered(symbols, SYMBOL_S, before)
    errors = torch.tensor([found.step_error(n * SYMBOL_S) for n in range(78)], dtype=torch.float64)
    for index in range(77):
        taps = (errors[: index + 1] - errors[1 : index + 2]).flip(0)
        expected = (symbols[:, : index + 1] * taps).sum(1) + before * errors[index + 1]
        torch.testing.assert_close(outputs[:, index], expected, atol=1e-7, rtol=0)


@pytest.mark.parametrize("found", FILTERS)
def test_a_constant_passes_unchanged(found):
    constant = torch.full((2, 9), 0.7, dtype=torch.float64)
    passed = found.filtered(constant, SYMBOL_S, 0.7)
    torch.testing.assert_close(passed, constant, atol=1e-12, rtol=0)


@pytest.mark.parametrize("poles", [1, 2])
def test_nothing_is_filtered_by_no_filter(poles):
    symbols = NoiseKey.from_seed(3).normal(0, 50)
    wide = LowPass.butterworth(1e12, poles).behind(3e12)
    torch.testing.assert_close(wide.filtered(symbols, SYMBOL_S), symbols, atol=1e-15, rtol=0)


def test_filtering_keeps_the_precision_asked_for():
    assert LowPass.butterworth(1e9, 2).filtered(torch.ones(5), SYMBOL_S).dtype == torch.float32


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
    correlation = spectrum / LowPass.butterworth(1.0, poles).noise_bandwidth_hz
    found = LowPass.butterworth(bandwidth, poles).step_error(time)
    assert found == pytest.approx(correlation, abs=1e-6)


@pytest.mark.parametrize("found", FILTERS)
def test_slope_is_the_derivative_of_the_step_response(found):
    delta = 1e-15
    for time_s in (3e-12, 40e-12, 170e-12):
        ends = [found.step_error(time_s + side * delta) for side in (-1, 1)]
        slope = (ends[0] - ends[1]) / (2 * delta)
        assert found.step_slope_per_s(time_s) == pytest.approx(slope, rel=1e-4, abs=1e6)


@pytest.mark.parametrize("poles", [1, 2])
@pytest.mark.parametrize(("gigahertz", "added"), [(2.5, 1e4), (5.0, 1e4), (7.0, 1e4), (7.0, 9.0)])
def test_no_sequence_exceeds_the_worst_phase_error_and_one_reaches_it(poles, gigahertz, added):
    found = LowPass.butterworth(gigahertz * 1e9, poles).behind(added * 1e9)
    worst = found.worst_phase_error_rad(SYMBOL_S)
    angles = 2 * math.pi * NoiseKey.from_seed(7).uniform(0, 40 * 500).reshape(500, 40)
    impulse = torch.zeros(40, dtype=torch.float64)
    impulse[0] = 1.0
    taps = found.filtered(impulse, SYMBOL_S)
    # Adversary: all earlier symbols at right angles to the rim of the error disc.
    hostile = torch.where(taps.flip(0) >= 0, 0.0, math.pi) + (math.pi / 2 + worst)
    hostile[-1] = 0.0
    angles = torch.cat([angles, hostile[None]])
    parts = (angles.cos(), angles.sin())
    real, imaginary = (found.filtered(part, SYMBOL_S) for part in parts)
    error = torch.atan2(imaginary[:, -1], real[:, -1]) - angles[:, -1]
    error = torch.remainder(error + math.pi, 2 * math.pi) - math.pi
    assert float(error.abs().max()) <= worst + 1e-12
    assert float(error[-1].abs()) == pytest.approx(worst, rel=1e-6, abs=0)


def test_unequal_amplitudes_make_it_worse_until_anything_is_possible():
    found = LowPass.butterworth(5e9)
    equal = found.worst_phase_error_rad(SYMBOL_S)
    assert math.sin(found.worst_phase_error_rad(SYMBOL_S, 10.0)) == pytest.approx(
        10 * math.sin(equal), rel=1e-12, abs=0
    )
    assert found.worst_phase_error_rad(SYMBOL_S, 30.0) == math.pi
