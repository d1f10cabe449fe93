"""ADC: every code, clipping, nonlinearity, noise, effective bits."""

import math

import pytest
import torch
from scipy.special import j0, zeta

from devices.electronics.adc import Adc
from photonics.converters import effective_bits, sine_snr_db
from photonics.errors import InputError
from photonics.random import NoiseKey
from tests.tolerance import assert_mean

KEY = NoiseKey.from_seed(1).fold("converter", 0)


@pytest.mark.parametrize("bits", [1, 2, 4, 5, 6, 8, 12])
def test_every_code(bits):
    adc = Adc(bits=bits)
    top = adc.half_range
    codes = torch.arange(-top, top, dtype=torch.float64)
    # The middle, the lower edge and the last number below the upper edge of every cell.
    assert torch.equal(adc.code(adc.middle(codes)), codes)
    assert torch.equal(adc.code(codes / top), codes)
    upper = torch.nextafter((codes + 1) / top, torch.tensor(-9.0, dtype=torch.float64))
    assert torch.equal(adc.code(upper), codes)


@pytest.mark.parametrize("bits", [1, 3, 5, 6, 10])
def test_transitions_of_a_linear_converter_give_the_same_codes(bits):
    adc = Adc(bits=bits)
    top = adc.half_range
    edges = torch.arange(-2 * top, 2 * top + 1, dtype=torch.float64) / top
    inputs = torch.cat([edges, edges + 1e-9, edges - 1e-9, NoiseKey.from_seed(2).normal(0, 5000)])
    assert torch.equal(adc.code(inputs, adc.transitions(KEY)), adc.code(inputs))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_codes_keep_shape_and_type_and_leave_the_input_alone(dtype):
    adc = Adc(bits=5)
    ratio = NoiseKey.from_seed(3).normal(0, 24).reshape(2, 3, 4).to(dtype)
    before = ratio.clone()
    for transitions in (None, adc.transitions(KEY)):
        code = adc.code(ratio, transitions)
        assert code.dtype == dtype
        assert code.shape == ratio.shape
        assert torch.equal(code, adc.code(ratio, transitions))
    assert torch.equal(ratio, before)


def test_beyond_the_full_scale_it_clips():
    adc = Adc(bits=6)
    ratio = torch.tensor([-50.0, -1.0001, -1.0, 0.9999, 1.0, 50.0])
    assert adc.code(ratio).tolist() == [-32, -32, -32, 31, 31, 31]


def test_full_scale_in_volts():
    adc = Adc(bits=6, full_scale_v=0.4)
    assert adc.ratio(torch.tensor([0.2, -0.4])).tolist() == pytest.approx(
        [0.5, -1.0], rel=1e-9, abs=0
    )


def sine_error(adc, samples=400_000):
    """Mean square error, in LSB², of a full-scale sine at evenly spread phases."""
    phase = (torch.arange(samples, dtype=torch.float64) + 0.5) * (2 * math.pi / samples)
    ratio = torch.sin(phase)
    return float((adc.middle(adc.code(ratio)) - ratio).square().mean()) / adc.lsb**2


@pytest.mark.parametrize("bits", [2, 4, 5, 6, 8, 10])
def test_quantisation_noise_of_a_sine(bits):
    # Gray, IEEE Trans. Inf. Theory 36, 1220 (1990): 1/12 + Σ J0(2πn A/Δ) / (πn)², A/Δ = 2^(b-1).
    terms = sum(
        j0(2 * math.pi * n * 2.0 ** (bits - 1)) / (math.pi * n) ** 2 for n in range(1, 20_000)
    )
    error = sine_error(Adc(bits=bits))
    assert error == pytest.approx(1 / 12 + terms, rel=1e-3, abs=0)
    signal = 0.5 / Adc(bits=bits).lsb ** 2
    snr_db = 10 * math.log10(signal / error)
    # The sine dwells at its ends, at the edge of the last cell; with J0(x) ≈ √(2/πx) cos(x - π/4)
    # its error is larger than 1/12 by the factor 1 + 12 ζ(5/2) / (π³ √2 √(A/Δ)).
    shortfall = 10 * math.log10(1 + 12 * zeta(2.5) / (math.pi**3 * 2 ** (bits / 2)))
    assert snr_db == pytest.approx(6.0206 * bits + 1.7609 - shortfall, abs=0.03)


def test_input_noise_of_effective_bits_brings_a_sine_to_its_signal_to_noise():
    # The quantiser runs as well: were it counted twice, the result would be 0.38 dB too low.
    adc = Adc(bits=6).with_effective_bits(5.0)
    phase = 2 * math.pi * NoiseKey.from_seed(4).uniform(0, 400_000)
    noise = float(adc.noise_variance()) ** 0.5 * NoiseKey.from_seed(5).normal(0, 400_000)
    # Slightly inside the full scale, so that noise does not clip.
    ratio = 0.93 * torch.sin(phase)
    error = (adc.middle(adc.code(ratio + noise)) - ratio).square()
    expected = 0.5 / 10 ** (sine_snr_db(5.0) / 10)
    assert_mean(error, expected, float(error.std()))


@pytest.mark.parametrize("bits", [5, 6, 8])
def test_as_many_effective_bits_as_bits_leave_the_converter_ideal(bits):
    adc = Adc(bits=bits)
    assert adc.enob == bits
    assert adc.with_effective_bits(bits).input_noise_lsb == 0.0
    assert float(adc.noise_variance()) == 0.0


