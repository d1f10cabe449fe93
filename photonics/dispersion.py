"""Phase, delay and temperature of light in a guide.

Around a reference wavelength λ0 the effective index is ``n(λ) = n0 + n' x + n'' x²/2`` with
x = λ - λ0.  Its slope and curvature follow from the group index ``n_g = n - λ n'`` and from the
dispersion parameter ``D = -(λ/c) n''``.
"""

from __future__ import annotations

import math
from typing import TypeVar

from torch import Tensor

from photonics.checks import check_wavelength_m
from photonics.units import SPEED_OF_LIGHT_M_PER_S

T = TypeVar("T", float, Tensor)


def index_slope_per_m(index: float, group_index: float, reference_m: float) -> float:
    """``dn/dλ`` at the reference wavelength: (n0 - n_g) / λ0."""
    return (index - group_index) / reference_m


def index_curvature_per_m2(dispersion_s_per_m2: float, reference_m: float) -> float:
    """``d²n/dλ²``: -c D / λ0.  A D of 1 ps/(nm km) is 1e-6 s/m²."""
    return -SPEED_OF_LIGHT_M_PER_S * dispersion_s_per_m2 / reference_m


def propagation_phase_rad(effective_index: T, length_m: float, wavelength_m: float) -> T:
    """Phase ``2π n L / λ``, not reduced to one turn."""
    check_wavelength_m(wavelength_m)
    return effective_index * (2.0 * math.pi * length_m / wavelength_m)


def group_delay_s(group_index: float, length_m: float) -> float:
    """Delay ``n_g L / c`` of the envelope; of a path *difference*, the mismatch of two arms."""
    return group_index * length_m / SPEED_OF_LIGHT_M_PER_S


def thermal_phase_rad_per_k(
    thermo_optic_per_k: float, length_m: float, wavelength_m: float
) -> float:
    """Phase per kelvin: ``(2π/λ) (dn/dT) L``.  Only differences between paths matter."""
    check_wavelength_m(wavelength_m)
    return 2.0 * math.pi / wavelength_m * thermo_optic_per_k * length_m
