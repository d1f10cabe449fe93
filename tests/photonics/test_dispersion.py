"""Dispersion identities, by differentiation."""

import math

import pytest

from photonics.dispersion import (
    group_delay_s,
    index_curvature_per_m2,
    index_slope_per_m,
    propagation_phase_rad,
    thermal_phase_rad_per_k,
)


def test_group_index_is_n_minus_wavelength_times_slope():
    slope = index_slope_per_m(2.445, 4.2, 1550e-9)
    assert 2.445 - 1550e-9 * slope == pytest.approx(4.2, rel=1e-14, abs=0.0)


def test_dispersion_parameter_is_the_derivative_of_the_delay():
    # D = d(n_g/c)/dλ, with n_g(λ) = n - λ n' and n quadratic: dn_g/dλ = -λ n''.
    curvature = index_curvature_per_m2(4.4e-4, 1550e-9)
    assert -1550e-9 * curvature / 299792458.0 == pytest.approx(4.4e-4, rel=1e-14, abs=0.0)


def test_mismatch_of_one_millimetre():
    # 4.2 mm / c: 14.010 ps.
    assert group_delay_s(4.2, 1e-3) == pytest.approx(14.010e-12, rel=1e-4, abs=0.0)


def test_thermal_phase_of_silicon():
    # 0.754 rad/K/mm.
    assert thermal_phase_rad_per_k(1.86e-4, 1e-3, 1550e-9) == pytest.approx(0.754, abs=5e-4)


def test_one_wavelength_in_the_guide_is_one_turn():
    assert propagation_phase_rad(2.5, 1550e-9 / 2.5, 1550e-9) == pytest.approx(2 * math.pi)
