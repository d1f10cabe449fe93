"""Continuous-wave laser and the edge coupler behind it.

::

    laser ──► edge coupler ──► rails of one dot-product unit
"""

from __future__ import annotations

from devices.part import Part, quantity
from photonics.noise import interferometer_phase_variance, relative_intensity_variance
from photonics.units import loss_to_power

PAPER = "Demirkiran et al., ISCA 2024, arXiv 2311.17323"


class Laser(Part):
    """A continuous-wave laser; one feeds every row of an array, so its noise is shared by them."""

    power_w: float = quantity(
        0.75e-3,
        "optical power for one dot-product unit, both rails together",
        source=f"{PAPER}, Fig. 9: laser share of the peak power x 20 % wall plug / 768 units",
        gt=0,
    )
    wavelength_m: float = quantity(1550e-9, "vacuum wavelength", source="assumption: C band", gt=0)
    rin_db_per_hz: float = quantity(
        -150.0,
        "relative intensity noise, one-sided",
        source="assumption: typical distributed-feedback laser",
        le=-80,
    )
    linewidth_hz: float = quantity(
        1e6,
        "Lorentzian full width at half maximum",
        source="assumption: typical distributed-feedback laser, 0.1 to 10 MHz",
        ge=0,
    )
    wall_plug_efficiency: float = quantity(
        0.2, "optical over electrical power", source=f"{PAPER}, Sec. V-B", gt=0, le=1
    )

    def intensity_variance(self, bandwidth_hz: float) -> float:
        """Variance of the relative power fluctuation within a noise bandwidth."""
        return relative_intensity_variance(self.rin_db_per_hz, bandwidth_hz)

    def phase_variance_rad2(self, delay_s: float, bandwidth_hz: float) -> float:
        """Variance of the phase between two paths whose delays differ by ``delay_s``."""
        return interferometer_phase_variance(self.linewidth_hz, delay_s, bandwidth_hz)


class EdgeCoupler(Part):
    """Laser-to-chip coupler."""

    loss_db: float = quantity(
        0.2, "insertion loss", source=f"{PAPER}, Sec. V-B (Hu, Opt. Express 2023)", ge=0
    )

    @property
    def transmission(self) -> float:
        """Fraction of the power that reaches the chip."""
        return loss_to_power(self.loss_db)
