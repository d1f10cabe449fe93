"""Where the shifters of an array lie, and how they warm each other and the rings between them.

::

    row r    rail +  o▒▒o──o▒▒o──o▒▒o── ...    digits of all multipliers, one pitch apart:
             rail -  o▒▒o──o▒▒o──o▒▒o── ...    a shifter, a ring on either side; one rail pitch
    row r+1  rail +  o▒▒o──o▒▒o──o▒▒o── ...    below the other rail, one row pitch the next row

Shifters without heaters (the paper's) do not couple at all.  Coupling is counted between heaters
within reach, that of the die as a whole too: what comes from farther away warms both rails alike,
as a drift of the die does, and turns no phase between them.
"""

from __future__ import annotations

from typing import Self

from pydantic import model_validator

from devices.heat.thermal_crosstalk import HeaterCoupling
from devices.parameters.part import Part, quantity
from photonics.errors import InputError


class HeatLayout(Part):
    """Pitches of the shifters and the coupling of their heaters."""

    coupling: HeaterCoupling | None = quantity(
        None,
        "how heaters couple; none where shifters are not heaters",
        source="Demirkiran et al., ISCA 2024: electrostatic shifters, which do not",
    )
    digit_pitch_m: float = quantity(
        50e-6,
        "from digit to digit along a row",
        source="assumption: heater pitch",
        gt=0,
        le=1,
    )
    rail_pitch_m: float = quantity(
        100e-6,
        "between the rails of a row",
        source="assumption: two heater pitches",
        gt=0,
        le=1,
    )
    row_pitch_m: float = quantity(
        250e-6,
        "from row to row",
        source="assumption: both rails and a guard",
        gt=0,
        le=1,
    )
    ring_distance_m: float = quantity(
        25e-6,
        "from a shifter to either ring of its digit, along the row",
        source="assumption: half a heater pitch, midway between heaters",
        gt=0,
        le=1,
    )
    ring_share: float = quantity(
        1.0,
        "warmth of a ring over that of a shifter as far away; 0 for rings that heat does not reach",
        source="assumption: rings are isolated no better than shifters",
        ge=0,
        le=10,
    )
    reach_digits: int = quantity(
        4, "neighbours counted on either side along a row", source="numerical", ge=1, le=32
    )
    reach_rows: int = quantity(
        1,
        "rows counted on either side",
        source="numerical: one row pitch is five decay lengths",
        ge=0,
        le=8,
    )
    compensated: bool = quantity(
        True, "whether drives are set against the crosstalk that is known", source="by design"
    )
    coupling_error_rms: float = quantity(
        0.05,
        "relative error to which the controller knows each coupling",
        source="assumption: measured once, to 5 %",
        ge=0,
        lt=1,
    )

    @model_validator(mode="after")
    def _by_distance(self) -> Self:
        """Arrays couple by a law of distance: refuse what would be passed over in silence."""
        coupling = self.coupling
        if coupling is not None and coupling.measured is not None:
            raise InputError(
                "coupling.measured",
                f"{len(coupling.measured)} heaters",
                "belongs to heaters in a row, and an array couples by distance",
                "fit coupling.law to it",
            )
        return self
