"""The design of the phase receiver.

Gain says how the receiver sets its full scale: ``fixed`` for the largest amplitude that any
input can give, or ``per-symbol`` from the streamed digits, which are known before the light
arrives and are common to all rows.

Memory says what a reading keeps of earlier symbols: ``filtered``, what diodes and amplifier have
not yet forgotten after one symbol of the clock, or ``settled``, nothing (every symbol is held
until it has settled).
"""

from __future__ import annotations

import math
from typing import Literal, Self

from pydantic import model_validator

from circuits.coding.phase_code import digit_count
from devices.electronics.adc import Adc
from devices.electronics.amplifier import TransimpedanceAmplifier
from devices.electronics.balanced_pair import BalancedPair
from devices.electronics.photodiode import Photodiode
from devices.electronics.variable_gain import VariableGain
from devices.light.laser import PAPER
from devices.parameters.idle import refuse_idle
from devices.parameters.part import Part, quantity
from devices.passive.coupler import Coupler, Splitter
from devices.passive.measured import MeasuredCoupler, MeasuredSplitter
from photonics.errors import InputError
from photonics.filters import LowPass
from photonics.units import loss_to_power

Gain = Literal["fixed", "per-symbol"]
Memory = Literal["filtered", "settled"]


class HybridDesign(Part):
    """How hybrids differ from an ideal one: what all lose, and what is unlike in untrimmed ones."""

    splitter: Splitter | MeasuredSplitter = quantity(
        Splitter(imbalance_rms_db=0.0),
        "both input splitters",
        source="by design",
        sources={"imbalance_rms_db": "ideal limit: trimmed"},
    )
    coupler: Coupler | MeasuredCoupler = quantity(
        Coupler(imbalance_rms_db=0.0),
        "both couplers",
        source="by design",
        sources={"imbalance_rms_db": "ideal limit: trimmed"},
    )
    pair: BalancedPair | None = quantity(
        None,
        "how unlike the diodes of each balanced pair are by design; none for equal ones",
        source="ideal limit: matched",
    )
    quadrature_rms_rad: float = quantity(
        0.0,
        "departure of Q from a right angle to I",
        source="ideal limit: trimmed",
        ge=0,
        le=10,
    )
    responsivity_rms: float = quantity(
        0.0,
        "relative spread of the four diodes about that",
        source="ideal limit: matched",
        ge=0,
        le=0.2,
    )

    @model_validator(mode="after")
    def _lights_every_way(self) -> Self:
        for name in ("splitter", "coupler"):
            imbalance_db = getattr(self, name).imbalance_db
            if not math.isfinite(imbalance_db):
                allowed = "must send light both ways"
                raise InputError(name, f"{imbalance_db:g} dB of imbalance", allowed, "balance it")
        if isinstance(self.splitter, Splitter):
            why = "in a hybrid, whose splitters turn both of its inputs alike"
            refuse_idle(self.splitter, ["phase_error_rad"], why, "splitter.")
        return self

    @property
    def transmission(self) -> float:
        """Fraction of the power that reaches the diodes, whichever way it goes."""
        return loss_to_power(self.splitter.excess_loss_db + self.coupler.excess_loss_db)


class ReceiverDesign(Part):
    """The phase receiver: 90 degree hybrid, two balanced pairs, amplifiers, converters."""

    hybrid: HybridDesign = HybridDesign()
    photodiode: Photodiode = Photodiode()
    tia: TransimpedanceAmplifier = TransimpedanceAmplifier()
    rail_mismatch_s: float = quantity(
        0.1e-12,
        "difference of delay between the rails, whatever is streamed",
        source="assumption: 7 µm of guide between path-matched rails",
        ge=0,
        le=1e-3,
    )
    reference_delay_s: float | None = quantity(
        None,
        "delay of the reference arm of a single rail; none for the mean delay of its chain for "
        "uniform data",
        source="by design: arms of an interferometer are balanced against the laser's linewidth, "
        "Okoshi et al., Electron. Lett. 16, 630 (1980)",
        ge=0,
        le=1e-3,
    )
    adc_extra_bits: int = quantity(
        0,
        "converter bits beyond the digits of a residue",
        source=f"{PAPER}, Sec. IV-B: as many bits as digits",
        ge=0,
        le=14,
    )
    adc_inl_rms_lsb: float = quantity(
        0.0,
        "integral nonlinearity of each converter, rms over its transitions, in its own steps",
        source="ideal limit; 0.39 at its worst code at 6 bits and 20 GS/s, Electronics 11, 3052 "
        "(2022)",
        ge=0,
        le=100,
    )
    adc_noise_lsb: float = quantity(
        0.0,
        "rms noise at the input of each converter, in its own steps",
        source="ideal limit",
        ge=0,
        le=1e3,
    )
    clock_jitter_s: float = quantity(
        0.0,
        "rms jitter of the sampling clock, shared by all converters of an array",
        source="ideal limit; 205 fs: Razavi, IEEE Open J. Solid-State Circuits Soc. (2021)",
        ge=0,
        le=1,
    )
    sampling_guard_s: float = quantity(
        1e-12,
        "time from the sampling instant to the next symbol, at least five rms jitters",
        source="assumption: five times 200 fs",
        ge=0,
        le=1,
    )
    full_scale_ratio: float = quantity(
        1.25,
        "converter full scale over the amplitude it is set for",
        source="assumption",
        ge=0.1,
        le=1e3,
    )
    gain: Gain = quantity("fixed", "how the full scale is set", source="the paper has no policy")
    stage: VariableGain | None = quantity(
        None,
        "stage that sets the gain; none for one without steps, limits or noise",
        source="ideal limit",
    )
    memory: Memory = quantity(
        "filtered",
        "what a reading keeps of earlier symbols",
        source="the poles of diodes and amplifier",
    )

    @property
    def response(self) -> LowPass:
        """The filter that light passes: the pole of the diodes, and that of the amplifier."""
        return self.tia.response.behind(self.photodiode.bandwidth_hz)

    @property
    def responsivity_a_per_w(self) -> float:
        """Of the diodes, for light in front of the hybrid: what that loses counts."""
        return self.photodiode.responsivity_a_per_w * self.hybrid.transmission

    @property
    def noise_bandwidth_hz(self) -> float:
        """Noise bandwidth for what comes with the light: noise of the laser, and shot noise."""
        return self.response.noise_bandwidth_hz

    @property
    def amplifier_variance_a2(self) -> float:
        """Variance in A² at the input of amplifier and gain stage."""
        amplifier = self.tia.noise_variance_a2(self.tia.noise_bandwidth_hz)
        return amplifier + (self.stage.added_variance_a2(amplifier) if self.stage else 0.0)

    def adc(self, modulus: int) -> Adc:
        """The converter of each quadrature for residues of ``modulus``."""
        return Adc(
            bits=digit_count(modulus) + self.adc_extra_bits,
            inl_rms_lsb=self.adc_inl_rms_lsb,
            input_noise_lsb=self.adc_noise_lsb,
        )
