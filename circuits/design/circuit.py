"""The design of the optical circuit: everything optical and analog about a machine."""

from __future__ import annotations

import json
import math
from hashlib import sha256
from typing import Any, Self

from pydantic import model_validator

from circuits.design.calibration import CalibrationPlan, Drift
from circuits.design.multiplier import Drive, MultiplierDesign, Polarity, Rails
from circuits.design.receiver import Gain, HybridDesign, ReceiverDesign
from devices.electronics.amplifier import TransimpedanceAmplifier
from devices.electronics.photodiode import Photodiode, responsivity_limit_a_per_w
from devices.light.laser import PAPER, EdgeCoupler, Laser
from devices.light.power_limits import PowerLimits
from devices.parameters.idle import refuse_idle
from devices.parameters.part import Part, quantity
from devices.parameters.tree import leaves
from devices.passive.coupler import Coupler, Splitter
from devices.passive.measured import MeasuredSplitter
from devices.passive.splitter import SplitterTree
from devices.passive.waveguide import Bend
from devices.shifters.linear import PhaseShifter
from devices.switches.ring import RingSwitch
from devices.switches.ring_trimmer import RingTrimmer
from photonics.errors import InputError
from photonics.units import db_to_power, loss_to_power

__all__ = [
    "Design",
    "Drive",
    "Gain",
    "MultiplierDesign",
    "Polarity",
    "Rails",
    "ReceiverDesign",
    "ideal_design",
]

# Beyond this the power of a Gaussian fluctuation is below zero too often to be clipped unnoticed.
_MOST_INTENSITY_NOISE = 0.2


