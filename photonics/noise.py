"""Noise densities turned into variances.

All densities are one-sided (frequencies from zero up), and a bandwidth is always the *noise*
bandwidth: variance = density x bandwidth, whatever the sampling rate.  Nothing is drawn here.
"""

from __future__ import annotations

import math
from typing import TypeVar

from scipy.special import sici
from torch import Tensor

from photonics.checks import check_wavelength_m
from photonics.errors import InputError
from photonics.units import (
    BOLTZMANN_J_PER_K,
    ELEMENTARY_CHARGE_C,
    PLANCK_J_S,
    ROOM_TEMPERATURE_K,
    SPEED_OF_LIGHT_M_PER_S,
    db_to_power,
)

T = TypeVar("T", float, Tensor)


def shot_variance_a2(current_a: T, bandwidth_hz: float) -> T:
    """Variance in A² of the shot noise of a mean current: 2 q I B (Schottky 1918)."""
    return current_a * (2.0 * ELEMENTARY_CHARGE_C * bandwidth_hz)


def thermal_density_a2_per_hz(
    resistance_ohm: float, temperature_k: float = ROOM_TEMPERATURE_K
) -> float:
    """Density in A²/Hz of the thermal current noise of a resistor: 4 k T / R (Nyquist 1928)."""
    return 4.0 * BOLTZMANN_J_PER_K * temperature_k / resistance_ohm


def relative_intensity_variance(rin_db_per_hz: float, bandwidth_hz: float) -> float:
    """Variance of the relative power fluctuation of a laser; its *root* is the rms fluctuation."""
    return db_to_power(rin_db_per_hz) * bandwidth_hz


def shot_floor_per_hz(
    power_w: float, wavelength_m: float, quantum_efficiency: float = 1.0
) -> float:
    """Relative intensity noise in 1/Hz that detected light has at the least: 2 h ν / (η P).

    It is the shot noise ``2 q I`` of the photocurrent ``I = η q P / (h ν)``, over I².
    """
    check_wavelength_m(wavelength_m)
    if not power_w > 0.0:
        raise InputError("power_w", power_w, "must be positive")
    photon_j = PLANCK_J_S * SPEED_OF_LIGHT_M_PER_S / wavelength_m
    return 2.0 * photon_j / (quantum_efficiency * power_w)


def interferometer_phase_variance(
    linewidth_hz: float, delay_s: float, bandwidth_hz: float = math.inf
) -> float:
    """Variance in rad² of the phase between two arms that differ by a delay.

    A Lorentzian line of full width Δν has frequency noise Δν/π; integrating its phase noise
    through the interferometer's ``4 sin²(π f τ)`` up to a brick wall B gives
    ``4 Δν τ [Si(2πBτ) - sin²(πBτ)/(πBτ)]``, which tends to ``2π Δν τ`` for wide B and to
    ``4π Δν τ² B`` for narrow B.
    """
    delay_s = abs(delay_s)
    if delay_s == 0.0 or linewidth_hz == 0.0:
        return 0.0
    if math.isinf(bandwidth_hz):
        return 2.0 * math.pi * linewidth_hz * delay_s
    turn = math.pi * bandwidth_hz * delay_s
    sine_integral, _ = sici(2.0 * turn)
    return 4.0 * linewidth_hz * delay_s * (float(sine_integral) - math.sin(turn) ** 2 / turn)
