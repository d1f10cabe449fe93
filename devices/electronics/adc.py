"""Analog-to-digital converter: a uniform mid-rise quantiser that clips.

::

    code = clip(floor(x / LSB), -2^(b-1), 2^(b-1) - 1),   LSB = 2 FS / 2^b,
    value of a code = (code + 1/2) LSB

A real converter adds three things to this: transitions that are not where they should be (fixed for
its life), noise at its input, and a clock that jitters.  A published number of effective bits
contains them all *and* the ideal quantiser; since the codes here already quantise, only the rest is
added as noise (:meth:`Adc.with_effective_bits`).
"""

from __future__ import annotations

import torch
from torch import Tensor

from devices.parameters.part import Part, quantity
from photonics.converters import (
    code_moments,
    enob_of_excess,
    excess_variance_lsb2,
    static_curve_lsb,
    walden_energy_j,
)
from photonics.errors import InputError
from photonics.random import NoiseKey


class Adc(Part):
    """A uniform converter of ``bits`` over ± its full scale; ideal but for its stated errors."""

    bits: int = quantity(
        6, "resolution", source="paper: as many bits as residue digits", ge=1, le=20
    )
    full_scale_v: float = quantity(
        0.5, "largest input of either sign", source="assumption: 1 V supply", gt=0
    )
    inl_rms_lsb: float = quantity(
        0.0,
        "integral nonlinearity through the end points, rms over the transitions",
        source="ideal limit; 0.39 LSB at its worst code at 6 bits and 20 GS/s, "
        "Electronics 11, 3052 (2022), 10.3390/electronics11193052",
        ge=0,
    )
    input_noise_lsb: float = quantity(
        0.0, "rms noise at the input", source="ideal limit; see with_effective_bits", ge=0
    )
    jitter_s: float = quantity(
        0.0,
        "rms jitter of the sampling clock, shared by all converters on it",
        source="ideal limit; 205 fs: Razavi, IEEE Open J. Solid-State Circuits Soc. (2021), "
        "10.1109/OJSSCS.2021.3112398",
        ge=0,
    )
    walden_j_per_step: float = quantity(
        15e-15,
        "energy of a conversion over 2^ENOB",
        source="paper: 6 bits at 24 GS/s with 23 mW (Xu et al., VLSI 2016), as if all were "
        "effective",
        ge=0,
    )

    @property
    def half_range(self) -> int:
        """Number of codes on either side of zero."""
        return 1 << (self.bits - 1)

    @property
    def lsb(self) -> float:
        """One step as a fraction of the full scale."""
        return 1.0 / self.half_range

    def ratio(self, voltage_v: Tensor) -> Tensor:
        """Input voltage as a fraction of the full scale."""
        return voltage_v / self.full_scale_v

    def transitions(self, key: NoiseKey) -> Tensor:
        """Where one converter changes its code, as fractions of the full scale, rising.

        Args:
            key: stream of this one converter.

        Returns:
            float64 of shape (2^bits - 1,).  Transitions so wrong that they would cross are
            exchanged, as a converter that counts its tripped comparators does.
        """
        top = self.half_range
        ideal = torch.arange(1 - top, top, dtype=torch.float64)
        curve = static_curve_lsb(key, ideal.numel(), self.inl_rms_lsb)
        return ((ideal + curve) * self.lsb).sort().values

    def code(self, ratio: Tensor, transitions: Tensor | None = None) -> Tensor:
        """Code of an input given as a fraction of the full scale; same dtype and shape.

        Args:
            ratio: input over full scale, with the noise that it has.
            transitions: of this converter, from :meth:`transitions`; none for a linear one.
        """
        top = self.half_range
        if transitions is not None:
            tripped = torch.searchsorted(transitions, ratio.to(torch.float64), right=True)
            return (tripped - top).to(ratio.dtype)
        if self.inl_rms_lsb > 0.0:
            raise InputError(
                "transitions", None, "a nonlinear converter needs its own", "see Adc.transitions"
            )
        return (ratio * top).floor().clamp(-top, top - 1)

    def moments(
        self, mean: Tensor, rms: Tensor, transitions: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Mean and variance of the middle of the code of an input with Gaussian noise.

        Args:
            mean: of the input as a fraction of the full scale, float64 (...).
            rms: of its noise, (...).
            transitions: rising, broadcasting over (..., codes - 1); none for a linear converter.
        """
        return code_moments(mean, rms, self.half_range, transitions)

    def middle(self, code: Tensor) -> Tensor:
        """Input at the middle of a code's cell, as a fraction of the full scale."""
        return (code + 0.5) * self.lsb

    def noise_variance(self, slope_per_s: Tensor | float = 0.0) -> Tensor:
        """Variance of the input noise as a fraction of the full scale, squared.

        Args:
            slope_per_s: slope of the input at the sampling instant, in full scales per second;
                the clock's jitter turns it into noise, the same jitter for all converters.
        """
        slope = torch.as_tensor(slope_per_s, dtype=torch.float64)
        return (self.input_noise_lsb * self.lsb) ** 2 + (slope * self.jitter_s).square()

    @property
    def enob(self) -> float:
        """Effective bits for a slow full-scale sine: quantiser, nonlinearity and input noise."""
        return enob_of_excess(self.bits, self.input_noise_lsb**2 + self.inl_rms_lsb**2)

    def with_effective_bits(self, enob: float) -> Adc:
        """This converter with the input noise that leaves a published number of effective bits.

        The noise is what remains beyond the ideal quantiser and the nonlinearity; it is exactly
        zero where ``enob`` equals ``bits`` and the converter is linear.
        """
        excess = excess_variance_lsb2(self.bits, enob) - self.inl_rms_lsb**2
        if excess < 0.0:
            raise InputError(
                "enob",
                enob,
                f"at most {enob_of_excess(self.bits, self.inl_rms_lsb**2):.4g} bits",
                "give the converter more bits or less nonlinearity",
            )
        return self.changed({"input_noise_lsb": excess**0.5})

    @property
    def energy_j(self) -> float:
        """Energy of one conversion."""
        return walden_energy_j(self.walden_j_per_step, self.enob)
