"""Link, timing and power budget of a row: is there light enough, and time enough?"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property
from numbers import Real

import torch

from circuits.analysis.timing import Timing, row_timing
from circuits.coding.array_shape import check_modulus
from circuits.design.circuit import Design
from circuits.optics.digit import section_m, unit_section
from circuits.receiver.by_design import receiver_by_design
from circuits.receiver.gain import GainControl
from circuits.receiver.receiver import Receiver
from photonics.checks import instance_of, shown, whole_number
from photonics.converters import QUANTISATION_VARIANCE_LSB2
from photonics.errors import InputError
from photonics.representation import one_line
from photonics.statistics import amplitude_snr, required_gamma, symbol_error_rate

# Below this nothing that a receiver adds can be compared with the light.
_LEAST_AMPLITUDE_A = 1e-60


@dataclass(frozen=True)
class LinkPoint:
    """State of the link behind a given loss.

    Attributes:
        rail_loss_db: loss of each rail between its input and the receiver.
        amplitude_a: amplitude of the I/Q phasor.
        sigma_a: noise of each quadrature, shot and amplifier.
        converter_rms_rad: phase error from steps and noise of the converters.
        symbol_error_rate: of the phase decision from noise and converters; the steps are taken
            as Gaussian, which overstates few of them and says nothing of an amplitude below one.
    """

    rail_loss_db: float
    amplitude_a: float
    sigma_a: float
    converter_rms_rad: float
    symbol_error_rate: float

    __repr__ = one_line

    @property
    def rho(self) -> float:
        """Amplitude over noise, A/σ."""
        return self.amplitude_a / self.sigma_a

    @property
    def phase_rms_rad(self) -> float:
        """Rms phase error from noise, σ/A."""
        return self.sigma_a / self.amplitude_a


@dataclass(frozen=True)
class LinkBudget:
    """Budgets of the rows of one modulus.

    Attributes:
        design: their parts.
        modulus: m.
        length: multipliers in a row.

    Raises:
        InputError: for a modulus or a length that no row can have.
    """

    design: Design = field(repr=False)
    modulus: int
    length: int

    def __post_init__(self) -> None:
        instance_of("design", self.design, Design, "a machine has one: machine.design")
        object.__setattr__(self, "modulus", check_modulus(self.modulus))
        object.__setattr__(self, "length", whole_number("length", self.length, least=1))

    @cached_property
    def receiver(self) -> Receiver:
        """The receivers of the row as designed."""
        return receiver_by_design(self.design, self.modulus, self.length)

    @property
    def gain(self) -> GainControl:
        """Losses and amplitudes of the row."""
        return self.receiver.gain

    def at_loss(self, rail_loss_db: float) -> LinkPoint:
        """The link behind a loss of each rail, at the design's laser power.

        Raises:
            InputError: for what is no loss, and for one that leaves no light.
        """
        # Parts may be measured to gain a little.
        least = min(0.0, self.length * float(self.gain.residue_loss_db().min()))
        if not isinstance(rail_loss_db, Real) or not least <= rail_loss_db < math.inf:
            allowed = f"must be a number of {least:g} or more"
            raise InputError("rail_loss_db", shown(rail_loss_db), allowed)
        amplitude = float(self.gain.amplitude_a(rail_loss_db))
        sigma = math.sqrt(self.receiver.noise.variance_a2(self._arriving_w(rail_loss_db)))
        if amplitude < _LEAST_AMPLITUDE_A:
            raise InputError("rail_loss_db", rail_loss_db, "leaves no light", "shorten the row")
        # The error of a step is as likely anywhere within it; noise of the input adds to that.
        variance_lsb2 = QUANTISATION_VARIANCE_LSB2 + self.receiver.converter.noise_lsb**2
        full_scale_a = float(self.gain.full_scale_of(torch.tensor(rail_loss_db).double()))
        converter = full_scale_a * self.receiver.converter.lsb * math.sqrt(variance_lsb2)
        gamma = amplitude**2 / (sigma**2 + converter**2) / 2.0
        rate = float(symbol_error_rate(gamma, self.modulus))
        converter_rms_rad = converter / amplitude
        return LinkPoint(rail_loss_db, amplitude, sigma, converter_rms_rad, rate)

    def worst(self) -> LinkPoint:
        """The link for the lossiest input that can be represented."""
        return self.at_loss(self.length * float(self.gain.residue_loss_db().max()))

    def closing_power_w(self, error_rate: float, rail_loss_db: float) -> float:
        """Laser power of a row at which noise alone errs at ``error_rate`` behind a loss.

        Noise is that of shot and amplifier: converters are left out, whose errors follow the full
        scale and not the light.

        Raises:
            InputError: for a rate that noise alone cannot make.

        Scaling the light by k scales the amplitude A and the shot noise s but not the noise n in
        the dark: ``k² A² = ρ² (k s + n)``.
        """
        most = 1.0 - 1.0 / self.modulus
        if not 0.0 < error_rate < most:
            raise InputError("error_rate", error_rate, f"must lie between 0 and {most:.3g}")
        rho2 = amplitude_snr(required_gamma(error_rate, self.modulus)) ** 2
        noise = self.receiver.noise
        shot, dark = noise.shot_a2_per_w * self._arriving_w(rail_loss_db), noise.still_a2
        signal = float(self.gain.amplitude_a(rail_loss_db)) ** 2
        root = math.sqrt((rho2 * shot) ** 2 + 4.0 * signal * rho2 * dark)
        return self.design.row_power_w(self.modulus) * (rho2 * shot + root) / (2.0 * signal)

    def _arriving_w(self, rail_loss_db: float) -> float:
        """Light of both rails at the receiver."""
        return sum(float(p) for p in self.gain.arriving_w(rail_loss_db))

    def timing(self) -> Timing:
        """Time that a symbol needs, whatever symbol came before it."""
        return row_timing(self.design, self.modulus, self.length)

    def voltages(self) -> Voltages:
        """Voltages that the switches and the converters of a row need."""
        switch, tia = self.design.multiplier.switch, self.design.receiver.tia
        full_scale_a = self.gain.full_scale_ratio * self.gain.largest_amplitude_a
        return Voltages(
            switch_v=switch.bias_v(self.design.laser.wavelength_m),
            full_scale_v=tia.transimpedance_ohm * full_scale_a,
        )

    def power(self) -> PowerCheck:
        """The light in a rail against the limits of the linear model."""
        launched_w = max(self.design.rail_powers_w(self.modulus))
        wavelength_m = self.design.laser.wavelength_m
        multiplier, coefficients = self.design.multiplier, self.design.power_limits
        shifters_m = self.length * sum(section_m(multiplier, self.modulus))
        section = unit_section(multiplier, self.modulus)
        loss_db_per_m = section.least_db / section.shifter.length_m
        guide = coefficients.guide_limits(shifters_m, loss_db_per_m, wavelength_m)
        limits, heat_phase_rad = {"the guide absorbs more": guide.loss_w}, 0.0
        cavity = multiplier.switch.cavity(wavelength_m)
        if cavity is not None:
            ring = coefficients.ring_limits(cavity, wavelength_m)
            limits["a coupled ring absorbs more"] = ring.loss_w
            limits["a coupled ring is bistable"] = ring.bistable_w
            response = coefficients.ring(launched_w, cavity, wavelength_m)
            heat_phase_rad = abs(response.drop_phase_rad)
        mechanism = min(limits, key=lambda name: limits[name])
        return PowerCheck(
            electrical_w=self.design.row_power_w(self.modulus)
            / self.design.laser.wall_plug_efficiency,
            launched_w=launched_w,
            limit_w=limits[mechanism],
            mechanism=mechanism,
            guide_limit_w=guide.loss_w,
            phase_limit_w=guide.phase_w,
            heat_phase_rad=heat_phase_rad,
        )


@dataclass(frozen=True)
class Voltages:
    """Voltages that follow from the rest of a design.

    Attributes:
        switch_v: from one state of a switch to the other; none where no voltage drives it.
        full_scale_v: at the amplifier's output, for the full scale that the brightest input gets:
            what a converter behind it must take, or a stage between them must make up for.
    """

    switch_v: float | None
    full_scale_v: float

    __repr__ = one_line


@dataclass(frozen=True)
class PowerCheck:
    """The light in a guide.

    Attributes:
        electrical_w: that the laser of the row draws.
        launched_w: largest power that enters a rail.
        limit_w: power above which the linear model does not hold.
        mechanism: what sets that limit.
        guide_limit_w: power above which the guide of all shifters absorbs too much more.
        phase_limit_w: power above which that guide turns its light by more than the budget of
            phase: slow, and taken up by calibration at working power.
        heat_phase_rad: phase by which a coupled ring heats itself, once settled; slow, much the
            same on both rails, and gone if calibrated at working power, but it follows the mean
            of the data.  Zero for switches that are no rings.
    """

    electrical_w: float
    launched_w: float
    limit_w: float
    mechanism: str
    guide_limit_w: float
    phase_limit_w: float
    heat_phase_rad: float

    __repr__ = one_line

    @property
    def is_linear(self) -> bool:
        """Whether the linear model holds."""
        return self.launched_w <= self.limit_w
