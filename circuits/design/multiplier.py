"""The design of a modular multiplier: which parts, wired how, and how well they are made.

Polarity says which value of a streamed digit leaves its switches unbiased, and rings on resonance:

* ``zero-coupled`` (the paper's): a 0 couples the light into the bypass with its two bends, a 1
  lets it pass straight through the shifter.
* ``one-coupled``: a 1 couples the light into the shifter, a 0 lets it pass straight on.

Drive says whether the digits of a multiplier share one analog drive and differ in length (the
paper's), or have a converter each and equal lengths.  A shared drive multiplies every error of its
converter by the streamed integer; drives of their own are reduced modulo m first.

Rail drive says whether two rails share that drive, which swings them to either side of their
bias, or have a converter each.  Shifters that are linear about no bias do the same either way.

Rails says what the phase is measured against: ``dual`` (the paper's: opposite phases on two equal
rails), or ``single`` (a reference arm without multipliers, which carries no loss: not that of its
delay line either).

Spreads are those of a chip as it leaves the fab; what calibration makes of them is measured.
"""

from __future__ import annotations

import math
from typing import Literal, Self

from pydantic import SerializeAsAny, model_validator

from circuits.coding.digit_code import DigitCode, Encoding
from circuits.design.heat_layout import HeatLayout
from devices.electronics.dac import Dac
from devices.light.laser import PAPER
from devices.parameters.part import Part, quantity
from devices.passive.waveguide import Bend
from devices.shifters.linear import PhaseShifter
from devices.shifters.shifter import Shifter
from devices.switches.ring import RingSwitch
from devices.switches.switch import Switch
from devices.switches.switch_drive import SwitchDrive
from photonics.errors import InputError

Polarity = Literal["zero-coupled", "one-coupled"]
Drive = Literal["shared", "per-digit"]
RailDrive = Literal["shared", "own"]
Rails = Literal["dual", "single"]


