"""Passive guides between the active parts.

::

    ──►──[ n_eff(λ), α, L ]──►──     E_out = E_in · 10^(-αL/20) · e^{+iβL},   β = 2π n_eff / λ

A guide shifts the phase by many turns, which only matters as a *difference* between two paths
that meet again; so does its temperature.
"""

from __future__ import annotations

import torch
from torch import Tensor

from devices.light.laser import PAPER
from devices.parameters.part import Part, quantity
from devices.parameters.wavelength import Wavelength
from photonics.checks import check_wavelength_m
from photonics.dispersion import (
    group_delay_s,
    index_curvature_per_m2,
    index_slope_per_m,
    propagation_phase_rad,
    thermal_phase_rad_per_k,
)
from photonics.optics import phasor
from photonics.thermal import SILICON_INDEX_PER_K
from photonics.units import loss_to_amplitude

_STRIP = "500 x 220 nm strip: Chrostowski and Hochberg, Silicon Photonics Design, CUP 2015, ch. 3"


class Waveguide(Part):
    """A straight silicon wire."""

    length_m: float = quantity(1e-3, "length", source="assumption", ge=0)
    loss_db_per_m: float = quantity(
        360.0,
        "propagation loss",
        source="3.6 ± 0.1 dB/cm: Vlasov and McNab, Opt. Express 12, 1622 (2004)",
        ge=0,
    )
    effective_index: float = quantity(
        2.445, "effective index at the reference wavelength", source=_STRIP, gt=1
    )
    group_index: float = quantity(
        4.2, "group index at the reference wavelength", source=_STRIP, gt=1
    )
    dispersion_s_per_m2: float = quantity(
        4.4e-4, "dispersion parameter D; 1 ps/(nm km) is 1e-6 s/m²", source=_STRIP
    )
    thermo_optic_per_k: float = quantity(
        SILICON_INDEX_PER_K,
        "change of the effective index per kelvin, taken as that of silicon",
        source="silicon at 1550 nm: 10.1515/nanoph-2020-0496",
        ge=0,
    )
    reference_m: Wavelength = quantity(
        1550e-9, "wavelength at which the indices hold", source="assumption: C band"
    )

    @property
    def loss_db(self) -> float:
        """Insertion loss in dB."""
        return self.loss_db_per_m * self.length_m

    def index(self, wavelength_m: float) -> float:
        """Effective index, to second order around the reference wavelength."""
        check_wavelength_m(wavelength_m)
        x = wavelength_m - self.reference_m
        slope = index_slope_per_m(self.effective_index, self.group_index, self.reference_m)
        return self.effective_index + (slope + 0.5 * self._curvature_per_m2 * x) * x

    def group_index_at(self, wavelength_m: float) -> float:
        """Group index n - λ dn/dλ at a wavelength."""
        x = wavelength_m - self.reference_m
        slope = index_slope_per_m(self.effective_index, self.group_index, self.reference_m)
        return self.index(wavelength_m) - wavelength_m * (slope + self._curvature_per_m2 * x)

    @property
    def _curvature_per_m2(self) -> float:
        return index_curvature_per_m2(self.dispersion_s_per_m2, self.reference_m)

    def phase_rad(self, wavelength_m: float, warming_k: Tensor | float = 0.0) -> Tensor:
        """Phase of the guide, not reduced to one turn; float64 of the shape of ``warming_k``."""
        warming = torch.as_tensor(warming_k, dtype=torch.float64)
        index = self.index(wavelength_m) + self.thermo_optic_per_k * warming
        return propagation_phase_rad(index, self.length_m, wavelength_m)

    def transfer(self, wavelength_m: float, warming_k: Tensor | float = 0.0) -> Tensor:
        """Field transmission, complex128 of the shape of ``warming_k``."""
        return loss_to_amplitude(self.loss_db) * phasor(self.phase_rad(wavelength_m, warming_k))

    def delay_s(self, wavelength_m: float) -> float:
        """Group delay in s."""
        return group_delay_s(self.group_index_at(wavelength_m), self.length_m)

    def thermal_phase_rad_per_k(self, wavelength_m: float) -> float:
        """Phase in rad per kelvin of the whole guide."""
        return thermal_phase_rad_per_k(self.thermo_optic_per_k, self.length_m, wavelength_m)


class Bend(Part):
    """A 180 degree waveguide bend."""

    loss_db: float = quantity(
        0.01,
        "insertion loss",
        source=f"{PAPER}, Sec. V-B (Bahadori, JLT 2019)",
        ge=0,
        le=100,
    )
