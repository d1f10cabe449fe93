"""Transimpedance amplifier behind a balanced pair of photodiodes."""

from __future__ import annotations

from typing import Self

from pydantic import model_validator

from devices.part import Part, quantity
from photonics.noise import thermal_density_a2_per_hz
from photonics.units import ROOM_TEMPERATURE_K


class TransimpedanceAmplifier(Part):
    """Input-referred amplifier noise, *or* the thermal noise of a feedback resistor, never both."""

    noise_a_per_rthz: float | None = quantity(
        15e-12,
        "input-referred current noise; none to take the resistor instead",
        source="assumption: 10 to 20 pA/√Hz at 10 GHz and above (Li 2017: 11.6 pA/√Hz at 7 GHz)",
        ge=0,
    )
    feedback_ohm: float | None = quantity(
        None, "feedback resistor; none to take the noise above", source="not given", gt=0
    )
    temperature_k: float = quantity(
        ROOM_TEMPERATURE_K, "temperature of the resistor", source="assumption", gt=0
    )

    @model_validator(mode="after")
    def _one_noise(self) -> Self:
        if (self.noise_a_per_rthz is None) == (self.feedback_ohm is None):
            raise ValueError("give exactly one of noise_a_per_rthz and feedback_ohm")
        return self

    def noise_variance_a2(self, bandwidth_hz: float) -> float:
        """Variance in A² at the input within a noise bandwidth."""
        if self.feedback_ohm is not None:
            return thermal_density_a2_per_hz(self.feedback_ohm, self.temperature_k) * bandwidth_hz
        assert self.noise_a_per_rthz is not None
        return self.noise_a_per_rthz**2 * bandwidth_hz
