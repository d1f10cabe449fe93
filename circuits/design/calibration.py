"""How a chip is calibrated, and how it drifts afterwards: what a controller is given to do so."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import model_validator

from devices.heat.trimmer import Trimmer
from devices.parameters.part import Part, quantity
from devices.switches.ring_trimmer import RingTrimmer
from photonics.errors import InputError

Policy = Literal["measured", "none"]
Accept = Literal["good", "any"]

# With one bit a trimmer is either off or a turn.
_LEAST_BITS = 2


class CalibrationPlan(Part):
    """Readings that a controller may take of every row, and the parts that it sets.

    Trimmers reach a turn and a tenth: without that room, those near the ends of their range could
    not follow as others warm them.

    Resonances are taken to be trimmed already, to what ``multiplier.ring_spread`` says; their
    trimmers are counted and priced.
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
    ring_trimmer: RingTrimmer = RingTrimmer()
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
    """Temperature since the last calibration, drawn once for a chip, and pilots against it."""

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
    pilots: int = quantity(
        0,
        "pilot symbols by which each row's phase is tracked; none for no tracking",
        source="by design",
        ge=0,
        le=100_000,
    )
