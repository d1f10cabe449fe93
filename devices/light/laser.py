"""Continuous-wave laser and the edge coupler behind it.

::

                                   ┌─► row 1        P(t) = P (1 + δ(t)),   Var δ = RIN · B
    laser ──► edge coupler ──► tree┼─► row 2        Var[φ(t) - φ(t-τ)] → 2π Δν τ
                                   └─► row n

One laser feeds every row of an array: in one symbol all of them see the *same* δ and the same
phase.  Drawing them row by row would be wrong for any statement about a whole vector.
"""

from __future__ import annotations

import math

from devices.parameters.part import Part, quantity
from devices.parameters.wavelength import Wavelength
from photonics.noise import interferometer_phase_variance, relative_intensity_variance
from photonics.units import loss_to_power

PAPER = "Demirkiran et al., ISCA 2024, arXiv 2311.17323"
MOST_POWER_W = 1e3
"""Most that a laser can be asked for."""


class Laser(Part):
    """A continuous-wave laser; one feeds every row of an array, so its noise is shared by them."""

    power_w: float = quantity(
        0.75e-3,
        "optical power of a row, both rails together",
        source=f"{PAPER}, Fig. 9: laser share of the peak power x 20 % wall plug / 768 units",
        gt=0,
        le=MOST_POWER_W,
    )
    wavelength_m: Wavelength = quantity(1550e-9, "vacuum wavelength", source="assumption: C band")
    rin_db_per_hz: float = quantity(
        -150.0,
        "relative intensity noise, one-sided",
        source="assumption: typical distributed-feedback laser",
        le=-80,
        ge=-1e3,
    )
    linewidth_hz: float = quantity(
        1e6,
        "Lorentzian full width at half maximum",
        source="assumption: typical distributed-feedback laser, 0.1 to 10 MHz",
        ge=0,
        le=1e15,
    )
    wall_plug_efficiency: float = quantity(
        0.2, "optical over electrical power", source=f"{PAPER}, Sec. V-B", gt=0, le=1
    )

    @property
    def electrical_power_w(self) -> float:
        """Electrical power that the laser draws."""
        return self.power_w / self.wall_plug_efficiency

    def intensity_variance(self, bandwidth_hz: float) -> float:
        """Variance of the relative power fluctuation δ within a *noise* bandwidth."""
        return relative_intensity_variance(self.rin_db_per_hz, bandwidth_hz)

    def phase_variance_rad2(self, delay_s: float, bandwidth_hz: float) -> float:
        """Variance of the phase between two paths whose delays differ by ``delay_s``."""
        return interferometer_phase_variance(self.linewidth_hz, delay_s, bandwidth_hz)

    def drift_phase_rad(self, frequency_drift_hz: float, delay_s: float) -> float:
        """Phase ``2π τ δν`` between two paths when the laser drifts by ``frequency_drift_hz``."""
        return 2.0 * math.pi * delay_s * frequency_drift_hz


class EdgeCoupler(Part):
    """Laser-to-chip coupler."""

    loss_db: float = quantity(
        0.2,
        "insertion loss",
        source=f"{PAPER}, Sec. V-B (Hu, Opt. Express 2023)",
        ge=0,
        le=100,
    )

    @property
    def transmission(self) -> float:
        """Fraction of the power that reaches the chip."""
        return loss_to_power(self.loss_db)
