"""The design of the optical circuit: which parts, wired how.

Polarity says which value of a streamed digit puts its rings on resonance:

* ``zero-coupled`` (the paper's): a 0 couples the light into the bypass with its two bends, a 1
  lets it pass straight through the shifter.
* ``one-coupled``: a 1 couples the light into the shifter, a 0 lets it pass straight on.

Gain says how the receiver sets its full scale: ``fixed`` for the largest amplitude that any
input can give, or ``per-symbol`` from the streamed digits, which are known before the light
arrives and are common to all rows.

Drive says whether the digits of a multiplier share one analog drive and differ in length (the
paper's), or have a converter each and equal lengths.  A shared drive multiplies every error of its
converter by the streamed integer; drives of their own are reduced modulo m first.

Rails says what the phase is measured against: ``dual`` (the paper's: opposite phases on two equal
rails), or ``single`` (a reference arm without multipliers, which carries no loss).
"""

from __future__ import annotations

import math
from typing import Literal, Self

from pydantic import Field, model_validator

from circuits.digit_code import DigitCode, Encoding
from circuits.hybrid import HybridSpread
from circuits.phase_code import digit_count
from devices.adc import Adc
from devices.amplifier import TransimpedanceAmplifier
from devices.laser import PAPER, EdgeCoupler, Laser
from devices.part import Part, quantity
from devices.phase_shifter import PhaseShifter
from devices.photodiode import Photodiode, responsivity_limit_a_per_w
from devices.power_limits import PowerLimits
from devices.ring_drive import RingDrive
from devices.ring_switch import RingSwitch
from devices.waveguide import Bend
from photonics.errors import InputError

Polarity = Literal["zero-coupled", "one-coupled"]
Gain = Literal["fixed", "per-symbol"]
Drive = Literal["shared", "per-digit"]
Rails = Literal["dual", "single"]

# Beyond this the power of a Gaussian fluctuation is below zero too often to be clipped unnoticed.
_MOST_INTENSITY_NOISE = 0.2


class MultiplierDesign(Part):
    """One modular multiplier: a shifter and a bypass between two rings, for every digit."""

    ring: RingSwitch = RingSwitch()
    shifter: PhaseShifter = PhaseShifter()
    bend: Bend = Bend()
    ring_drive: RingDrive = RingDrive()
    polarity: Polarity = quantity(
        "zero-coupled", "digit value that couples the rings", source=f"{PAPER}, Fig. 3(c)"
    )
    bypass_phase_rad: float = quantity(
        0.0,
        "phase of the bypass against the undriven shifter, by design, the same on both rails",
        source="not given by the paper",
    )
    bypass_phase_rms_rad: float = quantity(
        0.0,
        "fabrication spread of that phase from digit to digit, common to both rails",
        source="not given by the paper",
        ge=0,
    )
    static_phase_rms_rad: float = quantity(
        0.8e-3,
        "static phase of each path of a digit that calibration leaves, independent on the rails",
        source="assumption: the four paths of a digit together leave the 1.6 mrad that about 2000 "
        "calibration reads per row reach",
        ge=0,
    )
    drive: Drive = quantity(
        "shared", "one analog drive for all digits of a multiplier, or one each", source=PAPER
    )
    encoding: Encoding = quantity(
        "unsigned", "digits of the streamed integers", source=f"{PAPER}, Sec. IV-A"
    )
    rails: Rails = quantity(
        "dual", "two opposite rails, or a single one with a reference arm", source=PAPER
    )
    drive_inl_rms: float = quantity(
        0.0,
        "nonlinearity of each drive that calibration leaves, in levels",
        source="ideal limit: a converter fine enough to be trimmed",
        ge=0,
    )
    drive_gain_rms: float = quantity(
        2e-5,
        "relative error of each multiplier's drive that calibration leaves",
        source="assumption: a quarter of the budget for the unreduced phase of a chain",
        ge=0,
    )

    def code(self, modulus: int) -> DigitCode:
        """Code of the streamed integers of ``modulus``."""
        return DigitCode(modulus, self.encoding)

    @property
    def rail_shares(self) -> tuple[float, float]:
        """Share of the phase that each rail gives; a rail without one has no multipliers."""
        return (0.5, -0.5) if self.rails == "dual" else (1.0, 0.0)


