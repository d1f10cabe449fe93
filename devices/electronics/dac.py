"""Digital-to-analog converter that drives a phase shifter.

::

    v = (1 + ε) (code LSB + INL(code)) + n,    LSB = FS / 2^(b-1),    n² = n_0² + k T / C

A drive error acts on the *unreduced* phase of everything that the drive sets: a chain of sections
that multiply the drive by x_j errs by (2π / levels) Σ x_j δw_j, however many whole turns the ideal
phase contains.  Bits give the number of levels; they do not give their accuracy.
"""

from __future__ import annotations

from typing import Self

import torch
from pydantic import model_validator
from torch import Tensor

from devices.light.laser import PAPER
from devices.parameters.idle import refuse_idle
from devices.parameters.part import Part, quantity
from photonics.converters import (
    capacitor_noise_variance_v2,
    drive_phase_rms_rad,
    static_curves_lsb,
    walden_energy_j,
)
from photonics.errors import InputError
from photonics.random import NoiseKey
from photonics.units import ROOM_TEMPERATURE_K


class Dac(Part):
    """A signed converter with levels at multiples of its step, zero among them."""

    bits: int = quantity(
        6, "resolution", source=f"{PAPER}, Sec. V-B (Kim, TCAS-II 2018)", ge=2, le=16
    )
    full_scale_v: float = quantity(
        1.08,
        "output of the most negative code, as magnitude",
        source=f"{PAPER}, Sec. IV-A",
        gt=0,
        le=1e4,
    )
    gain_error: float = quantity(
        0.0,
        "relative error of the reference, common to all levels",
        source="ideal limit: calibrated",
        gt=-1,
        le=1,
    )
    inl_rms_lsb: float = quantity(
        0.0,
        "integral nonlinearity through the end points, rms over the levels",
        source="ideal limit: calibrated",
        ge=0,
        le=100,
    )
    noise_v: float = quantity(
        0.0, "rms output noise beside that of the capacitor", source="ideal limit", ge=0, le=0.1
    )
    hold_capacitance_f: float | None = quantity(
        None,
        "capacitor that holds the output between refreshes; none for a driver that never lets go",
        source="the paper does not say",
        gt=0,
        le=1,
    )
    temperature_k: float = quantity(
        ROOM_TEMPERATURE_K, "temperature of the capacitor", source="assumption", gt=0, le=1e4
    )
    walden_j_per_step: float = quantity(
        106e-15,
        "energy of a conversion over 2^bits",
        source=f"{PAPER}, Sec. V-B: 6 bits at 20 GS/s with 136 mW (Kim, TCAS-II 2018)",
        ge=0,
        le=1,
    )

    @model_validator(mode="after")
    def _has_a_capacitor(self) -> Self:
        if self.hold_capacitance_f is None:
            why = "without hold_capacitance_f, whose temperature it is"
            refuse_idle(self, ["temperature_k"], why)
        return self

    @property
    def half_range(self) -> int:
        """Number of codes below zero; there is one less above."""
        return 1 << (self.bits - 1)

    @property
    def lsb_v(self) -> float:
        """One ideal step in V."""
        return self.full_scale_v / self.half_range

    def inl_lsb(self, key: NoiseKey) -> Tensor:
        """Deviations of the 2^bits levels of one converter in LSB, lowest code first."""
        return self.inls_lsb(key, 1)[0]

    def inls_lsb(self, key: NoiseKey, count: int) -> Tensor:
        """Deviations of the levels of many converters, (count, 2^bits)."""
        return static_curves_lsb(key, count, 2 * self.half_range, self.inl_rms_lsb)

    def voltage_v(self, code: Tensor, inl_lsb: Tensor | None = None) -> Tensor:
        """Mean output in V of integer codes; float64 of the same shape.

        Args:
            code: -2^(b-1) ... 2^(b-1) - 1; anything else is refused.
            inl_lsb: of this converter, from :meth:`inl_lsb`; none for a linear one.
        """
        top = self.half_range
        if bool(((code < -top) | (code >= top)).any()):
            worst = int(code.max()) if int(code.max()) >= top else int(code.min())
            raise InputError(
                "code", worst, f"{-top} to {top - 1} with {self.bits} bits", "take more bits"
            )
        steps = code.to(torch.float64)
        if inl_lsb is not None:
            steps = steps + inl_lsb[code.long() + top]
        elif self.inl_rms_lsb > 0.0:
            raise InputError(
                "inl_lsb", None, "a nonlinear converter needs its own", "see Dac.inl_lsb"
            )
        return (1.0 + self.gain_error) * self.lsb_v * steps

    def code(self, voltage_v: Tensor) -> Tensor:
        """Code nearest to a wanted voltage on the ideal scale, clipped; int64."""
        top = self.half_range
        return (voltage_v / self.lsb_v).round().clamp(-top, top - 1).long()

    @property
    def noise_variance_v2(self) -> float:
        """Variance in V² of the output, redrawn at every update."""
        if self.hold_capacitance_f is None:
            return self.noise_v**2
        held = capacitor_noise_variance_v2(self.hold_capacitance_f, self.temperature_k)
        return self.noise_v**2 + held

    def error_rms_levels(self, levels: int, span_v: float) -> float:
        """Rms noise in units of one level, for ``levels`` levels over ``span_v`` volts."""
        return float(self.noise_variance_v2**0.5 * levels / span_v)

    def phase_rms_rad(self, levels: int, span_v: float, factor_square_sum: float) -> float:
        """Phase error of a chain of sections that each have such a converter.

        Args:
            levels: phase levels of a turn.
            span_v: volts over which they are spread.
            factor_square_sum: sum of the squared factors by which the sections multiply.
        """
        error = self.error_rms_levels(levels, span_v)
        return drive_phase_rms_rad(levels, error, factor_square_sum)

    @property
    def energy_j(self) -> float:
        """Energy of one conversion."""
        return walden_energy_j(self.walden_j_per_step, self.bits)