class Design(Part):
    """Everything optical and analog about a machine, and the clock that it runs at.

    The feed is the tree that takes the light of the laser to the rows of an array.  Power of the
    laser is counted for one unit, so that splitting is no loss; the excess loss of the stages is.

    Refused if the tree does not serve its rows alike, for nothing tells them apart, and if a
    setting cannot act in a machine of this kind.
    """

    clock_hz: float = quantity(
        10e9, "symbols per second", source=f"{PAPER}, Sec. V-B", gt=0, le=1e12
    )
    laser: Laser = Laser()
    coupler: EdgeCoupler = EdgeCoupler()
    feed: SplitterTree = quantity(
        SplitterTree(imbalance_rms_db=0.0),
        "tree that takes the light to the rows of an array",
        source="by design",
        sources={"imbalance_rms_db": "ideal limit: every row gets the same light"},
    )
    rail_splitter: Splitter | MeasuredSplitter = Splitter()
    multiplier: MultiplierDesign = MultiplierDesign()
    receiver: ReceiverDesign = ReceiverDesign()
    power_limits: PowerLimits = PowerLimits()
    calibration: CalibrationPlan = CalibrationPlan()
    drift: Drift = Drift()
    signal_share: float = quantity(
        0.5,
        "share of the light that a single rail takes from its reference",
        source="optimal where the amplifier dominates the noise",
        gt=0,
        lt=1,
    )
    modulus_power_w: dict[int, float] = quantity(
        {},
        "laser power for the rows of one modulus, where it differs from the rest",
        source="the paper gives one power for all",
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
    def _rows_are_fed_alike(self) -> Self:
        for name in ("imbalance_db", "imbalance_rms_db"):
            if getattr(self.feed, name) != 0.0:
                allowed = "must be 0: every row of an array gets the same light"
                remedy = f"set feed.{name} to 0"
                raise InputError(f"feed.{name}", getattr(self.feed, name), allowed, remedy)
        refuse_idle(self.feed, ["phase_rms_rad"], "on rows whose light never meets", "feed.")
        return self

    @model_validator(mode="after")
    def _every_setting_acts(self) -> Self:
        """Refuse what a machine of this kind would pass over in silence."""
        multiplier, receiver = self.multiplier, self.receiver
        if multiplier.rails == "dual":
            refuse_idle(self, ["signal_share"], "with two rails, which are fed alike")
            why = "with two rails, whose chains delay alike"
            refuse_idle(receiver, ["reference_delay_s"], why, "receiver.")
        else:
            refuse_idle(multiplier, ["rail_drive"], "on a single rail", "multiplier.")
        if receiver.gain == "fixed":
            why = "on a gain that is fixed"
            refuse_idle(receiver, ["stage"], why, "receiver.")
            refuse_idle(self.calibration, ["max_gain_boost"], why, "calibration.")
        return self

    @model_validator(mode="after")
    def _both_rails_are_lit(self) -> Self:
        if not math.isfinite(self.rail_splitter.imbalance_db):
            allowed = "must send light to both rails"
            raise InputError("rail_splitter", "dark", allowed, "check the ports that were measured")
        return self

    @model_validator(mode="after")
    def _switches_work(self) -> Self:
        try:
            self.multiplier.switch.check(self.laser.wavelength_m)
        except InputError as error:
            field = f"multiplier.switch.{error.field}"
            raise InputError(field, error.value, error.allowed, error.remedy) from None
        ringless = self.multiplier.switch.cavity(self.laser.wavelength_m) is None
        if ringless and self.drift.heat_data != "calibration":
            allowed = "is for rings, which heat themselves, and there are none"
            raise InputError("drift.heat_data", self.drift.heat_data, allowed, "leave it out")
        settling_s = self.multiplier.switch.settling_s(self.multiplier.load_tolerance)
        if settling_s > self.symbol_s:
            raise InputError(
                "clock_hz",
                self.clock_hz,
                f"its symbols are shorter than the {settling_s:.3g} s in which switches settle",
                f"lower it below {1.0 / settling_s:.3g}, or take another kind of switch or arm",
            )
        return self

    @model_validator(mode="after")
    def _one_wavelength(self) -> Self:
        """Refuse parts that say what they do at another wavelength than the laser's."""
        light_m = self.laser.wavelength_m
        for leaf in leaves(self):
            working = leaf.name.endswith(".wavelength_m") and leaf.name != "laser.wavelength_m"
            if working and leaf.value != light_m:
                allowed = f"must be laser.wavelength_m, {light_m:g}"
                raise InputError(leaf.name, leaf.value, allowed, "set both alike")
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

    @property
    def digest(self) -> str:
        """What tells this design from all others: the SHA-256 of its parameters."""
        parameters = json.dumps(self.model_dump(mode="json"), sort_keys=True)
        return sha256(parameters.encode()).hexdigest()

    @property
    def symbol_s(self) -> float:
        """Time of a symbol."""
        return 1.0 / self.clock_hz

    def row_power_w(self, modulus: int) -> float:
        """Laser power of a row of ``modulus``, both rails together."""
        return self.modulus_power_w.get(modulus, self.laser.power_w)

    def scaled_light(self, factor: float) -> dict[str, Any]:
        """Changes, by dotted name, that give the rows of every modulus so many times the light."""
        powers_w = {modulus: factor * w for modulus, w in self.modulus_power_w.items()}
        return {"laser.power_w": factor * self.laser.power_w, "modulus_power_w": powers_w}

    @property
    def launch_loss_db(self) -> float:
        """Loss from the laser to both rails together: edge coupler, feed and splitter."""
        on_chip_db = self.feed.excess_loss_db + self.rail_splitter.excess_loss_db
        return self.coupler.loss_db + on_chip_db

    def rail_powers_w(self, modulus: int) -> tuple[float, float]:
        """Power that enters each rail on the chip; the first of two unlike ones has multipliers."""
        launched = self.row_power_w(modulus) * loss_to_power(self.launch_loss_db)
        share = self.signal_share if self.multiplier.rails == "single" else 0.5
        first = share * db_to_power(self.rail_splitter.imbalance_db)
        share = first / (first + (1.0 - share))
        return share * launched, (1.0 - share) * launched


def ideal_design() -> Design:
    """The limit in which nothing is lost, leaks, drifts or fluctuates.

    Reached through the physical parameters alone: lossless guides, rings so weakly coupled and
    so far detuned that nothing leaks, and a receiver of vanishing bandwidth.
    """
    ring = RingSwitch(
        coupling_power=1e-6,
        loss_db_per_m=0.0,
        detuning_m=4.5e-9,
        trimmer=RingTrimmer(spread_rms_m=0.0),
    )
    return Design(
        laser=Laser(rin_db_per_hz=-400.0, linewidth_hz=0.0),
        coupler=EdgeCoupler(loss_db=0.0),
        feed=SplitterTree(stage_loss_db=0.0, imbalance_rms_db=0.0),
        rail_splitter=Splitter(excess_loss_db=0.0, imbalance_rms_db=0.0),
        multiplier=MultiplierDesign(
            switch=ring,
            shifter=PhaseShifter(loss_db_per_m=0.0),
            bend=Bend(loss_db=0.0),
            coherence_length_m=None,
            index_rms=0.0,
            drive_gain_rms=0.0,
        ),
        receiver=ReceiverDesign(
            hybrid=HybridDesign(
                splitter=Splitter(excess_loss_db=0.0, imbalance_rms_db=0.0),
                coupler=Coupler(excess_loss_db=0.0, imbalance_rms_db=0.0),
            ),
            photodiode=Photodiode(dark_current_a=0.0),
            tia=TransimpedanceAmplifier(noise_a_per_rthz=0.0, bandwidth_hz=1e-6),
            rail_mismatch_s=0.0,
            memory="settled",
        ),
        calibration=CalibrationPlan(policy="none"),
    )
