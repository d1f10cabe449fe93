"""The one receiver: its noise is that of four diodes, whatever the hybrid does."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch

from circuits.chip.compiling import coefficients
from circuits.design.circuit import Design, MultiplierDesign
from circuits.optics.hybrid import Hybrid, HybridDesign
from circuits.receiver.by_design import receiver_by_design
from circuits.receiver.receiver import Detected
from photonics.random import NoiseKey
from photonics.units import ELEMENTARY_CHARGE_C
from tests.circuits.designs import HYBRID_DB, SILENT

KEY = NoiseKey.from_seed(17)


DESIGN = Design(receiver=SILENT)


RAILS_W = 3e-3, 0.5e-3


def shot_a2(seen_w: torch.Tensor) -> torch.Tensor:
    """Variance of I and of Q, (..., 2), when diodes (..., 4) of nominal responsivity see this."""
    current_a = SILENT.photodiode.responsivity_a_per_w * (seen_w[..., 0::2] + seen_w[..., 1::2])
    return 2.0 * ELEMENTARY_CHARGE_C * current_a * SILENT.noise_bandwidth_hz


def rails(count: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Log amplitudes of both rails, and the phase between them."""
    draw = KEY.fold("rails").uniform(0, 3 * count).view(3, count)
    return -draw[0], -2.0 * draw[1], 6.0 * draw[2]


@pytest.mark.parametrize("flawed", [False, True])
def test_compact_shot_noise_is_that_of_four_diodes_in_unequal_light(flawed: bool) -> None:
    count, intensity = 20, 1.1
    spread = HybridDesign(
        splitter={"imbalance_rms_db": 0.4},
        coupler={"imbalance_rms_db": 0.6},
        quadrature_rms_rad=0.1,
        responsivity_rms=0.05,
    )
    drawn = Hybrid.fabricate(spread, (1, count), KEY.fold("hybrid"))
    hybrid = drawn if flawed else Hybrid.fabricate(HybridDesign(), (1, count), KEY)
    plus, minus, phase = rails(count)
    signal = math.sqrt(RAILS_W[0]) * torch.polar(plus.exp(), phase)
    reference = math.sqrt(RAILS_W[1]) * torch.polar(minus.exp(), torch.zeros_like(phase))
    powers_w = intensity * hybrid.fields(signal, reference)[0].abs().square()
    powers_w = powers_w * 10 ** (-HYBRID_DB / 10)
    expected = shot_a2(powers_w * hybrid.responsivity[0])

    receiver = replace(receiver_by_design(DESIGN, 31, 16), rail_powers_w=RAILS_W)
    if flawed:
        difference, total = coefficients(hybrid)
        receiver = replace(receiver, difference=difference, total=total)
    one = torch.full((1, 1, count), intensity, dtype=torch.float64)
    light = (x.clone().view(1, 1, count) for x in (plus, minus, phase))
    found = torch.stack(receiver.detect(*light, one).rms_a, dim=-1).square()[0, 0]
    torch.testing.assert_close(found, expected, rtol=1e-6, atol=0.0)


def test_either_quadrature_takes_its_own_gain_with_its_noise() -> None:
    """Noise of the light and of the amplifier passes the trim, that of the converter does not."""
    design = Design(receiver=SILENT.model_copy(update={"adc_noise_lsb": 0.5}))
    gain = torch.tensor([[1.3, 0.9], [0.6, 1.1]], dtype=torch.float64)
    receiver = replace(
        receiver_by_design(design, 31, 16),
        trim_gain=gain,
        trim_offset=torch.tensor([[[0.02, 0.03]], [[-0.05, 0.01]]], dtype=torch.float64),
    )
    bits = receiver.gain.code.digits(torch.full((1, 16), 3))
    setting = receiver.setting(bits)
    assert setting.common_mode is not None
    full_scale_a, common_mode = float(setting.full_scale_a), float(setting.common_mode[0])
    current_a, rms_a = (
        full_scale_a * torch.tensor(x, dtype=torch.float64) for x in ([0.5, -0.3], [0.02, 0.05])
    )
    # Current and noise of I, then of Q: two places each.
    detected = Detected((current_a, 2.0 * current_a), (rms_a, 0.5 * rms_a))
    mean, rms = receiver.at_converters(detected, setting)
    converter_rms = 0.5 * 2.0 / 2**5
    for q, (share, noisy) in enumerate(((1.0, 1.0), (2.0, 0.5))):
        assert receiver.trim_offset is not None
        taken = receiver.trim_offset[q, 0] * common_mode
        expected = gain[q] * share * current_a / full_scale_a - taken
        torch.testing.assert_close(mean[q], expected, rtol=1e-12, atol=1e-15)
        passed = (gain[q] * noisy * rms_a / full_scale_a).square()
        torch.testing.assert_close(rms[q], (passed + converter_rms**2).sqrt(), rtol=1e-12, atol=0)


@pytest.mark.parametrize("rails", ["dual", "single"])
def test_diodes_that_depart_by_a_share_show_it_of_the_common_mode(rails: str) -> None:
    design = Design(multiplier=MultiplierDesign(rails=rails))  # type: ignore[arg-type]
    receiver, share, loss_db = receiver_by_design(design, 31, 16), 0.02, 7.0
    even = Hybrid.ideal()
    uneven = torch.tensor([1.0 + share, 1.0 - share] * 2, dtype=torch.float64)
    difference, total = coefficients(Hybrid(even.transfer, even.responsivity * uneven))
    lost_np = torch.tensor(-loss_db * math.log(10.0) / 20.0, dtype=torch.float64)
    zero = torch.zeros((), dtype=torch.float64)
    # Both rails lose where both have multipliers.
    light = lost_np, (lost_np if rails == "dual" else zero), zero + 2.1, zero + 1.0
    flawed = replace(receiver, difference=difference, total=total)
    ideal_a, found_a = (r.detect(*(x.clone() for x in light)).current_a for r in (receiver, flawed))
    expected_a = share * float(receiver.gain.common_mode_a(loss_db).sum())
    for ideal, found in zip(ideal_a, found_a, strict=True):
        assert float(found - ideal) == pytest.approx(expected_a, rel=1e-9)
