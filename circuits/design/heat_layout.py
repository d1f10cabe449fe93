"""Where the shifters of an array lie, and how they warm each other and the rings between them.

::

    row r    rail +  o▒▒o──o▒▒o──o▒▒o── ...    digits of all multipliers, one pitch apart:
             rail -  o▒▒o──o▒▒o──o▒▒o── ...    a shifter, a ring on either side; one rail pitch
    row r+1  rail +  o▒▒o──o▒▒o──o▒▒o── ...    below the other rail, one row pitch the next row

Shifters without heaters (the paper's) do not couple at all.  Coupling is counted between heaters
within reach, that of the die as a whole too: what comes from farther away warms both rails alike,
as a drift of the die does, and turns no phase between them.

Heaters couple by a law of distance, or as they were measured (``[multiplier.heat.coupling]``):

* ``stencil``: what a heater does to the shifters around it, the same everywhere.  The lines of a
  heater of rail +, then those of one of rail -; of each, rows from ``-reach_rows`` to
  ``reach_rows`` away, and of each row the shifters of rail +, then those of rail -.  Columns are
  places from ``-reach_digits`` to ``reach_digits`` away.  ``reach_rows = 0`` leaves out all rows
  but a heater's own.
* ``measured``: K of the heaters of one row, which all rows share, and no heat between rows.  Rail
  + comes first, then rail -; on a rail multiplier after multiplier, and of each the digits, least
  first.  So the rows of all moduli must have as many digits.

A single rail has no lines of the other.  Each heater counts against its own phase: K_ij / K_jj.
What was measured says nothing of the rings between: ``switch_coupling`` does, by a law.
"""

from __future__ import annotations

from typing import Self

from pydantic import model_validator

from devices.heat.thermal_crosstalk import HeaterCoupling
from devices.parameters.idle import refuse_idle
from devices.parameters.part import Part, quantity
from photonics.errors import InputError

# What says something of heaters alone; pitches are those of the shifters, heated or not.
_OF_HEATERS = ("switch_share", "reach_digits", "reach_rows", "compensated", "coupling_error_rms")


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
    switch_distance_m: float = quantity(
        25e-6,
        "from a shifter to either ring of its digit, along the row",
        source="assumption: half a heater pitch, midway between heaters",
        gt=0,
        le=1,
    )
    switch_coupling: HeaterCoupling | None = quantity(
        None,
        "how heaters warm rings, by a law of distance; none for as they warm shifters",
        source="by design: a ring is as good a neighbour as a shifter",
    )
    switch_share: float = quantity(
        1.0,
        "warmth of a ring over that of a shifter as far away; 0 for rings that heat does not reach",
        source="assumption: rings are isolated no better than shifters",
        ge=0,
        le=10,
    )
    reach_digits: int = quantity(
        4,
        "neighbours counted on either side along a row; rings only, where a whole row was measured",
        source="numerical",
        ge=1,
        le=32,
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
    def _is_told(self) -> Self:
        """Refuse what nobody knows, and what would be passed over in silence."""
        coupling, of_rings = self.coupling, self.switch_coupling
        if coupling is None:
            if of_rings is not None:
                allowed = "cannot act without heaters"
                raise InputError("switch_coupling", of_rings, allowed, "give coupling too")
            refuse_idle(self, _OF_HEATERS, "without heaters, which coupling stands for")
            return self
        if of_rings is not None and of_rings.law is None:
            allowed = "must be a law of distance: rings lie between what was measured"
            raise InputError("switch_coupling", of_rings, allowed, "set switch_coupling.law")
        if coupling.law is None and of_rings is None and self.switch_share:
            allowed = "needs to be told how heaters warm rings: what was measured does not say"
            remedy = "set switch_coupling.law, or switch_share to 0"
            raise InputError("switch_share", self.switch_share, allowed, remedy)
        if coupling.measured is not None and self.reach_rows:
            allowed = "cannot act beside coupling.measured, which says nothing of other rows"
            raise InputError("reach_rows", self.reach_rows, allowed, "set it to 0")
        return self
