"""Balanced pair: what a finite common-mode rejection lets through."""

import math

import pytest
import torch

from devices.electronics.balanced_pair import BalancedPair
from photonics.errors import InputError
from photonics.optics import power_w
from photonics.random import NoiseKey
from tests.tolerance import assert_mean, assert_variance

SIGNAL_W, REFERENCE_W = 10e-6, 1e-3
AMPLITUDE_A = math.sqrt(SIGNAL_W * REFERENCE_W)
REFERENCE = torch.tensor(math.sqrt(REFERENCE_W), dtype=torch.complex128)


def hybrid_fields(signal, reference):
    """Outputs (..., 4) of a 90 degree hybrid for fields (...) in sqrt(W)."""
    turned = 1j * reference
    pairs = (signal + reference, signal - reference, signal + turned, signal - turned)
    return torch.stack(pairs, dim=-1) / 2


def difference_a(pair, first_a, second_a):
    """Output current in A of a pair, for the currents of an even split."""
    return (first_a - second_a) + pair.imbalance * (first_a + second_a)


def total_a(signal_w=SIGNAL_W, reference_w=REFERENCE_W):
    """Current of both diodes of one pair behind a hybrid at 1 A/W."""
    return torch.tensor((signal_w + reference_w) / 2, dtype=torch.float64)


# Offset over amplitude at -20 dBm and 0 dBm.
@pytest.mark.parametrize(
    ("cmrr_db", "offset"),
    [(-20, 0.505), (-25, 0.284), (-30, 0.160), (-35, 0.090), (-40, 0.051)],
)
def test_offset_of_the_table(cmrr_db, offset):
    found = float(BalancedPair(cmrr_db=cmrr_db).offset_a(total_a())) / AMPLITUDE_A
    assert found == pytest.approx(offset, abs=6e-4)


# Wrong ones of 33 noise-free phases if the offset is not subtracted.
@pytest.mark.parametrize(
    ("cmrr_db", "wrong"), [(-20, 30), (-25, 28), (-30, 24), (-35, 15), (-40, 0)]
)
def test_an_offset_that_is_not_calibrated_is_fatal(cmrr_db, wrong):
    pair, levels = BalancedPair(cmrr_db=cmrr_db), 33
    phase = torch.arange(levels, dtype=torch.float64) * (2 * math.pi / levels)
    signal = math.sqrt(SIGNAL_W) * torch.exp(1j * phase)
    current = power_w(hybrid_fields(signal, REFERENCE))
    in_phase = difference_a(pair, current[:, 0], current[:, 1])
    quadrature = difference_a(pair, current[:, 2], current[:, 3])

    def decided(offset):
        angle = torch.atan2(quadrature - offset, in_phase - offset)
        return (angle * levels / (2 * math.pi)).round().remainder(levels)

    assert int((decided(0.0) != torch.arange(levels)).sum()) == wrong
    assert torch.equal(decided(pair.offset_a(total_a())).long(), torch.arange(levels))


def test_offset_and_intensity_noise_of_the_worked_example():
    # Physics vectors: CMRR -25 dB, RIN -150 dB/Hz, 10 GHz.
    pair = BalancedPair(cmrr_db=-25)
    assert float(pair.offset_a(total_a())) == pytest.approx(2.839823692211263e-05, rel=1e-12, abs=0)
    variance = float(pair.intensity_variance_a2(total_a(), -150.0, 10e9))
    assert variance == pytest.approx(8.064598602844411e-15, rel=1e-12, abs=0)


@pytest.mark.parametrize("cmrr_db", [-10.0, -20.0, -33.0])
def test_rejection_is_the_ratio_for_one_lit_input(cmrr_db):
    pair = BalancedPair(cmrr_db=cmrr_db)
    dark = torch.zeros((), dtype=torch.complex128)
    fields = hybrid_fields(torch.full_like(dark, 1e-2), dark)
    current = power_w(fields)
    for first, second in [(current[0], current[1]), (current[2], current[3])]:
        out = float(difference_a(pair, first, second))
        ratio = out / float(first + second)
        assert 20 * math.log10(abs(ratio)) == pytest.approx(cmrr_db, abs=1e-10)
        # κ R P / 2 with the power 1e-4 W of that input.
        assert out == pytest.approx(pair.imbalance * 1e-4 / 2, rel=1e-12, abs=0)


def test_intensity_noise_passes_at_the_zero_of_the_difference_only_by_imbalance():
    pair = BalancedPair(cmrr_db=-25)
    relative = math.sqrt(1e-15 * 10e9)
    power = 1 + relative * NoiseKey.from_seed(2).normal(0, 200_000)
    # Reference and signal in quadrature: the in-phase pair is balanced.
    angle = torch.tensor(math.pi / 2, dtype=torch.float64)
    signal = math.sqrt(SIGNAL_W) * torch.exp(1j * angle)
    fields = hybrid_fields(signal, REFERENCE)
    first, second = (power * float(power_w(fields)[i]) for i in (0, 1))
    out = difference_a(pair, first, second)
    variance = float(pair.intensity_variance_a2(total_a(), -150.0, 10e9))
    assert_variance(out, variance)
    assert_mean(out, float(pair.offset_a(total_a())), math.sqrt(variance))


def test_intensity_noise_alone_turns_no_phase_once_the_offset_is_gone():
    # The wanted I and Q scale together; only the imbalance is left, to first order.
    power = 1 + 1e-3 * NoiseKey.from_seed(3).normal(0, 1000)
    signal = math.sqrt(SIGNAL_W) * torch.exp(1j * torch.tensor(0.7, dtype=torch.float64))
    fields = hybrid_fields(signal, REFERENCE)
    current = power[:, None] * power_w(fields)

    def phases(pair):
        in_phase = difference_a(pair, current[:, 0], current[:, 1]) - pair.offset_a(total_a())
        quadrature = difference_a(pair, current[:, 2], current[:, 3]) - pair.offset_a(total_a())
        return torch.atan2(quadrature, in_phase)

    ideal = phases(BalancedPair(cmrr_db=-400.0))
    assert float((ideal - 0.7).abs().max()) < 1e-12
    leaky = phases(BalancedPair(cmrr_db=-25))
    expected = 1e-3 * float(BalancedPair(cmrr_db=-25).offset_a(total_a())) / AMPLITUDE_A
    expected *= abs(math.cos(0.7) - math.sin(0.7))
    assert float(leaky.std()) == pytest.approx(
        expected * float((power - 1).std()) / 1e-3, rel=2e-2, abs=0
    )


@pytest.mark.parametrize("cmrr_db", [0.0, 3.0, math.nan])
def test_no_rejection_at_all_is_refused(cmrr_db):
    with pytest.raises(InputError, match="cmrr_db"):
        BalancedPair(cmrr_db=cmrr_db)
