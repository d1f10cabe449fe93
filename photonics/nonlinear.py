"""Where silicon stops being linear: two photons, free carriers, the Kerr effect, heat.

Densities of power loss are in nepers of *power* per metre (1/m): ``dP/dz = -α P``.  Carriers are
taken in their steady state under continuous light, which overstates them for short pulses.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.integrate import solve_ivp

from photonics.checks import check_wavelength_m
from photonics.errors import InputError
from photonics.units import PLANCK_J_S, SPEED_OF_LIGHT_M_PER_S

# Input, over the shift by one half width, at which x (1 + (Δ - x)²) first has a vertical tangent.
BISTABLE_DRIVE = 8.0 / (3.0 * math.sqrt(3.0))


def decibel_to_neper_per_m(loss_db_per_m: float) -> float:
    """Power attenuation α in 1/m of a loss in dB/m."""
    return loss_db_per_m * math.log(10.0) / 10.0


def effective_length_m(loss_per_m: float, length_m: float) -> float:
    """``(1 - e^{-αL}) / α``: length over which undiminished power would do the same."""
    if loss_per_m == 0.0:
        return length_m
    return -math.expm1(-loss_per_m * length_m) / loss_per_m


def two_photon_loss_per_m(power_w: float, beta_m_per_w: float, area_m2: float) -> float:
    """Loss by two-photon absorption: ``β P / A``."""
    return beta_m_per_w * power_w / area_m2


def carrier_density_per_m3(
    power_w: float, beta_m_per_w: float, area_m2: float, lifetime_s: float, wavelength_m: float
) -> float:
    """Electron-hole pairs made by two-photon absorption: ``τ β (P/A)² / (2 h ν)``."""
    check_wavelength_m(wavelength_m)
    photon_j = PLANCK_J_S * SPEED_OF_LIGHT_M_PER_S / wavelength_m
    return lifetime_s * beta_m_per_w * (power_w / area_m2) ** 2 / (2.0 * photon_j)


def kerr_index(power_w: float, kerr_m2_per_w: float, area_m2: float) -> float:
    """Change of refractive index by the light's own intensity: ``n2 P / A``."""
    return kerr_m2_per_w * power_w / area_m2


def guide_output_w(
    power_w: float,
    length_m: float,
    loss_per_m: float,
    two_photon_per_m_w: float,
    carrier_per_m_w2: float = 0.0,
) -> float:
    """Power behind a guide with ``dP/dz = -α P - b P² - c P³``.

    Without carriers (c = 0) this is ``P e^{-αL} / (1 + b P L_eff)``; with them it is integrated.

    Args:
        power_w: power at the input.
        length_m: length of the guide.
        loss_per_m: α, linear loss.
        two_photon_per_m_w: b = β / A.
        carrier_per_m_w2: c, loss by the carriers that the light makes, per squared power.
    """
    if power_w < 0.0:
        raise InputError("power_w", power_w, "must not be negative")
    if power_w == 0.0:
        return 0.0
    if carrier_per_m_w2 == 0.0:
        interaction = two_photon_per_m_w * power_w * effective_length_m(loss_per_m, length_m)
        return power_w * math.exp(-loss_per_m * length_m) / (1.0 + interaction)

    def slope(_: float, log_power: np.ndarray) -> np.ndarray:
        power = np.exp(log_power)
        return np.asarray(
            -loss_per_m - two_photon_per_m_w * power - carrier_per_m_w2 * power * power
        )

    run = solve_ivp(slope, (0.0, length_m), [math.log(power_w)], rtol=1e-10, atol=1e-12)
    return math.exp(float(run.y[0, -1]))


def line_thermal_resistance_km_per_w(
    width_m: float, depth_m: float, conductivity_w_per_mk: float
) -> float:
    """Temperature per heat and length of a wire at a depth below, or above, a plane heat sink.

    ``acosh(2 z / D) / (2π k)``: the conduction shape factor of a long cylinder of diameter D
    whose axis lies at z from an isothermal plane (Incropera and DeWitt, "Fundamentals of Heat
    and Mass Transfer", table of shape factors).  Divided by the length it is in K/W.
    """
    if depth_m <= width_m / 2.0:
        raise InputError("depth_m", depth_m, f"must exceed half the width, {width_m / 2.0:g} m")
    return math.acosh(2.0 * depth_m / width_m) / (2.0 * math.pi * conductivity_w_per_mk)


def resonance_shifts(drive: float, detuning: float) -> list[float]:
    """Steady shifts of a resonance that moves with the power inside it, in half widths.

    The real roots x of ``x (1 + (Δ - x)²) = drive``, ascending: one, or three where the ring is
    bistable (the middle one is unstable).

    Args:
        drive: shift that the full on-resonance build-up would make.
        detuning: Δ, how far the light lies from the cold resonance, towards the shift.
    """
    roots = np.roots([1.0, -2.0 * detuning, 1.0 + detuning * detuning, -drive])
    real = roots[np.abs(roots.imag) < 1e-9 * np.maximum(1.0, np.abs(roots))].real
    return sorted(float(x) for x in real)
