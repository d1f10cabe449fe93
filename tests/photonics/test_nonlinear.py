"""Nonlinear silicon against closed forms."""

import math

import pytest

from photonics.errors import InputError
from photonics.nonlinear import (
    BISTABLE_DRIVE,
    carrier_density_per_m3,
    decibel_to_neper_per_m,
    effective_length_m,
    guide_output_w,
    line_thermal_resistance_km_per_w,
    resonance_shifts,
    two_photon_loss_per_m,
)


def test_linear_guide():
    alpha = decibel_to_neper_per_m(300.0)
    assert guide_output_w(1e-3, 0.01, alpha, 0.0) == pytest.approx(
        1e-3 * 10**-0.3, rel=1e-12, abs=0.0
    )
    assert effective_length_m(alpha, 0.01) == pytest.approx(
        (1 - 10**-0.3) / alpha, rel=1e-12, abs=0.0
    )
    assert effective_length_m(0.0, 0.01) == 0.01


def test_two_photons_alone():
    # dP/dz = -bP²: 1/P grows by b per metre.
    assert guide_output_w(0.5, 0.02, 0.0, 80.0) == pytest.approx(
        1 / (2.0 + 1.6), rel=1e-12, abs=0.0
    )


def test_carriers_alone():
    # dP/dz = -cP³: 1/P² grows by 2c per metre.
    out = guide_output_w(0.5, 0.02, 0.0, 0.0, carrier_per_m_w2=500.0)
    assert out == pytest.approx(1 / math.sqrt(4.0 + 20.0), rel=1e-8, abs=0.0)


def test_integration_meets_the_closed_form_when_carriers_vanish():
    closed = guide_output_w(0.2, 0.01, 70.0, 79.0)
    assert guide_output_w(0.2, 0.01, 70.0, 79.0, 1e-12) == pytest.approx(closed, rel=1e-8, abs=0.0)


def test_carriers_are_half_the_absorbed_photons_times_their_lifetime():
    power, area, beta, wavelength = 0.1, 1e-13, 7.9e-12, 1550e-9
    absorbed_per_m3 = two_photon_loss_per_m(power, beta, area) * power / area
    photons = absorbed_per_m3 / (6.62607015e-34 * 299792458.0 / wavelength)
    density = carrier_density_per_m3(power, beta, area, 1e-9, wavelength)
    assert density == pytest.approx(photons / 2 * 1e-9, rel=1e-12, abs=0.0)


def test_thermal_resistance_of_a_thin_wire():
    # acosh(x) tends to ln(2x): a wire of 0.1 µm, 10 µm away.
    found = line_thermal_resistance_km_per_w(1e-7, 1e-5, 1.4)
    assert found == pytest.approx(
        math.log(4 * 1e-5 / 1e-7) / (2 * math.pi * 1.4), rel=1e-4, abs=0.0
    )
    with pytest.raises(InputError, match="depth_m"):
        line_thermal_resistance_km_per_w(1e-6, 0.4e-6, 1.4)


def test_bistability_begins_at_its_threshold():
    # At Δ = √3 the curve has a vertical tangent: below it one solution for any detuning, above
    # it three for some.
    def most(drive: float) -> int:
        return max(len(resonance_shifts(drive, 1.5 + 0.001 * i)) for i in range(500))

    assert most(0.99 * BISTABLE_DRIVE) == 1
    assert most(1.02 * BISTABLE_DRIVE) == 3


def test_shift_on_resonance_solves_its_equation():
    for drive, detuning in [(0.3, 0.0), (2.0, -1.0), (4.0, 3.0)]:
        for x in resonance_shifts(drive, detuning):
            assert x * (1 + (detuning - x) ** 2) == pytest.approx(drive, rel=1e-9, abs=0.0)
