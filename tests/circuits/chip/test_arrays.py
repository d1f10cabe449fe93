"""The arrays of a modulus as light meets them: drift is applied to rings and rails."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch

from circuits import ArrayShape, ModularDotProduct, fabricate
from circuits.chip.drift import at_temperatures, guide_rad_per_k
from circuits.coding.digit_code import DigitCode
from circuits.design.circuit import Design, ideal_design

SHAPE = ArrayShape(units=2, rows=3, length=4)


def design(**multiplier: object) -> Design:
    """The ideal limit but for what is given of the multiplier."""
    ideal = ideal_design()
    return ideal.model_copy(update={"multiplier": ideal.multiplier.model_copy(update=multiplier)})


def beat_rad(fields: torch.Tensor) -> torch.Tensor:
    return (fields[..., 0] * fields[..., 1].conj()).angle()


@pytest.mark.parametrize("rail_k", [1e-3, -2e-3])
def test_a_warmer_rail_turns_by_its_guide_and_its_coupled_rings(rail_k: float) -> None:
    ring = Design().multiplier.ring
    chip = fabricate(design(ring=ring, bypass_phase_rad=math.pi / 2), (31,), SHAPE, 0)
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