class MultiplierDesign(Part):
    """One modular multiplier: a shifter and a bypass between two switches, for every digit."""

    switch: SerializeAsAny[Switch] = RingSwitch()
    switch_drive: SwitchDrive = SwitchDrive()
    shifter: SerializeAsAny[Shifter] = PhaseShifter()
    load_tolerance: float = quantity(
        1.0 / 128.0,
        "what a new drive may still be off by at the end of the time to load it, over its step, "
        "ringing included",
        source="half a step of the paper's 6-bit drive",
        gt=0,
        lt=1,
    )
    load_time_s: float | None = quantity(
        None,
        "time that a tile waits for its drives; none for as long as load_tolerance takes",
        source="derived: from the settling of the shifter",
        gt=0,
        le=1,
    )
    dac: Dac | None = quantity(
        None,
        "converter that drives the shifters; none for one without steps, trimmed to drive_inl_rms",
        source="ideal limit",
    )
    heat: HeatLayout = HeatLayout()
    bend: Bend = Bend()
    polarity: Polarity = quantity(
        "zero-coupled",
        "digit value that couples the light into the other path",
        source=f"{PAPER}, Fig. 3(c)",
    )
    bypass_phase_rad: float = quantity(
        0.0,
        "phase of the bypass against the shifter at its bias, by design, the same on both rails",
        source="not given by the paper",
        ge=-100,
        le=100,
    )
    bypass_phase_rms_rad: float = quantity(
        0.0,
        "fabrication spread of that phase from digit to digit, common to both rails",
        source="not given by the paper",
        ge=0,
        le=100,
    )
    coherence_length_m: float | None = quantity(
        4.17e-3,
        "length L_coh of guide over which roughness turns light by √2 rad rms: each path of length "
        "L comes with a phase of √(2 L / L_coh), independent of others; none for smooth guides",
        source="4.17 ± 0.42 mm of strip guides: Yang et al., Opt. Express 23, 16890 (2015)",
        gt=0,
        le=1e12,
    )
    index_rms: float = quantity(
        2.3e-3,
        "rms of the effective index over a die, as width and thickness vary; near one another "
        "guides are alike",
        source="derived: n_g Δf / f of resonances that spread by 105 GHz within a die, Zortman et "
        "al., Opt. Express 18, 23598 (2010)",
        ge=0,
        le=0.1,
    )
    index_correlation_m: float = quantity(
        2e-3,
        "distance over which that falls to exp(-1/2) of its variance",
        source="assumption: millimetres, as wafer maps of thickness have it",
        gt=0,
        le=1,
    )
    drive: Drive = quantity(
        "shared", "one analog drive for all digits of a multiplier, or one each", source=PAPER
    )
    rail_drive: RailDrive = quantity(
        "shared",
        "one converter for both rails, which drives them to either side of a bias, or one each, "
        "set for opposite phases",
        source=f"{PAPER}, Fig. 3: w V0 on one rail and -w V0 on the other",
    )
    encoding: Encoding = quantity(
        "unsigned", "digits of the streamed integers", source=f"{PAPER}, Sec. IV-A"
    )
    rails: Rails = quantity(
        "dual", "two opposite rails, or a single one with a reference arm", source=PAPER
    )
    drive_inl_rms: float = quantity(
        0.0,
        "nonlinearity of each drive that its own trimming leaves, in levels",
        source="ideal limit: a converter fine enough to be trimmed",
        ge=0,
        le=0.3,
    )
    drive_gain_rms: float = quantity(
        5e-3,
        "relative error of each multiplier's drive as fabricated",
        source="assumption: matching of converters and shifters before any trimming",
        ge=0,
        le=1,
    )

    shifter_gain_rms: float = quantity(
        0.0,
        "relative mismatch of each shifter's efficiency, which a drive that several share cannot "
        "take out",
        source="ideal limit: sections of one multiplier side by side; 9e-5 is what a chain allows",
        ge=0,
        le=0.05,
    )

    @model_validator(mode="after")
    def _converter_that_acts(self) -> Self:
        """Refuse what a machine would pass over in silence, or count twice."""
        dac = self.dac
        if dac is None:
            return self
        if self.shifter.drive_unit != "V":
            allowed, remedy = "drives shifters by a voltage", "leave it out, or change the shifter"
            raise InputError("dac", dac, f"{allowed}, and this one takes a current", remedy)
        if self.drive_inl_rms:
            allowed = "stands for a converter without steps, and there is a converter"
            raise InputError("drive_inl_rms", self.drive_inl_rms, allowed, "set it to 0")
        return self

    @model_validator(mode="after")
    def _heaters_warm(self) -> Self:
        """Refuse heat of shifters that are no heaters."""
        coupling = self.heat.coupling
        if coupling is not None and not self.shifter.heats:
            kind = getattr(self.shifter, "kind", type(self.shifter).__name__)
            allowed = f"is heat of heaters, and shifters of kind {kind} are none"
            raise InputError("heat.coupling", coupling, allowed, "set it to none")
        return self

    @model_validator(mode="after")
    def _drives_arrive(self) -> Self:
        """Refuse a time to load in which the shifter does not come near enough to its phase."""
        left = self.load_left
        if self.load_time_s is not None and left > self.load_tolerance:
            waited_s = self.shifter.settling_s(self.load_tolerance)
            raise InputError(
                "load_time_s",
                self.load_time_s,
                f"leaves {left:.3g} of a step of the drives, and load_tolerance allows "
                f"{self.load_tolerance:.3g}",
                f"wait for {waited_s:.3g} s, or take a shifter that settles or is damped faster",
            )
        return self

    def static_phase_rms_rad(self, length_m: float) -> float:
        """Rms phase that the roughness of a path of a length gives it."""
        coherence_m = self.coherence_length_m
        return 0.0 if coherence_m is None else math.sqrt(2.0 * length_m / coherence_m)

    @property
    def laid_out(self) -> HeatLayout:
        """Where shifters lie: no closer along a row than the two switches between them allow."""
        switches_m = 2.0 * self.switch.guide_m
        if switches_m <= self.heat.digit_pitch_m:
            return self.heat
        return self.heat.changed({"digit_pitch_m": switches_m})

    def code(self, modulus: int) -> DigitCode:
        """Code of the streamed integers of ``modulus``."""
        return DigitCode(modulus, self.encoding)

    @property
    def load_s(self) -> float:
        """Time until a new set of drives is read through."""
        if self.load_time_s is not None:
            return self.load_time_s
        return self.shifter.settling_s(self.load_tolerance)

    @property
    def load_left(self) -> float:
        """What is left of the largest step of a drive then, of its approach or of its ringing.

        A share of that step's phase; of the larger one of a step up and a step down.
        """
        low, high = self.shifter.phase_range_rad
        left = (
            abs(float(self.shifter.settling_rad(self.load_s, start, end)) - end)
            for start, end in ((low, high), (high, low))
        )
        return max(left) / (high - low)

    @property
    def rail_shares(self) -> tuple[float, float]:
        """Share of the phase that each rail gives; a rail without one has no multipliers."""
        return (0.5, -0.5) if self.rails == "dual" else (1.0, 0.0)

    @property
    def drives_per_digit(self) -> int:
        """Converters of a drive: one for each rail, or one that serves all there are."""
        return 2 if self.rail_drive == "own" else 1

    @property
    def multiplied_rails(self) -> int:
        """How many rails have multipliers."""
        return sum(share != 0.0 for share in self.rail_shares)
