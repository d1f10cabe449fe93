"""Transimpedance amplifier behind a balanced pair of photodiodes.

::

    i ──►[ Z, one or two poles ]──► v = Z i       noise i_n² B at the input

One filter serves signal and noise: a bandwidth f brings the inter-symbol interference of f *and*
the noise bandwidth of f, (π/2) f for one pole and 1.11 f for two.  Neither can be chosen alone.
"""

from __future__ import annotations

from typing import Any, Self

from pydantic import model_validator
from torch import Tensor

from devices.parameters.idle import refuse_idle
from devices.parameters.part import Part, quantity
from photonics.errors import InputError
from photonics.filters import LowPass, Poles
from photonics.noise import thermal_density_a2_per_hz
from photonics.units import ROOM_TEMPERATURE_K


class TransimpedanceAmplifier(Part):
    """Input-referred amplifier noise, *or* the thermal noise of a feedback resistor, never both."""

    noise_a_per_rthz: float | None = quantity(
        15e-12,
        "input-referred current noise; none to take the resistor instead",
        source="assumption: 10 to 20 pA/√Hz at 10 GHz and above (Li 2017: 11.6 pA/√Hz at 7 GHz)",
        ge=0,
        le=1,
    )
    feedback_ohm: float | None = quantity(
        None,
        "feedback resistor; none to take the noise above",
        source="not given",
        gt=0,
        le=1e12,
    )
    temperature_k: float = quantity(
        ROOM_TEMPERATURE_K,
        "temperature of the resistor",
        source="assumption",
        gt=0,
        le=1e4,
    )
    bandwidth_hz: float = quantity(
        6.3662e9,
        "3 dB bandwidth",
        source="assumption: the one pole whose noise bandwidth is the 10 GHz clock",
        gt=0,
        le=1e20,
    )
    poles: Poles = quantity(1, "poles of the response: 1, or 2 (Butterworth)", source="assumption")
    transimpedance_ohm: float = quantity(
        5000.0,
        "gain, output voltage over input current",
        source="74 dBΩ: Awny et al., IEEE Trans. Microw. Theory Tech. 66 (2018), "
        "10.1109/TMTT.2017.2752170",
        gt=0,
        le=1e12,
    )

    @model_validator(mode="before")
    @classmethod
    def _resistor_alone(cls, given: Any) -> Any:
        # A resistor that is named alone replaces the noise that stands here by default.
        alone = isinstance(given, dict) and given.get("feedback_ohm") is not None
        if alone and "noise_a_per_rthz" not in given:
            return {**given, "noise_a_per_rthz": None}
        return given

    @model_validator(mode="after")
    def _one_noise(self) -> Self:
        if (self.noise_a_per_rthz is None) == (self.feedback_ohm is None):
            raise InputError(
                "noise_a_per_rthz",
                self.noise_a_per_rthz,
                "give exactly one of noise_a_per_rthz and feedback_ohm",
                "a measured amplifier noise contains its resistor; leave the other out, as none",
            )
        if self.feedback_ohm is None:
            refuse_idle(self, ["temperature_k"], "without feedback_ohm, whose temperature it is")
        return self

    @property
    def response(self) -> LowPass:
        """The filter, for signal and noise."""
        return LowPass.butterworth(self.bandwidth_hz, self.poles)

    @property
    def noise_bandwidth_hz(self) -> float:
        """Noise bandwidth that goes with the 3 dB bandwidth."""
        return self.response.noise_bandwidth_hz

    def noise_variance_a2(self, bandwidth_hz: float) -> float:
        """Variance in A² at the input within a noise bandwidth."""
        if self.feedback_ohm is not None:
            return thermal_density_a2_per_hz(self.feedback_ohm, self.temperature_k) * bandwidth_hz
        assert self.noise_a_per_rthz is not None
        return self.noise_a_per_rthz**2 * bandwidth_hz

    def worst_phase_error_rad(self, symbol_s: float, amplitude_ratio: float = 1.0) -> float:
        """Largest phase error that earlier symbols cause; see :mod:`photonics.filters`."""
        return self.response.worst_phase_error_rad(symbol_s, amplitude_ratio)

    def voltage_v(self, current_a: Tensor) -> Tensor:
        """Output in V of a settled input current in A."""
        return self.transimpedance_ohm * current_a

    def current_a(self, voltage_v: Tensor) -> Tensor:
        """Input current in A of a settled output in V."""
        return voltage_v / self.transimpedance_ohm