class ReceiverDesign(Part):
    """The phase receiver: 90 degree hybrid, two balanced pairs, amplifiers, converters."""

    hybrid: HybridSpread = HybridSpread()
    photodiode: Photodiode = Photodiode()
    tia: TransimpedanceAmplifier = TransimpedanceAmplifier()
    rail_mismatch_s: float = quantity(
        0.1e-12,
        "difference of delay between the rails",
        source="assumption: 7 µm of guide between path-matched rails",
        ge=0,
    )
    adc_extra_bits: int = quantity(
        0,
        "converter bits beyond the digits of a residue",
        source=f"{PAPER}, Sec. IV-B: as many bits as digits",
        ge=0,
        le=14,
    )
    full_scale_ratio: float = quantity(
        1.25, "converter full scale over the amplitude it is set for", source="assumption", gt=0
    )
    gain: Gain = quantity("fixed", "how the full scale is set", source="the paper has no policy")

    @property
    def noise_bandwidth_hz(self) -> float:
        """Noise bandwidth of the receiver: that of its amplifier's filter."""
        return self.tia.noise_bandwidth_hz

    def adc(self, modulus: int) -> Adc:
        """The converter of each quadrature for residues of ``modulus``."""
        return Adc(bits=digit_count(modulus) + self.adc_extra_bits)


class Design(Part):
    """Everything optical and analog about a machine."""

    laser: Laser = Laser()
    coupler: EdgeCoupler = EdgeCoupler()
    multiplier: MultiplierDesign = MultiplierDesign()
    receiver: ReceiverDesign = ReceiverDesign()
    power_limits: PowerLimits = PowerLimits()
    signal_share: float = quantity(
        0.5,
        "share of the light that a single rail takes from its reference",
        source="optimal where the amplifier dominates the noise",
        gt=0,
        lt=1,
    )
    lane_power_w: dict[int, float] = Field(
        default={},
        description="laser power for the units of one modulus, where it differs from the rest",
    )

    @model_validator(mode="after")
    def _one_electron_per_photon(self) -> Self:
        diode, wavelength_m = self.receiver.photodiode, self.laser.wavelength_m
        limit = responsivity_limit_a_per_w(wavelength_m)
        if diode.responsivity_a_per_w > limit:
            raise InputError(
                "receiver.photodiode.responsivity_a_per_w",
                diode.responsivity_a_per_w,
                f"at most {limit:.4g} A/W at laser.wavelength_m = {wavelength_m:g}",
                "lower it, or use the laser's wavelength that the diode was measured at",
            )
        return self

    @model_validator(mode="after")
    def _small_intensity_noise(self) -> Self:
        rms = math.sqrt(self.laser.intensity_variance(self.receiver.noise_bandwidth_hz))
        if rms > _MOST_INTENSITY_NOISE:
            raise InputError(
                "laser.rin_db_per_hz",
                self.laser.rin_db_per_hz,
                f"fluctuates by {rms:.3g} rms within the receiver's bandwidth, "
                f"and a Gaussian model holds to {_MOST_INTENSITY_NOISE}",
                "lower it or receiver.tia.bandwidth_hz",
            )
        return self

    def unit_power_w(self, modulus: int) -> float:
        """Laser power of one dot-product unit of ``modulus``, both rails together."""
        return self.lane_power_w.get(modulus, self.laser.power_w)

    def rail_powers_w(self, modulus: int) -> tuple[float, float]:
        """Power that enters each rail on the chip; the first of two unlike ones has multipliers."""
        launched = self.unit_power_w(modulus) * self.coupler.transmission
        share = self.signal_share if self.multiplier.rails == "single" else 0.5
        return share * launched, (1.0 - share) * launched


def ideal_design() -> Design:
    """The limit in which nothing is lost, leaks, drifts or fluctuates.

    Reached through the physical parameters alone: lossless guides, rings so weakly coupled and
    so far detuned that nothing leaks, and a receiver of vanishing bandwidth.
    """
    ring = RingSwitch(coupling_power=1e-6, loss_db_per_m=0.0, detuning_m=4.5e-9)
    return Design(
        laser=Laser(rin_db_per_hz=-400.0, linewidth_hz=0.0),
        coupler=EdgeCoupler(loss_db=0.0),
        multiplier=MultiplierDesign(
            ring=ring,
            shifter=PhaseShifter(loss_db_per_m=0.0),
            bend=Bend(loss_db=0.0),
            static_phase_rms_rad=0.0,
            drive_gain_rms=0.0,
        ),
        receiver=ReceiverDesign(
            photodiode=Photodiode(dark_current_a=0.0),
            tia=TransimpedanceAmplifier(noise_a_per_rthz=0.0, bandwidth_hz=1e-6),
            rail_mismatch_s=0.0,
        ),
    )
