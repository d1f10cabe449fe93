"""Noise as it comes out of each device: white noise sent through the circuit, then measured.

A one-sided density S sampled at a rate f_s is a row of independent normals of variance S f_s / 2,
held from one sample to the next.  At 32 samples in 1/f behind a pole at f, w = 2π/32, the hold
changes the variance of the output by w²/12 = 0.3 %, a tenth of the tolerances below.  Outputs 1/f
apart are as good as independent: they are correlated by 0.002 (one pole) or -0.015 (two).
"""

import math

import numpy as np
import pytest
import torch
from scipy import signal

from devices.electronics.adc import Adc
from devices.electronics.amplifier import TransimpedanceAmplifier
from devices.electronics.dac import Dac
from devices.electronics.photodiode import Photodiode
from devices.electronics.variable_gain import VariableGain
from devices.light.laser import Laser
from photonics.random import NoiseKey
from tests.tolerance import Z, assert_mean, assert_variance

BOLTZMANN = 1.380649e-23
KEY = NoiseKey.from_seed(11).fold("output noise")
OVERSAMPLING = 32
# 37 500 independent outputs: z = 5 is 3.7 % of their variance.
SAMPLES = 1_200_000


def normals(count, *names):
    pair = KEY.fold(*names).normal_pairs(0, (count + 1) // 2, torch.float64)
    return torch.cat(pair)[:count]


def white(density, rate_hz, *names):
    """White noise of a one-sided density, sampled."""
    return math.sqrt(density * rate_hz / 2) * normals(SAMPLES, *names)


def low_pass(samples, bandwidth_hz, rate_hz, poles=1):
    """Butterworth filter of a held input, by scipy: the circuit itself, without our filters."""
    analog = signal.butter(poles, 2 * math.pi * bandwidth_hz, analog=True)
    numerator, denominator, _ = signal.cont2discrete(analog, 1 / rate_hz, method="zoh")
    # What a held value has done shows at the end of its sample, where the next one begins.
    return torch.from_numpy(signal.lfilter(numerator.ravel(), denominator, samples.numpy())[1:])


def settled(samples):
    """Outputs 1/f apart, after the filter has forgotten that it started from rest."""
    return samples[8 * OVERSAMPLING :: OVERSAMPLING]


@pytest.mark.parametrize("poles", [1, 2])
@pytest.mark.parametrize(
    ("noise", "density"),
    [
        ({"noise_a_per_rthz": 15e-12}, 225e-24),
        ({"feedback_ohm": 1e3, "temperature_k": 350.0}, 4 * BOLTZMANN * 350.0 / 1e3),
    ],
    ids=["input-referred", "resistor"],
)
def test_amplifier_noise_behind_the_filter_of_its_signal(noise, density, poles):
    amplifier = TransimpedanceAmplifier(bandwidth_hz=7e9, poles=poles, **noise)
    rate = OVERSAMPLING * 7e9
    current = white(density, rate, "amplifier", poles)
    # What filters the signal filters the noise, and is the filter that a circuit simulation gives.
    filtered = amplifier.response.filtered(current, 1 / rate)
    circuit = low_pass(current, 7e9, rate, poles)
    torch.testing.assert_close(filtered[:-1], circuit, rtol=0, atol=1e-9 * float(current.std()))

    variance = amplifier.noise_variance_a2(amplifier.noise_bandwidth_hz)
    assert_variance(settled(filtered), variance)
    assert_variance(settled(amplifier.voltage_v(filtered)), 5000.0**2 * variance)


@pytest.mark.parametrize("gain_db", [-6.0, 20.0])
def test_noise_behind_a_gain_stage(gain_db):
    amplifier = TransimpedanceAmplifier(noise_a_per_rthz=15e-12)
    stage = VariableGain(min_gain_db=-6.0, noise_figure_db=3.0)
    variance = amplifier.noise_variance_a2(10e9)
    own = variance**0.5 * normals(40_000, "gain, amplifier")
    added = stage.added_variance_a2(variance) ** 0.5 * normals(40_000, "gain, stage")
    factor = stage.factor(torch.tensor(gain_db, dtype=torch.float64))
    # Noise figure and gain are both ratios of power: the output holds 10^((F + G)/10) of the input.
    power = (15e-12) ** 2 * 10e9 * 5000.0**2
    output = factor * amplifier.voltage_v(own + added)
    assert_variance(output, power * 10 ** ((3.0 + gain_db) / 10))
    without = factor * amplifier.voltage_v(own)
    assert_variance(without, power * 10 ** (gain_db / 10))


@pytest.mark.parametrize(("frequency_hz", "jitter_s"), [(5e9, 100e-15), (10e9, 205e-15)])
def test_codes_of_a_sine_sampled_by_a_jittering_clock(frequency_hz, jitter_s):
    adc = Adc(bits=14, jitter_s=jitter_s)
    count, omega = 200_000, 2 * math.pi * frequency_hz
    phase = 2 * math.pi * KEY.fold("jitter, phase").uniform(0, count)
    shift = omega * jitter_s * normals(count, "jitter")
    error = adc.middle(adc.code(torch.sin(phase + shift))) - torch.sin(phase)

    # Jitter noise ω² σ² / 2 of a power 1/2: 20 log₁₀(1 / ω σ); the quantiser adds LSB² / 12.
    # Its share of that error has E[e⁴] = 3 E[cos⁴] / E[cos²]² = 4.5 in units of E[e²]².
    snr_db = -20 * math.log10(omega * jitter_s)
    jitter = 0.5 * 10 ** (-snr_db / 10)
    assert_mean(error.square(), jitter + adc.lsb**2 / 12, math.sqrt(3.5) * jitter)
    stated = adc.noise_variance(omega * torch.cos(phase))
    assert_mean(stated, jitter, math.sqrt(0.5) * jitter)

    # Where the sine is steepest the noise is Gaussian, of the variance that belongs to the slope.
    crossing = adc.middle(adc.code(torch.sin(shift)))
    assert_variance(crossing, float(adc.noise_variance(omega)) + adc.lsb**2 / 12)


def test_codes_of_a_converter_with_noise_at_its_input():
    adc = Adc(bits=10, input_noise_lsb=3.0)
    noise = float(adc.noise_variance()) ** 0.5 * normals(40_000, "input noise")
    code = adc.code(noise)
    assert_variance(code, 3.0**2 + 1 / 12)


@pytest.mark.parametrize("rin_db_per_hz", [-150.0, -135.0])
def test_photocurrent_of_a_fluctuating_laser(rin_db_per_hz):
    laser, diode = Laser(rin_db_per_hz=rin_db_per_hz), Photodiode(bandwidth_hz=30e9)
    rate = OVERSAMPLING * 30e9
    relative = white(10 ** (rin_db_per_hz / 10), rate, "laser intensity")
    current = low_pass(diode.current_a(1e-3 * (1 + relative)), 30e9, rate)
    expected = (1.1 * 1e-3) ** 2 * laser.intensity_variance(diode.noise_bandwidth_hz)
    assert_variance(settled(current), expected)
    assert_mean(settled(current), 1.1 * 1e-3, math.sqrt(expected))


# Delays of 14 ps and 141 ps against a band of 10 GHz: B τ = 0.14 and 1.4.
@pytest.mark.parametrize(
    ("delay", "oversampling"), [(9, 2 * OVERSAMPLING), (45, OVERSAMPLING)], ids=["short", "long"]
)
def test_laser_of_limited_band_through_an_interferometer(delay, oversampling):
    linewidth, band = 1e6, 10e9
    step_s = 1 / (oversampling * band)
    lines = 30_000
    count = lines * oversampling

    # Frequency noise of density Δν/π in lines up to B; each line has the variance (Δν/π) B / lines.
    real, imaginary = KEY.fold("frequency noise").normal_pairs(0, lines, torch.float64)
    spectrum = np.zeros(count // 2 + 1, dtype=np.complex128)
    spectrum[1 : lines + 1] = torch.complex(real, imaginary).numpy()
    line_rms_hz = math.sqrt(linewidth / math.pi * band / lines)
    frequency_hz = np.fft.irfft(spectrum, count) * count / 2 * line_rms_hz
    phase = 2 * math.pi * step_s * np.cumsum(frequency_hz)
    field = np.exp(1j * phase)
    difference = np.angle(field * np.roll(field, delay).conj())

    # The mean square is a sum over lines, each of them exponentially distributed.
    expected = Laser(linewidth_hz=linewidth).phase_variance_rad2(delay * step_s, band)
    line_hz = band / lines * np.arange(1, lines + 1)
    weight = (np.sin(math.pi * line_hz * delay * step_s) / line_hz) ** 2
    allowed = Z * expected * math.sqrt((weight**2).sum()) / weight.sum()
    assert allowed < 0.05 * expected
    assert abs(float(np.mean(difference**2)) - expected) <= allowed


@pytest.mark.parametrize("ohm", [50.0, 2e3])
def test_voltage_held_on_a_capacitor_whatever_charges_it(ohm):
    dac = Dac(bits=6, full_scale_v=1.08, hold_capacitance_f=50e-15, temperature_k=350.0)
    bandwidth = 1 / (2 * math.pi * ohm * 50e-15)
    rate = OVERSAMPLING * bandwidth
    driven = white(4 * BOLTZMANN * 350.0 * ohm, rate, "capacitor", int(ohm))
    held = settled(low_pass(driven + dac.voltage_v(torch.tensor(-9)), bandwidth, rate))
    assert_variance(held, dac.noise_variance_v2)
    assert_mean(held, -9 * 1.08 / 32, math.sqrt(dac.noise_variance_v2))

    # The driver's own noise comes on top, as power.
    both = dac.model_copy(update={"noise_v": 400e-6})
    assert_variance(held + 400e-6 * normals(held.numel(), "driver"), both.noise_variance_v2)
