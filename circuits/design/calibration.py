"""How a chip is calibrated, and how it drifts afterwards: what a controller is given to do so."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import model_validator

from devices.heat.trimmer import Trimmer
from devices.parameters.part import Part, quantity
from photonics.errors import InputError

HeatData = Literal["calibration", "uniform", "sparse"]
Policy = Literal["measured", "none"]
Accept = Literal["good", "any"]

# With one bit a trimmer is either off or a turn.
_LEAST_BITS = 2


class CalibrationPlan(Part):
    """Readings that a controller may take of every row, and the parts that it sets.

    Trimmers reach a turn and a tenth: without that room, those near the ends of their range could
    not follow as others warm them.

    Switches are trimmed before, by readings of as many symbols as these; see
    :class:`devices.switches.switch.Switch`.
    """

    policy: Policy = quantity(
        "measured",
        "whether chips are calibrated by measurement, or run as they leave the fab",
        source="by design; the paper leaves variations to other work",
    )
    accept: Accept = quantity(
        "good",
        "calibrations that count: those within the range of trimmers whose readings scatter about "
        "as expected, or any",
        source="by design",
    )
    reads: int = quantity(
        2000,
        "patterns read on every row",
        source="2 σ / √reads = 1.6 mrad at 36 mrad",
        ge=200,
        le=100_000,
    )
    averages: int = quantity(
        1,
        "symbols averaged in each reading of a pattern",
        source="by design",
        ge=1,
        le=1_000_000,
    )
    max_gain_boost: float = quantity(
        4.0,
        "most by which the gain of receivers is raised above that of symbols while calibrating, "
        "where it is set symbol by symbol",
        source="assumption: 12 dB, within the range of gain stages",
        ge=1,
        le=1_000,
    )
    trimmer: Trimmer = quantity(
        Trimmer(range_rad=7.0, bits=13),
        "trimmer of each path",
        source="by design",
        sources={
            "range_rad": "assumption: a turn and a tenth, room to follow the warmth of others",
            "bits": "assumption: 0.25 mrad rms, well within the 1.6 to 1.9 mrad allowed per digit",
        },
    )
    drive_step: float = quantity(
        1e-5,
        "step of the trim of each drive, relative",
        source="assumption: fine enough not to count beside what is measured",
        ge=0,
        le=0.1,
    )
    receiver_step: float = quantity(
        1e-3,
        "step of the gain of each quadrature, and of what its offset trim takes off at most, as a "
        "fraction of the full scale",
        source="assumption: 0.3 mrad rms, fine enough not to count beside what is measured",
        ge=0,
        le=0.1,
    )

    @model_validator(mode="after")
    def _trims(self) -> Self:
        if self.policy == "measured" and self.trimmer.bits < _LEAST_BITS:
            raise InputError(
                "trimmer.bits",
                self.trimmer.bits,
                f"a trimmer that is set by measurement needs at least {_LEAST_BITS}",
                "or set calibration.policy=none",
            )
        return self


class Drift(Part):
    """What has changed since the last calibration, and pilots against what it does.

    One draw for the life of a chip, and on top of it what wanders about its mean: the temperature
    of the die, the difference between the rails of each row, and the frequency of the laser.  The
    time of training step n is n ``step_s``.
    """

    common_rms_k: float = quantity(
        0.0,
        "of the whole die",
        source="ideal limit: none since calibration",
        ge=0,
        le=100,
    )
    rail_rms_k: float = quantity(
        0.0,
        "of the difference between the rails of a row, row by row",
        source="ideal limit: none since calibration",
        ge=0,
        le=10,
    )
    heat_data: HeatData = quantity(
        "calibration",
        "what streams while the chip runs, for the heat that rings make of their own light: as in "
        "the calibration (half of all bits are one), uniform integers, or sparse ones (nine of ten "
        "are zero)",
        source="ideal limit: as in the calibration",
    )
    pilots: int = quantity(
        0,
        "pilot symbols by which each row's phase is tracked; none for no tracking",
        source="by design",
        ge=0,
        le=100_000,
    )
    pilot_period_steps: int = quantity(
        0,
        "training steps from one set of pilots to the next; none for pilots at the start alone",
        source="by design",
        ge=0,
        le=1_000_000,
    )
    step_s: float = quantity(
        0.0,
        "time of a training step, with all that a host does in it; none for what does not wander",
        source="to be stated: mirage cost gives the time that the machine itself takes",
        ge=0,
        le=1e6,
    )
    common_wander_rms_k: float = quantity(
        0.0,
        "of the whole die about its mean",
        source="ideal limit; thermoelectric coolers hold a package to 1 to 10 mK",
        ge=0,
        le=10,
    )
    common_wander_s: float = quantity(
        10.0,
        "correlation time of that",
        source="assumption: the loop of a cooler settles within seconds",
        gt=0,
        le=1e9,
    )
    rail_wander_rms_k: float = quantity(
        0.0,
        "of the difference between the rails of a row about its mean, row by row",
        source="ideal limit",
        ge=0,
        le=1,
    )
    rail_wander_s: float = quantity(
        10.0,
        "correlation time of that",
        source="assumption: as that of the die, whose gradients it comes from",
        gt=0,
        le=1e9,
    )
    laser_wander_rms_hz: float = quantity(
        0.0,
        "of the frequency of the laser about its mean",
        source="ideal limit; a DFB laser moves by about 10 GHz/K, and is held to 1 to 10 mK",
        ge=0,
        le=1e12,
    )
    laser_wander_s: float = quantity(
        60.0,
        "correlation time of that",
        source="assumption: temperature and current of a laser wander within minutes",
        gt=0,
        le=1e9,
    )

    @model_validator(mode="after")
    def _clocked(self) -> Self:
        if any(self.wander_rms) and self.step_s == 0.0:
            allowed = "must be above 0 for what wanders from step to step"
            raise InputError("step_s", self.step_s, allowed, "state the time of a training step")
        if self.pilot_period_steps and not self.pilots:
            allowed = "needs pilots, and pilots is 0"
            remedy = "set pilots, or pilot_period_steps to 0"
            raise InputError("pilot_period_steps", self.pilot_period_steps, allowed, remedy)
        return self

    @property
    def wander_rms(self) -> tuple[float, float, float]:
        """Rms of all that wanders: K of the die, K between the rails, Hz of the laser."""
        return self.common_wander_rms_k, self.rail_wander_rms_k, self.laser_wander_rms_hz

    @property
    def wander_s(self) -> tuple[float, float, float]:
        """Correlation times of the same."""
        return self.common_wander_s, self.rail_wander_s, self.laser_wander_s

    @property
    def wanders(self) -> bool:
        """Whether anything changes from step to step."""
        return any(self.wander_rms)

    @property
    def at_start(self) -> Drift:
        """What a chip has behind it when its first step begins: the one draw, tracked once."""
        kept = ("common_rms_k", "rail_rms_k", "pilots")
        return Drift(**{name: getattr(self, name) for name in kept})
