r"""Variable-gain stage between the amplifier and the converter: fixed, or set for every symbol.

::

    v ──►[ 10^(G/20) ]──► ADC        G in steps from G_min to G_max, settling with exp(-t/τ)

Gains multiply a voltage, so G dB of gain is a factor 10^(G/20).
"""

from __future__ import annotations

from typing import NamedTuple, Self

import torch
from pydantic import model_validator
from torch import Tensor

from devices.parameters.part import Part, quantity
from photonics.converters import GainSteps
from photonics.errors import InputError
from photonics.filters import LowPass
from photonics.units import db_to_power

CAO = "Cao et al., IEEE Solid-State Circuits Lett. 7, 239 (2024), 10.1109/LSSC.2024.3451966"


class GainSetting(NamedTuple):
    """Gains in dB that the stage can give, and where the wish was beyond its range."""

    gain_db: Tensor
    saturated: Tensor


class VariableGain(Part):
    """A stage with stepped gain."""

    min_gain_db: float = quantity(
        0.0, "smallest gain", source="assumption: the amplifier alone", ge=-60, le=100
    )
    max_gain_db: float = quantity(37.0, "largest gain", source=f"{CAO}: range of 37 dB", le=100)
    step_db: float = quantity(
        0.5,
        "step from gain to gain; 0 for a continuous control",
        source="assumption",
        ge=0,
        le=100,
    )
    noise_figure_db: float = quantity(
        0.5,
        "noise of stage and amplifier over that of the amplifier alone, as power",
        source="assumption: a quiet stage behind a gain of 5 kΩ",
        ge=0,
        le=100,
    )
    time_constant_s: float = quantity(
        20e-12,
        "time constant with which a new gain settles",
        source="assumption",
        ge=0,
        le=1,
    )

    @model_validator(mode="after")
    def _range(self) -> Self:
        if self.max_gain_db < self.min_gain_db:
            raise InputError(
                "max_gain_db", self.max_gain_db, f"at least min_gain_db, {self.min_gain_db:g} dB"
            )
        return self

    def setting(self, wanted_db: Tensor) -> GainSetting:
        """The largest gains that are not above the wanted ones; beyond the range the nearest end.

        Rounding down keeps a signal that was to fill the converter from clipping.  A wish below
        the range saturates *above* it and may clip: ``saturated`` says where.
        """
        gain = self.steps.largest_db(wanted_db)
        saturated = (wanted_db < self.min_gain_db) | (wanted_db > self.max_gain_db)
        return GainSetting(gain, saturated)

    @property
    def steps(self) -> GainSteps:
        """Gains that the stage can give."""
        return GainSteps(self.min_gain_db, self.max_gain_db, self.step_db)

    def factor(self, gain_db: Tensor) -> Tensor:
        """Settled voltage ratio of a gain."""
        return torch.pow(10.0, gain_db / 20.0)

    def settled_factor(self, gain_db: Tensor, symbol_s: float) -> Tensor:
        """Voltage ratio at the end of each symbol, while the gain follows its settings.

        Args:
            gain_db: gains of consecutive symbols, (..., N); the first has settled.
            symbol_s: symbol time.
        """
        factor = self.factor(gain_db)
        if self.time_constant_s == 0.0:
            return factor
        return LowPass.of_time_constant(self.time_constant_s).filtered(
            factor, symbol_s, factor[..., 0]
        )

    def added_variance_a2(self, amplifier_variance_a2: float) -> float:
        """Variance in A², referred to the amplifier's input, that the stage adds: (F - 1) σ²."""
        return (db_to_power(self.noise_figure_db) - 1.0) * amplifier_variance_a2
