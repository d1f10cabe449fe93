"""Drift: how far a kelvin turns the light, from constants of nature, and how it is drawn."""

from __future__ import annotations

import math

import pytest
import torch

from circuits import ArrayShape, drifted, fabricate
from circuits.chip.drift import at_temperatures, guide_lengths_m, guide_rad_per_k
from circuits.design.calibration import Drift
from circuits.design.circuit import Design
from photonics.random import NoiseKey
from tests.circuits.designs import SHAPE, STILL_RING, ideal_but
from tests.constants import WAVELENGTH_M
from tests.tolerance import assert_uncorrelated, assert_variance

# dn/dT of silicon at 1550 nm and 300 K; Komma et al., Appl. Phys. Lett. 101, 041905 (2012),
# found 1.8e-4, others up to 1.9e-4.
SILICON_PER_K = 1.86e-4


def guide_by_hand_m(modulus: int, digits: int, length: int) -> float:
    """Sections for half of the phase of the largest drive at 1.08 V and 0.002 V cm, and rings."""
    half_turn_m = 2e-5 / 1.08
    one_level_m = half_turn_m * (0.5 * 2.0 / modulus * (modulus // 2))
    return length * (((1 << digits) - 1) * one_level_m + digits * 2 * 20e-6)


@pytest.mark.parametrize(("modulus", "digits"), [(31, 5), (32, 5), (33, 6)])
def test_a_guide_turns_by_its_thermo_optic_phase(modulus: int, digits: int) -> None:
    guide_m = guide_by_hand_m(modulus, digits, 16)
    assert sum(guide_lengths_m(Design(), modulus, 16)) == pytest.approx(guide_m, rel=1e-12)
    per_k = 2.0 * math.pi / WAVELENGTH_M * SILICON_PER_K * guide_m
    assert guide_rad_per_k(Design(), modulus, 16) == pytest.approx(per_k, rel=1e-12)


def test_rails_of_interferometers_turn_by_the_index_of_their_arms() -> None:
    """Sections of silicon; arms of lithium niobate of a quarter of 2.5 V cm over 5 V, 4e-5 /K."""
    design = Design().changed({"multiplier.switch.kind": "mzi"})
    sections_m = guide_by_hand_m(31, 5, 16) - 16 * 5 * 2 * 20e-6
    arm_m = 2.5e-2 / 10.0
    by_hand = SILICON_PER_K * sections_m + 4e-5 * 16 * 5 * 2 * (2 * 50e-6 + arm_m)
    by_hand *= 2.0 * math.pi / WAVELENGTH_M
    assert guide_rad_per_k(design, 31, 16) == pytest.approx(by_hand, rel=1e-12)
    chip = fabricate(design.changed({"calibration.policy": "none"}), (31,), SHAPE, 0)
    none_k, one_k = torch.zeros(2, 3).double(), torch.ones(2, 3).double()
    drift = at_temperatures(chip, 31, none_k, one_k)
    # A hundredth of a kelvin lies between the arms of each, half of it to either side.
    apart_rad = 0.01 * 2.0 * math.pi / WAVELENGTH_M * 4e-5 * arm_m
    expected = apart_rad * torch.tensor([0.5, -0.5], dtype=torch.float64).expand(2, 3, 2)
    torch.testing.assert_close(drift.switch_offset, expected, rtol=1e-12, atol=0)


def test_a_resonance_moves_as_the_index_of_silicon_does() -> None:
    # The resonance stays where n L is a whole number of wavelengths: dλ/dT = λ (dn/dT) / n_g.
    # The guide's own share of silicon and the cladding make it 70 to 80 pm/K in experiments.
    ring = Design().multiplier.switch
    bare_m = WAVELENGTH_M * SILICON_PER_K / ring.group_index
    assert bare_m == pytest.approx(68.6e-12, rel=1e-3)
    assert 1.0 < ring.drift_m_per_k / bare_m < 1.2


def test_temperatures_move_rings_and_rails_by_their_size() -> None:
    chip = fabricate(Design(), (31,), SHAPE, 0)
    common_k = torch.linspace(-0.5, 0.7, 6, dtype=torch.float64).view(2, 3)
    rail_k = torch.linspace(2e-3, -3e-3, 6, dtype=torch.float64).view(2, 3)
    drift = at_temperatures(chip, 31, common_k, rail_k)
    rails_k = torch.stack((common_k + rail_k / 2.0, common_k - rail_k / 2.0), dim=-1)
    torch.testing.assert_close(drift.switch_offset, 75e-12 * rails_k, rtol=1e-12, atol=0)
    per_k = 2.0 * math.pi / WAVELENGTH_M * SILICON_PER_K * guide_by_hand_m(31, 5, 4)
    torch.testing.assert_close(drift.rail_rad, per_k * rail_k, rtol=1e-12, atol=0)
    assert not bool(drift.tracked_rad.any() | drift.tracked_digit_rad.any())


def test_drift_is_drawn_to_the_kelvin() -> None:
    """Rms of temperatures worked back from resonances and phases, at 75 pm/K and by hand."""
    common_k, rail_k = 0.1, 1e-3
    warm = Design(drift=Drift(common_rms_k=common_k, rail_rms_k=rail_k))
    chip = fabricate(warm, (31,), ArrayShape(units=20, rows=50, length=1), 4)
    per_k = 2.0 * math.pi / WAVELENGTH_M * SILICON_PER_K * guide_by_hand_m(31, 5, 1)
    drift = drifted(chip).drifts[31]
    apart_k = (drift.switch_offset[..., 0] - drift.switch_offset[..., 1]) / 75e-12
    assert_variance(apart_k, rail_k**2)
    torch.testing.assert_close(drift.rail_rad / per_k, apart_k, rtol=1e-9, atol=1e-12)
    small = fabricate(warm, (31,), ArrayShape(1, 1, 1), 4)
    dies_k = [
        float(drifted(small, NoiseKey.from_seed(i)).drifts[31].switch_offset.mean()) / 75e-12
        for i in range(300)
    ]
    assert_variance(dies_k, common_k**2)


def test_drift_is_drawn_by_its_spreads_and_keeps_the_trims() -> None:
    warm = ideal_but(switch=STILL_RING).model_copy(
        update={"drift": Drift(common_rms_k=0.1, rail_rms_k=1e-3)}
    )
    many = ArrayShape(units=20, rows=50, length=2)
    chip = fabricate(warm, (31, 33), many, 4)
    found = drifted(chip)
    per_k = guide_rad_per_k(warm, 31, 2)
    assert_variance(found.drifts[31].rail_rad, (per_k * 1e-3) ** 2)
    offset_m = found.drifts[31].switch_offset
    mean_m = offset_m.mean(-1)
    # One temperature of the die, the same for all arrays.
    torch.testing.assert_close(mean_m, mean_m[0, 0].expand_as(mean_m))
    torch.testing.assert_close(mean_m[0, 0], found.drifts[33].switch_offset[0, 0].mean())
    assert torch.equal(drifted(chip).drifts[33].rail_rad, found.drifts[33].rail_rad)
    assert drifted(fabricate(ideal_but(), (31,), SHAPE, 0)).drifts == {}
    other = drifted(chip, NoiseKey.from_seed(1))
    assert not torch.equal(other.drifts[31].rail_rad, found.drifts[31].rail_rad)


def test_rows_of_every_modulus_and_place_warm_by_themselves() -> None:
    warm = Design(drift=Drift(common_rms_k=0.1, rail_rms_k=1e-3))
    chip = fabricate(warm, (31, 33), ArrayShape(units=20, rows=50, length=1), 4)
    first, second = (drifted(chip).drifts[m].rail_rad for m in (31, 33))
    assert_uncorrelated(first, second)
    assert_uncorrelated(first[:, 1:], first[:, :-1])
    assert_uncorrelated(first[1:], first[:-1])
