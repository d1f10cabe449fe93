"""Free carriers against the published fits, worked by hand."""

from __future__ import annotations

import math

import pytest
import torch

from photonics.carriers import (
    absorption_to_db_per_m,
    carrier_absorption_per_m,
    carrier_index_change,
    depletion_width_m,
    index_phase_rad,
    junction_potential_v,
    modulated_loss_db,
    pairs_for_index_change,
    shifted_field,
)
from tests.constants import WAVELENGTH_M


def test_worked_values_at_1e18() -> None:
    """-3.015e-3, 14.5 /cm = 63 dB/cm, 257 µm and 1.62 dB for π at 1e18/1e18."""
    index = carrier_index_change(1e18, 1e18)
    loss_db_per_m = absorption_to_db_per_m(carrier_absorption_per_m(1e18, 1e18))
    length_m = WAVELENGTH_M / (2.0 * abs(index))
    assert index == pytest.approx(-3.015e-3, rel=2e-4)
    assert carrier_absorption_per_m(1e18, 1e18) == pytest.approx(1450.0, rel=1e-12)
    assert loss_db_per_m == pytest.approx(6300.0, rel=1e-3)
    assert length_m == pytest.approx(257e-6, rel=1e-3)
    assert loss_db_per_m * length_m == pytest.approx(1.62, abs=0.005)
    assert index_phase_rad(index, length_m, WAVELENGTH_M) == pytest.approx(-math.pi, rel=1e-12)


@pytest.mark.parametrize("density", [1e17, 1e18, 1e19])
def test_agrees_with_the_later_fit(density: float) -> None:
    """Nedeljkovic et al. (IEEE Photonics J. 3, 1171, 2011) refitted the same data at 1550 nm.

    Its exponents differ, so the two agree to some tens of percent, no better.
    """
    index = -5.4e-22 * density**1.011 - 1.53e-18 * density**0.838
    absorption = 100.0 * (8.88e-21 * density**1.167 + 5.84e-20 * density**1.109)
    assert carrier_index_change(density, density) == pytest.approx(index, rel=0.25)
    assert carrier_absorption_per_m(density, density) == pytest.approx(absorption, rel=0.5)
    if density == 1e18:
        assert carrier_absorption_per_m(density, density) == pytest.approx(absorption, rel=0.02)


def test_pairs_invert_the_index() -> None:
    pairs = torch.cat([torch.zeros(1, dtype=torch.float64), torch.logspace(10, 21, 200).double()])
    found = pairs_for_index_change(carrier_index_change(pairs, pairs))
    assert torch.allclose(found, pairs, rtol=1e-12, atol=0.0)


def test_junction_in_the_depletion_approximation() -> None:
    """1e18 on both sides at 300 K by hand: (kT/q) = 25.852 mV, ln(1e36/9.65e9²) = 36.912."""
    potential_v = junction_potential_v(1e18, 1e18)
    assert potential_v == pytest.approx(0.025852 * 36.912, rel=1e-4)
    width_m = depletion_width_m(potential_v, 1e18, 1e18)
    assert width_m == pytest.approx(49.7e-9, rel=2e-3)
    assert depletion_width_m(4.0 * potential_v, 1e18, 1e18) == pytest.approx(2.0 * width_m)
    one_sided = depletion_width_m(potential_v, 1e18, 1e30)
    assert one_sided == pytest.approx(width_m / math.sqrt(2.0), rel=1e-9)


def test_residual_amplitude_modulation() -> None:
    """``10^(-(IL0 + RAM φ/π)/20)``: 1 dB + 0.5 dB per π at ±2π is 2 dB of power."""
    phase = torch.tensor([0.0, 2.0 * math.pi, -2.0 * math.pi])
    field = shifted_field(phase, modulated_loss_db(phase, 1.0, 0.5))
    power = (field.real.square() + field.imag.square()).tolist()
    assert power == pytest.approx([10**-0.1, 10**-0.2, 10**-0.2], rel=1e-6)
    quarter = shifted_field(torch.tensor(math.pi / 2), torch.tensor(0.0))
    assert quarter.imag.item() == pytest.approx(1.0, abs=1e-12)
