"""Constants of nature, and the light that everything is tested in."""

from __future__ import annotations

CHARGE_C = 1.602176634e-19
BOLTZMANN_J_PER_K = 1.380649e-23
WAVELENGTH_M = 1550e-9
