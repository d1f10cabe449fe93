"""Static phase of digits against the exact mean of the light over every drive."""

from __future__ import annotations

import math

import pytest
import torch

from circuits import ArrayShape, Design, fabricate
from circuits.control.static_phase import StaticPhase
from circuits.design.multiplier import MultiplierDesign
from photonics.optics import phasor


def turned_rad(field: torch.Tensor, about_rad: torch.Tensor) -> torch.Tensor:
    """Phase of fields within half a turn of another."""
    apart = (field * phasor(-about_rad)).angle()
    return about_rad + apart


@pytest.mark.parametrize("polarity", ["zero-coupled", "one-coupled"])
@pytest.mark.parametrize("rails", ["dual", "single"])
@pytest.mark.parametrize("bit", [0, 1])
@pytest.mark.parametrize("modulus", [31, 32])
def test_static_phase_is_the_mean_over_all_drives(
    polarity: str, rails: str, bit: int, modulus: int
) -> None:
    multiplier = MultiplierDesign(
        polarity=polarity,  # type: ignore[arg-type]
        rails=rails,  # type: ignore[arg-type]
        coherence_length_m=0.0166,
        index_rms=0.0,
        bypass_phase_rad=0.7,
        drive_gain_rms=0.0,
        drive="per-digit",
    )
    chip = fabricate(Design(multiplier=multiplier), (modulus,), ArrayShape(1, 2, 3), 3)
    arrays, half = chip.arrays(modulus), modulus // 2
    optics, statics = arrays.optics, arrays.statics
    found = StaticPhase.of(arrays)[bit]
    total = torch.zeros(1, 2, 3, 5, dtype=torch.float64)
    for w in range(-half, modulus - half):
        level = torch.full((1, 2, 3), w)
        field = optics.transfer(bit, statics, optics.paths(level, statics))
        # What the drive turns the intended path by, weight·w modulo m on each rail's share.
        asked = (torch.tensor(optics.code.weights) * w + half) % modulus - half
        shares = torch.tensor(multiplier.rail_shares, dtype=torch.float64)
        drive_rad = asked.double()[:, None] * shares * (bit * 2 * math.pi / modulus)
        each = turned_rad(field * phasor(-drive_rad), found.path_rad * found.used)
        total += each[..., 0] - each[..., 1]
    largest = float(found.leak.abs().max())
    # Orders of the leak beyond the fourth are left out, on both rails.
    allowed = 2 * largest**5 / (1 - largest) + 1e-12
    assert 5e-4 < largest < 0.5
    torch.testing.assert_close(found.rad(), total / modulus, rtol=0, atol=allowed)
