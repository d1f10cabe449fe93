"""Free carriers in silicon: the index they take away, the light they absorb.

Carrier densities are in cm⁻³, the unit of the published fits; everything that comes out is SI.
"""

from __future__ import annotations

import math
from typing import TypeVar

import torch
from torch import Tensor

from photonics.checks import check_wavelength_m
from photonics.units import BOLTZMANN_J_PER_K, ELEMENTARY_CHARGE_C, ROOM_TEMPERATURE_K

T = TypeVar("T", float, Tensor)

# R. A. Soref and B. R. Bennett, "Electrooptical effects in silicon", IEEE J. Quantum Electron.
# 23, 123 (1987), doi 10.1109/JQE.1987.1073206: fits at 1550 nm, 1e17 to 1e20 cm⁻³.
ELECTRON_INDEX_CM3 = 8.8e-22
HOLE_INDEX_CM3 = 8.5e-18
HOLE_INDEX_EXPONENT = 0.8
ELECTRON_ABSORPTION_CM2 = 8.5e-18
HOLE_ABSORPTION_CM2 = 6.0e-18

SILICON_INTRINSIC_PER_CM3 = 9.65e9
"""Intrinsic density of silicon at 300 K (Altermatt et al., J. Appl. Phys. 93, 1598, 2003)."""
SILICON_PERMITTIVITY_F_PER_M = 11.7 * 8.8541878128e-12
"""Static permittivity of silicon (Sze and Ng, "Physics of Semiconductor Devices", app. G)."""

_NEWTON_STEPS = 12
_PER_M_IN_PER_CM = 100.0
_PER_M3_IN_PER_CM3 = 1e6
_DB_PER_NEPER_OF_POWER = 10.0 / math.log(10.0)


def carrier_index_change(electrons_per_cm3: T, holes_per_cm3: T) -> T:
    """Change of the refractive index at 1550 nm, ``-8.8e-22 ΔN - 8.5e-18 ΔP^0.8``.

    Args:
        electrons_per_cm3: density of added electrons, ≥ 0.
        holes_per_cm3: density of added holes, ≥ 0.

    Source: Soref and Bennett 1987.
    """
    holes: T = HOLE_INDEX_CM3 * holes_per_cm3**HOLE_INDEX_EXPONENT
    return -ELECTRON_INDEX_CM3 * electrons_per_cm3 - holes


def pairs_for_index_change(index_change: Tensor) -> Tensor:
    """Density in cm⁻³ of electron-hole pairs (ΔN = ΔP) that lowers the index by a given amount.

    With u = ΔN^0.2 the law is ``a u⁵ + b u⁴ = |Δn|``, rising and convex, so that Newton's method
    started above the root falls onto it.

    Args:
        index_change: change of index, ≤ 0, any shape.

    Returns:
        float64 of the same shape; the exact inverse of ``carrier_index_change(x, x)``.
    """
    drop = index_change.to(torch.float64).abs().clamp_min(torch.finfo(torch.float64).tiny)
    a, b = ELECTRON_INDEX_CM3, HOLE_INDEX_CM3
    root = torch.minimum((drop / a) ** 0.2, (drop / b) ** 0.25)
    for _ in range(_NEWTON_STEPS):
        excess = (a * root + b) * root**4 - drop
        root = root - excess / ((5.0 * a * root + 4.0 * b) * root**3)
    return torch.where(index_change == 0.0, 0.0, root**5)


def carrier_absorption_per_m(electrons_per_cm3: T, holes_per_cm3: T) -> T:
    """Change of the *power* absorption coefficient in 1/m, ``8.5e-18 ΔN + 6.0e-18 ΔP`` 1/cm.

    Source: Soref and Bennett 1987.
    """
    per_cm = ELECTRON_ABSORPTION_CM2 * electrons_per_cm3 + HOLE_ABSORPTION_CM2 * holes_per_cm3
    return per_cm * _PER_M_IN_PER_CM


def absorption_to_db_per_m(absorption_per_m: T) -> T:
    """Loss in dB/m of a power absorption coefficient in 1/m: 4.343 dB per neper of power."""
    return absorption_per_m * _DB_PER_NEPER_OF_POWER


def index_phase_rad(index_change: T, length_m: float, wavelength_m: float) -> T:
    """Phase in rad that a change of effective index adds over a length: 2π Δn L / λ."""
    check_wavelength_m(wavelength_m)
    return index_change * (2.0 * math.pi * length_m / wavelength_m)


def junction_potential_v(donors_per_cm3: float, acceptors_per_cm3: float) -> float:
    """Built-in potential in V of a silicon junction at 300 K: (kT/q) ln(N_A N_D / n_i²)."""
    thermal_v = BOLTZMANN_J_PER_K * ROOM_TEMPERATURE_K / ELEMENTARY_CHARGE_C
    density = SILICON_INTRINSIC_PER_CM3**2
    return thermal_v * math.log(donors_per_cm3 * acceptors_per_cm3 / density)


def forward_voltage_v(pairs_per_cm3: Tensor) -> Tensor:
    """Voltage in V of a p-i-n diode at 300 K whose core holds pairs: 2 (kT/q) ln(N / n_i).

    Of both junctions, without its resistance; 0 V for fewer pairs than there are by themselves.
    """
    thermal_v = BOLTZMANN_J_PER_K * ROOM_TEMPERATURE_K / ELEMENTARY_CHARGE_C
    least = pairs_per_cm3.clamp(min=SILICON_INTRINSIC_PER_CM3)
    return 2.0 * thermal_v * (least / SILICON_INTRINSIC_PER_CM3).log()


def depletion_width_m(junction_v: T, donors_per_cm3: float, acceptors_per_cm3: float) -> T:
    """Width in m of the depleted zone of an abrupt junction: √(2 ε V (1/N_A + 1/N_D) / q).

    Args:
        junction_v: built-in potential plus reverse bias, V.
        donors_per_cm3: doping of the n side.
        acceptors_per_cm3: doping of the p side.

    Source: Sze and Ng, "Physics of Semiconductor Devices", ch. 2 (depletion approximation).
    """
    inverse_m3 = (1.0 / donors_per_cm3 + 1.0 / acceptors_per_cm3) / _PER_M3_IN_PER_CM3
    scale = 2.0 * SILICON_PERMITTIVITY_F_PER_M * inverse_m3 / ELEMENTARY_CHARGE_C
    width_m: T = (junction_v * scale) ** 0.5
    return width_m


def modulated_loss_db(phase_rad: Tensor, loss_db: float, loss_db_per_pi: float) -> Tensor:
    """Loss in dB of a shifter whose amplitude follows its phase: ``IL0 + RAM φ/π``.

    Args:
        phase_rad: phase, rad; the loss depends on its size, not on its sign.
        loss_db: insertion loss of the undriven shifter.
        loss_db_per_pi: residual amplitude modulation, further loss for a phase of π.
    """
    return loss_db + loss_db_per_pi / math.pi * phase_rad.abs()


def shifted_field(phase_rad: Tensor, loss_db: Tensor) -> Tensor:
    """Complex field transmission ``10^(-loss/20) exp(+iφ)``, complex128."""
    amplitude = torch.pow(10.0, -loss_db.to(torch.float64) / 20.0)
    return torch.polar(amplitude, phase_rad.to(torch.float64))
