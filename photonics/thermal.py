"""Heat and phase: what a kelvin does to light, and how far a heater's heat reaches."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from photonics.dispersion import thermal_phase_rad_per_k

SILICON_INDEX_PER_K = 1.86e-4
"""dn/dT of silicon at 1550 nm, as cited in 10.1515/nanoph-2020-0496 (2020)."""


def temperature_rise_k(
    phase_rad: Tensor | float, length_m: float, wavelength_m: float, thermo_optic_per_k: float
) -> Tensor:
    """Temperature rise in K that shifts the phase: λ φ / (2π dn/dT L); shape of ``phase_rad``."""
    phase = torch.as_tensor(phase_rad, dtype=torch.float64)
    return phase / thermal_phase_rad_per_k(thermo_optic_per_k, length_m, wavelength_m)


def exponential_coupling(
    distance_m: Tensor, nearest_coupling: float, nearest_distance_m: float, decay_length_m: float
) -> Tensor:
    """Phase of a shifter per phase of a heater a distance away, ``κ1 exp(-(d - d1)/Λ)``.

    Args:
        distance_m: centre to centre, m, any shape.
        nearest_coupling: κ1, the coupling at ``nearest_distance_m`` (0 to 1).
        nearest_distance_m: d1.
        decay_length_m: Λ.

    Source: the usual fit to measured crosstalk; an assumption as to its form.
    """
    return nearest_coupling * torch.exp(-(distance_m - nearest_distance_m) / decay_length_m)


def heat_sink_coupling(distance_m: Tensor, height_m: float, width_m: float) -> Tensor:
    """Coupling of a line heater above a heat sink, ``ln(1 + 4h²/d²) / ln(1 + 4h²/w²)``.

    The sink at depth h mirrors the heater as an equal heat drain at depth 2h; a line source and
    its image leave a temperature ``∝ ln(r_image/r)``, whose tail falls as 1/d².  The field at
    the heater's own width w sets the scale.

    Args:
        distance_m: centre to centre, m, any shape.
        height_m: h, of the heater above the sink (the silicon substrate).
        width_m: w, of the heater.

    Source: method of images; Carslaw and Jaeger, "Conduction of Heat in Solids" (1959).
    """
    reach = 4.0 * height_m**2
    return torch.log1p(reach / distance_m**2) / math.log1p(reach / width_m**2)


def global_coupling(
    package_k_per_w: float,
    p_pi_w: float,
    length_m: float,
    wavelength_m: float,
    thermo_optic_per_k: float,
) -> float:
    """Coupling shared by all shifters because the whole die warms: R_th P_π (dφ/dT) / π.

    Args:
        package_k_per_w: thermal resistance from die to ambient, K/W.
        p_pi_w: heater power for a phase of π.
        length_m: length of the shifters that feel the die's temperature.
        wavelength_m: vacuum wavelength.
        thermo_optic_per_k: dn/dT.
    """
    warmth = package_k_per_w * p_pi_w
    return warmth * thermal_phase_rad_per_k(thermo_optic_per_k, length_m, wavelength_m) / math.pi


def resistor_power_w(voltage_v: Tensor, resistance_ohm: float) -> Tensor:
    """Power in W of a heater: V² / R."""
    return voltage_v.square() / resistance_ohm


def resistor_voltage_v(power_w: Tensor, resistance_ohm: float) -> Tensor:
    """Voltage in V at which a heater dissipates a power: √(P R)."""
    return (power_w * resistance_ohm).sqrt()


def crosstalk_sum_variance_rad2(coupling: Tensor, setpoint_variance_rad2: float) -> float:
    """Variance in rad² of *uncompensated* crosstalk, summed over all shifters.

    It is ``σ² Σ_j (Σ_i (K - 1)_ij)²`` for independent set-points.  The mean of the crosstalk, which
    a fixed trim removes, is not counted.  A heater warms all its neighbours together, so the errors
    add coherently: far more than √n times the error of one shifter.

    Args:
        coupling: matrix K, (n, n); K[i, j] is the phase of i per phase asked of j.
        setpoint_variance_rad2: σ², of each set-point; (2π)²/12 when uniform over a turn.
    """
    leaving = coupling.sum(dim=0) - 1.0
    return float(leaving.square().sum()) * setpoint_variance_rad2


def known_residual_variance_rad2(
    coupling: Tensor, own_phase_rad: Tensor, coupling_error: float, efficiency_error: float
) -> Tensor:
    """Variance in rad² that pre-compensation leaves when the matrix is known only roughly.

    To first order in independent relative errors: every off-diagonal element is known to
    ``coupling_error``, every heater's efficiency (its whole column) to ``efficiency_error``.

    Args:
        coupling: true matrix K, (n, n).
        own_phase_rad: phases π p/P_π that the drives give, before crosstalk, (n,).
        coupling_error: rms relative error of a coupling.
        efficiency_error: rms relative error of a heater's power for π.

    Returns:
        Shape (n,): ``Σ_j K_ij² φ_j² (ε_P² + ε_κ² [i≠j])``.
    """
    off = (coupling - torch.diag(coupling.diagonal())).square() * coupling_error**2
    columns = coupling.square() * efficiency_error**2
    return (off + columns) @ own_phase_rad.square()