def test_effective_bits_come_back():
    adc = Adc(bits=7, inl_rms_lsb=0.2).with_effective_bits(5.5)
    assert adc.enob == pytest.approx(5.5, rel=1e-13, abs=0)
    # Ramkaj et al., JSSC 53, 1889 (2018): 36.4 dB at 5 GHz with 7 bits are 5.75 effective ones.
    assert effective_bits(36.4) == pytest.approx(5.754, abs=1e-3)


def test_more_effective_bits_than_there_are_is_refused():
    with pytest.raises(InputError, match="enob"):
        Adc(bits=6).with_effective_bits(6.1)
    with pytest.raises(InputError, match="enob"):
        Adc(bits=6, inl_rms_lsb=0.5).with_effective_bits(5.9)


def test_nonlinearity_is_fixed_has_its_rms_and_fits_the_end_points():
    adc = Adc(bits=6, inl_rms_lsb=0.3)
    found = adc.transitions(KEY)
    ideal = Adc(bits=6).transitions(KEY)
    curve = (found - ideal) / adc.lsb
    assert float(curve.square().mean().sqrt()) == pytest.approx(0.3, rel=1e-10, abs=0)
    assert float(curve[0]) == pytest.approx(0.0, abs=1e-12)
    assert float(curve[-1]) == pytest.approx(0.0, abs=1e-12)
    assert torch.equal(found, adc.transitions(KEY))
    assert not torch.equal(found, adc.transitions(KEY.fold(1)))


@pytest.mark.parametrize("inl", [0.3, 3.0])
def test_every_code_of_a_nonlinear_converter_and_none_backwards(inl):
    adc = Adc(bits=6, inl_rms_lsb=inl)
    transitions = adc.transitions(KEY)
    assert bool((transitions.diff() >= 0).all())
    ratio = torch.linspace(-1.2, 1.2, 50_001, dtype=torch.float64)
    code = adc.code(ratio, transitions)
    assert bool((code.diff() >= 0).all())
    # On a transition the higher code; just below it the lower.
    ends = torch.searchsorted(transitions, transitions, right=True).double() - 32
    assert torch.equal(adc.code(transitions, transitions), ends)
    assert set(code.tolist()) <= set(range(-32, 32))
    if inl < 1:
        assert set(code.tolist()) == set(range(-32, 32))


def test_nonlinearity_is_not_forgotten_silently():
    with pytest.raises(InputError, match="transitions"):
        Adc(inl_rms_lsb=0.1).code(torch.zeros(3))


def test_jitter_makes_noise_of_a_slope():
    adc = Adc(bits=6, jitter_s=100e-15, input_noise_lsb=0.5)
    slope = torch.tensor([0.0, 2 * math.pi * 5e9], dtype=torch.float64)
    still, steep = adc.noise_variance(slope).tolist()
    assert still == pytest.approx((0.5 / 32) ** 2, rel=1e-12, abs=0)
    # 50.06 dB for a sine of 5 GHz, whose mean square slope is half.
    assert 10 * math.log10(0.5 / ((steep - still) / 2)) == pytest.approx(50.06, abs=5e-3)


def test_energy_of_the_papers_converter():
    # Paper, Sec. V-B: 6 bits, 24 GS/s, 23 mW.
    assert 24e9 * Adc(bits=6).energy_j == pytest.approx(23e-3, rel=3e-3, abs=0)
    assert Adc(bits=6, input_noise_lsb=1.0).energy_j < Adc(bits=6).energy_j


@pytest.mark.parametrize(
    "wrong",
    [
        {"bits": 0},
        {"bits": 21},
        {"inl_rms_lsb": -0.1},
        {"input_noise_lsb": -1.0},
        {"jitter_s": -1e-15},
        {"full_scale_v": 0.0},
    ],
)
def test_impossible_parameters_are_refused(wrong):
    with pytest.raises(InputError):
        Adc(**wrong)


@pytest.mark.parametrize("inl", [0.0, 0.5])
@pytest.mark.parametrize("rms_lsb", [0.0, 0.1, 0.4, 3.0])
def test_moments_are_those_of_many_conversions(inl, rms_lsb):
    adc = Adc(bits=5, inl_rms_lsb=inl)
    transitions = adc.transitions(NoiseKey.from_seed(1)) if inl else None
    # None on a transition, where a silent input would be a matter of rounding.
    mean = torch.linspace(-1.2, 1.2, 13, dtype=torch.float64) + 0.003
    count = 40_000
    normal = NoiseKey.from_seed(0).normal(0, 13 * count).view(count, 13)
    rms = torch.full_like(mean, rms_lsb * adc.lsb)
    drawn = adc.middle(adc.code(mean + rms * normal, transitions))
    found, variance = adc.moments(mean, rms, transitions)
    # An indicator's variance has a kurtosis of its own: bounded by the range of codes reached.
    reach = adc.lsb * (2.0 + 7.0 * rms_lsb)
    assert ((found - drawn.mean(0)).abs() <= 5 * (variance / count).sqrt() + 1e-9).all()
    tolerance = 5 * reach * (variance / count).sqrt() + 1e-9
    assert ((variance - drawn.var(0)).abs() <= tolerance).all()
