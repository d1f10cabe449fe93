"""Photodiode: light to current, with shot noise.

::

    P ──►|──► i = R P      shot noise 2 q (i + i_dark) B,   R <= q λ / (h c)

The current follows the light through one pole at the 3 dB bandwidth f, whose noise bandwidth is
(π/2) f.
"""

from __future__ import annotations

from typing import Self

from pydantic import model_validator
from torch import Tensor

from devices.light.laser import PAPER
from devices.parameters.part import Part, quantity
from devices.parameters.wavelength import Wavelength
from photonics.checks import check_wavelength_m
from photonics.errors import InputError
from photonics.filters import LowPass
from photonics.noise import shot_variance_a2
from photonics.units import ELEMENTARY_CHARGE_C, PLANCK_J_S, SPEED_OF_LIGHT_M_PER_S


def responsivity_limit_a_per_w(wavelength_m: float) -> float:
    """Responsivity of one electron per photon: q λ / (h c), 1.2502 A/W at 1550 nm."""
    check_wavelength_m(wavelength_m)
    return ELEMENTARY_CHARGE_C * wavelength_m / (PLANCK_J_S * SPEED_OF_LIGHT_M_PER_S)


class Photodiode(Part):
    """A single diode; a balanced pair is two of them, subtracted."""

    responsivity_a_per_w: float = quantity(
        1.1,
        "current per optical power",
        source=f"{PAPER}, Sec. V-B",
        gt=0,
        le=100,
    )
    dark_current_a: float = quantity(
        20e-9,
        "dark current",
        source="assumption: Ge on Si, 10 to 50 nA",
        ge=0,
        le=1,
    )
    bandwidth_hz: float = quantity(
        30e9,
        "3 dB bandwidth, one pole",
        source="assumption: Ge on Si, 30 to 50 GHz",
        gt=0,
        le=1e20,
    )
    wavelength_m: Wavelength = quantity(
        1550e-9,
        "vacuum wavelength of that responsivity",
        source="assumption: C band",
    )

    @model_validator(mode="after")
    def _at_most_one_electron_per_photon(self) -> Self:
        limit = responsivity_limit_a_per_w(self.wavelength_m)
        if self.responsivity_a_per_w > limit:
            raise InputError(
                "responsivity_a_per_w",
                self.responsivity_a_per_w,
                f"at most {limit:.6g} A/W, one electron per photon at {self.wavelength_m:g} m",
                "lower it, or give the wavelength that it was measured at",
            )
        return self

    @property
    def quantum_efficiency(self) -> float:
        """Electrons per photon, 0 to 1."""
        return self.responsivity_a_per_w / responsivity_limit_a_per_w(self.wavelength_m)

    @property
    def noise_bandwidth_hz(self) -> float:
        """Noise bandwidth of the diode's pole: (π/2) f."""
        return LowPass.butterworth(self.bandwidth_hz).noise_bandwidth_hz

    def current_a(self, power_w: Tensor) -> Tensor:
        """Mean photocurrent in A, without the dark current."""
        return self.responsivity_a_per_w * power_w

    def shot_variance_a2(self, power_w: Tensor, bandwidth_hz: float) -> Tensor:
        """Variance in A² of the current of one diode within a noise bandwidth."""
        return shot_variance_a2(self.current_a(power_w) + self.dark_current_a, bandwidth_hz)

    def power_w(self, current_a: Tensor) -> Tensor:
        """Optical power in W that makes a mean photocurrent."""
        return current_a / self.responsivity_a_per_w
