"""Mach-Zehnder interferometer: two couplers and a phase shifter between them.

::

    0 ──►──┐ ┌──[ l1 e^{iφ} ]──┐ ┌──►── bar        M = C(η2) · diag(l1 e^{iφ}, l2) · C(η1)
           )( η1                )( η2
    1 ──►──┘ └──[ l2 ]─────────┘ └──►── cross      light enters port 0

With η = 1/2 + δ and equal arms the bar port never falls below (δ1 + δ2)², the cross port never
below (δ1 - δ2)² of the input.
"""

from __future__ import annotations

import cmath
import math
from typing import NamedTuple, Self

from pydantic import model_validator
from torch import Tensor

from devices.parameters.part import Part, quantity
from photonics.errors import InputError
from photonics.optics import coupler_matrix, mzi_matrix, power_w
from photonics.units import loss_to_amplitude, power_to_db


class PowerRange(NamedTuple):
    """Smallest and largest power that a port reaches, over the input power."""

    lowest: float
    highest: float

    @property
    def extinction_db(self) -> float:
        """Largest over smallest, in dB; infinite for a perfect null."""
        if self.lowest == 0.0:
            return math.inf
        return power_to_db(self.highest / self.lowest)


class Mzi(Part):
    """A 2x2 interferometer with unequal couplers and lossy arms; the phase is its input."""

    first_cross_power: float = quantity(
        0.5, "η1, cross power of the first coupler", source="by design", ge=0, le=1
    )
    second_cross_power: float = quantity(
        0.5, "η2, cross power of the second coupler", source="by design", ge=0, le=1
    )
    coupler_loss_db: float = quantity(
        0.3,
        "excess loss of each coupler",
        source="2x2 multimode coupler, 0.2 to 0.4 dB: photonica.io",
        ge=0,
    )
    coupler_phase_error_rad: float = quantity(
        0.0,
        "departure of each coupler's outputs from quadrature",
        source="by design",
        ge=-1.6,
        le=1.6,
    )
    upper_loss_db: float = quantity(
        0.23,
        "loss of the arm with the shifter",
        source="thermo-optic shifter, 0.23 ± 0.13 dB: Harris et al., Opt. Express 22, 10487 (2014)",
        ge=0,
    )
    lower_loss_db: float = quantity(
        0.23, "loss of the other arm", source="assumption: a dummy shifter balances the arms", ge=0
    )

    @model_validator(mode="after")
    def _passive(self) -> Self:
        self._coupler(self.first_cross_power)
        self._coupler(self.second_cross_power)
        return self

    def _coupler(self, cross_power: float) -> Tensor:
        return coupler_matrix(cross_power, self.coupler_loss_db, self.coupler_phase_error_rad)

    def matrix(self, phase_rad: Tensor | float) -> Tensor:
        """Transfer matrix, complex128 (..., 2, 2) for phases (...), indexed [out, in]."""
        first, second = (
            self._coupler(self.first_cross_power),
            self._coupler(self.second_cross_power),
        )
        return mzi_matrix(first, second, phase_rad, self.upper_loss_db, self.lower_loss_db)

    def bar_power(self, phase_rad: Tensor | float) -> Tensor:
        """Power from port 0 to port 0 over the input, float64 (...)."""
        return power_w(self.matrix(phase_rad)[..., 0, 0])

    def cross_power(self, phase_rad: Tensor | float) -> Tensor:
        """Power from port 0 to port 1 over the input, float64 (...)."""
        return power_w(self.matrix(phase_rad)[..., 1, 0])

    def _paths(self, output: int) -> tuple[complex, complex]:
        """Fields that reach an output through the upper arm (φ = 0) and the lower arm."""
        first, second = (
            self._coupler(self.first_cross_power),
            self._coupler(self.second_cross_power),
        )
        upper = second[output, 0] * loss_to_amplitude(self.upper_loss_db) * first[0, 0]
        lower = second[output, 1] * loss_to_amplitude(self.lower_loss_db) * first[1, 0]
        return complex(upper), complex(lower)

    def _range(self, output: int) -> PowerRange:
        upper, lower = (abs(path) for path in self._paths(output))
        return PowerRange((upper - lower) ** 2, (upper + lower) ** 2)

    @property
    def bar_range(self) -> PowerRange:
        """Reach of the bar port over all phases."""
        return self._range(0)

    @property
    def cross_range(self) -> PowerRange:
        """Reach of the cross port over all phases."""
        return self._range(1)

    def phase_rad(self, bar_power: float) -> float:
        """The phase between -π and π (0 to π for ideal couplers) at which bar has that power.

        Raises:
            InputError: if the interferometer cannot reach it.
        """
        upper, lower = self._paths(0)
        lowest, highest = self.bar_range
        if not lowest <= bar_power <= highest:
            raise InputError(
                "bar_power",
                bar_power,
                f"this interferometer reaches {lowest:.6g} to {highest:.6g}",
                "choose a power within reach, or better balanced couplers and arms",
            )
        if upper == 0.0 or lower == 0.0:
            return 0.0
        beat = (bar_power - abs(upper) ** 2 - abs(lower) ** 2) / (2.0 * abs(upper) * abs(lower))
        apart = math.acos(min(1.0, max(-1.0, beat)))
        return math.remainder(cmath.phase(lower) - cmath.phase(upper) - apart, 2.0 * math.pi)
