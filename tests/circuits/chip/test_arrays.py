"""The arrays of a modulus as light meets them: drift is applied to rings and rails."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch

from circuits import ModularDotProduct, RowPosition, fabricate
from circuits.chip.drift import at_temperatures, guide_rad_per_k
from circuits.coding.digit_code import DigitCode
from photonics.random import NoiseKey
from tests.circuits.designs import SHAPE, STILL_RING, beat_rad, ideal_but


@pytest.mark.parametrize("rail_k", [1e-3, -2e-3])
def test_a_warmer_rail_turns_by_its_guide_and_its_coupled_rings(rail_k: float) -> None:
    ring = STILL_RING
    chip = fabricate(ideal_but(switch=ring, bypass_phase_rad=math.pi / 2), (31,), SHAPE, 0)
    zero = torch.zeros(2, 3, dtype=torch.float64)
    drift = at_temperatures(chip, 31, zero, zero + rail_k)
    warm = replace(chip, drifts={31: drift})
    w = torch.zeros(4, dtype=torch.int64)
    x = torch.tensor([0, 31 - 1, 5, 16])
    before, after = (beat_rad(ModularDotProduct(31, 4, chip=c).fields(x, w)) for c in (chip, warm))
    ones = int(DigitCode(31).digits(x).sum())
    coupled, passed = 2 * (20 - ones), 2 * ones
    per_m = coupled * ring.drop_slope_rad_per_m(0.0, 1550e-9)
    per_m += passed * ring.through_slope_rad_per_m(ring.detuning_m, 1550e-9)
    shift_m = ring.drift_m_per_k * rail_k
    expected = per_m * shift_m + guide_rad_per_k(chip.design, 31, 4) * rail_k
    # The path that leaks interferes: it changes the slopes by its share, a few percent.
    assert float(after - before) == pytest.approx(expected, rel=0.05)
    assert abs(expected) > 1e-3


def test_what_the_pilots_have_tracked_is_taken_off() -> None:
    """Of a row at once, and of each digit by itself where its bit lets the light pass it."""
    chip, key = fabricate(ideal_but(), (31,), SHAPE, 0), NoiseKey.from_seed(9)
    zero = torch.zeros(2, 3, dtype=torch.float64)
    drift = replace(
        at_temperatures(chip, 31, zero, zero),
        rail_rad=0.3 * key.fold("rail").normal(0, 6).view(2, 3),
        tracked_rad=0.3 * key.fold("row").normal(0, 6).view(2, 3),
        tracked_digit_rad=0.1 * key.fold("digits").normal(0, 120).view(2, 3, 4, 5),
    )
    warm = replace(chip, drifts={31: drift})
    x, w = torch.tensor([0, 30, 5, 16]), torch.zeros(4, dtype=torch.int64)
    bits = DigitCode(31).digits(x)
    for unit, row in ((0, 1), (1, 2)):
        before, after = (
            beat_rad(ModularDotProduct(31, 4, chip=c, position=RowPosition(unit, row)).fields(x, w))
            for c in (chip, warm)
        )
        digits_rad = float((bits * drift.tracked_digit_rad[unit, row]).sum())
        expected = float((drift.rail_rad - drift.tracked_rad)[unit, row]) - digits_rad
        # Each of 20 digits leaks 1e-6 of its field at most into the path that it does not take.
        assert float(after - before) == pytest.approx(expected, abs=20e-6)
        assert abs(digits_rad) > 1e-2
