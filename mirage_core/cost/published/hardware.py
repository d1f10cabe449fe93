"""The paper's hardware in numbers: its arrays, and the systolic arrays it compares them with.

Source: Demirkiran et al., ISCA 2024, arXiv 2311.17323v2, Table II, Fig. 9, Sec. V and VI.
"""

from __future__ import annotations

from dataclasses import dataclass

from mirage_core.cost.array import ModularArray
from mirage_core.cost.systolic import SystolicArrays

MIRAGE = ModularArray(units=8, rows=32, length=16, symbol_s=0.1e-9, load_s=5e-9)
"""Eight units of 32 rows of 16 multipliers, 10 GHz, 5 ns for a tile."""

MODULI = (31, 32, 33)
DOT_PRODUCTS_PER_S = MIRAGE.units * MIRAGE.rows / MIRAGE.symbol_s
"""Dot products of three moduli in a second."""
MULTIPLIERS = MIRAGE.units * MIRAGE.rows * MIRAGE.length
UNITS_OF_ONE_MODULUS = MIRAGE.units * MIRAGE.rows * len(MODULI)
"""Rows of all moduli together."""

PEAK_POWER_W = 19.95
AREA_MM2 = 476.6
ENERGY_PER_MAC_J = 0.21e-12
POWER_SHARES = {
    "SRAM": 0.619,
    "laser": 0.144,
    "amplifiers": 0.144,
    "RNS conversion": 0.062,
    "accumulators": 0.014,
    "DAC and ADC": 0.011,
    "BFP conversion": 0.005,
}
"""Shares of the peak power, Fig. 9."""
AREA_SHARES = {"photonics": 0.491, "SRAM": 0.360, "ADC": 0.097, "DAC": 0.040, "others": 0.012}
"""Shares of the area of both chiplets, Fig. 9."""

DRAWN_POWER_W = 7.40
"""Power with which the number of systolic arrays of equal energy comes out as drawn.

Derived: any from 7.392 to 7.459 W gives the drawn 3, 14, 65 and 110 rows of FP32, bfloat16, INT12
and INT8 (:func:`equal_energy`).  Between the 7.60 W of Fig. 9 without SRAM and the 7.27 W that
follow from the power of FMAC; Table II's 0.21 pJ would be 8.60 W.
"""
OPERATIONS_PER_MAC = 2
"""Operations for which Fig. 8 must charge Table II's energy of one multiply-accumulate.

Derived: so the mean power and energy-delay of every format but FMAC come out within 5 %, at equal
energy and at equal area; with one operation all of them are half of what is drawn.
"""


@dataclass(frozen=True)
class Format:
    """A multiplier of a systolic array.

    Attributes:
        name: of the number format.
        energy_j: of a multiply-accumulate, printed.
        area_mm2: of a multiplier, printed; none where it is not.
        clock_hz: printed.
        drawn_rows: rows of the one array of 16 that Fig. 8 draws at equal energy.
        drawn_arrays: arrays of 32 x 16 that Fig. 8 draws at equal area.
    """

    name: str
    energy_j: float
    area_mm2: float | None
    clock_hz: float
    drawn_rows: int
    drawn_arrays: int | None


FORMATS = {
    f.name: f
    for f in (
        Format("FP32", 12.42e-12, 9.6e-3, 500e6, 3, 47),
        Format("bfloat16", 3.20e-12, 3.5e-3, 500e6, 14, 107),
        Format("HFP8", 1.47e-12, 1.4e-3, 500e6, 19, 308),
        Format("INT12", 0.71e-12, 7.7e-4, 1e9, 65, 587),
        Format("INT8", 0.42e-12, 4.1e-4, 1e9, 110, 1107),
        Format("FMAC", 0.11e-12, None, 500e6, 410, None),
    )
}
"""Table II, with what Fig. 8 draws."""


def equal_energy(form: Format, power_w: float = DRAWN_POWER_W) -> SystolicArrays:
    """One array of 16 multipliers in a row with so many rows that a cycle takes as much energy.

    As the paper must have scaled: all multipliers of either machine together take the same energy
    in a cycle of their own, whatever its length::

        rows = floor(power symbol / (16 energy))
    """
    cycle_j = power_w * MIRAGE.symbol_s
    rows = max(int(cycle_j / (MIRAGE.length * form.energy_j)), 1)
    return SystolicArrays(1, form.clock_hz, rows, MIRAGE.length, outputs_loaded=True)


def equal_area(form: Format, area_mm2: float) -> SystolicArrays:
    """Arrays of 32 x 16 multipliers that fit in an area."""
    if form.area_mm2 is None:
        raise ValueError(f"the area of {form.name} is not printed")
    each_mm2 = MIRAGE.rows * MIRAGE.length * form.area_mm2
    arrays = max(int(area_mm2 / each_mm2), 1)
    return SystolicArrays(arrays, form.clock_hz, outputs_loaded=True)


PHOTONIC_MM2 = AREA_SHARES["photonics"] * AREA_MM2
"""Area of the photonic chiplet, which the drawn arrays of equal area take."""
