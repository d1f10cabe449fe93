"""The one receiver: its noise is that of four diodes, whatever the hybrid does."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch

from circuits.chip.compiling import coefficients
from circuits.design.circuit import Design, ReceiverDesign
from circuits.optics.hybrid import Hybrid, HybridSpread
from circuits.receiver.by_design import receiver_by_design
from devices.electronics.amplifier import TransimpedanceAmplifier
from devices.electronics.photodiode import Photodiode
from photonics.random import NoiseKey
from photonics.units import ELEMENTARY_CHARGE_C

KEY = NoiseKey.from_seed(17)


# No noise but that of the light.
SILENT = ReceiverDesign(
    photodiode=Photodiode(dark_current_a=0.0), tia=TransimpedanceAmplifier(noise_a_per_rthz=0.0)
)


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
    spread = HybridSpread(
        splitter_imbalance_rms_db=0.4,
        coupler_imbalance_rms_db=0.6,
        quadrature_rms_rad=0.1,
        responsivity_rms=0.05,
    )
    drawn = Hybrid.fabricate(spread, (1, count), KEY.fold("hybrid"))
    hybrid = drawn if flawed else Hybrid.fabricate(HybridSpread(), (1, count), KEY)
    plus, minus, phase = rails(count)
    signal = math.sqrt(RAILS_W[0]) * torch.polar(plus.exp(), phase)
    reference = math.sqrt(RAILS_W[1]) * torch.polar(minus.exp(), torch.zeros_like(phase))
    powers_w = intensity * hybrid.fields(signal, reference)[0].abs().square()
    expected = shot_a2(powers_w * hybrid.responsivity[0])

    receiver = replace(receiver_by_design(DESIGN, 31, 16), rail_powers_w=RAILS_W)
    if flawed:
        difference, total = coefficients(hybrid)
        receiver = replace(receiver, difference=difference, total=total)
    one = torch.full((1, 1, count), intensity, dtype=torch.float64)
    light = (x.clone().view(1, 1, count) for x in (plus, minus, phase))
    found = torch.stack(receiver.detect(*light, one).rms_a, dim=-1).square()[0, 0]
    torch.testing.assert_close(found, expected, rtol=1e-6, atol=0.0)
