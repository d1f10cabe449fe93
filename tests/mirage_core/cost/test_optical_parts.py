"""Prices of what handles light, against counts by hand and those of a chip."""

from __future__ import annotations

import math

from circuits.control.cost import TrimmerCost
from mirage_core.core.tensor_core import TensorCore
from mirage_core.cost.bases import components_of
from mirage_core.machine.loading import load_machine
from tests.close import close

ROBUST = load_machine("robust", ["array.units=1", "array.rows=4"])


def test_the_laser_is_that_of_every_row() -> None:
    parts = components_of(ROBUST, "physics")
    # 3 moduli of 4 rows, 8.5 mW each, at 20 %.
    assert parts["laser"].power_w == close(3 * 4 * 8.5e-3 / 0.2)
    brighter = ROBUST.changed({"modulus_power_w": {32: 17e-3}})
    assert components_of(brighter, "physics")["laser"].power_w == close(4 * 34e-3 / 0.2)


def test_switches_and_trimmers_are_counted_as_a_chip_has_them() -> None:
    parts = components_of(ROBUST, "physics")
    counted = TrimmerCost.of_chip(TensorCore(ROBUST).chip)
    assert f"{counted.count:,} trimmers" in parts["phase trimmers"].source
    assert parts["phase trimmers"].area_mm2 == close(1e6 * counted.area_m2)
    # At most one in a thousand is found on the other side of where trims turn by 2π.
    turn_w = ROBUST.design.calibration.trimmer.power_w_per_rad * 2.0 * math.pi
    assert abs(parts["phase trimmers"].power_w - counted.power_w) < 1e-3 * counted.count * turn_w
    # 5, 5 and 6 digits (29, 32, 33), two switches each on two rails, 16 multipliers, 4 rows.
    switches = (5 + 5 + 6) * 2 * 2 * 16 * 4
    switch = ROBUST.design.multiplier.switch
    assert parts["switch trimmers"].power_w == close(switches * switch.hold_power_w(coupled=True))
    change_j = switch.change_energy_j(ROBUST.design.laser.wavelength_m)
    assert parts["switch drive"].energy_j == close(0.5 * switches * change_j)


def test_a_few_rows_stand_for_all() -> None:
    """Trims near a whole turn spread by about 1.5 rad of 5.7: 4 rows of 262 agree to 5 σ = 4 %."""
    whole = load_machine("robust", [])
    parts = [components_of(x, "physics")["phase trimmers"].power_w for x in (ROBUST, whole)]
    assert parts[1] / (8 * 32) == close(parts[0] / 4, rel=0.04)
    # Half of a turn each would be half of what controllers set.
    trimmer = whole.design.calibration.trimmer
    assert parts[1] > 1.7 * trimmer.expected_power_w(262 * 8 * 32)


def test_heaters_are_held_and_beams_are_not() -> None:
    few = ["array.units=1", "array.rows=4"]
    held = components_of(load_machine("thermo-optic", few), "physics")["shifters"].power_w
    assert held > 0.1
    assert components_of(load_machine("isca2024", few), "physics")["shifters"].power_w == 0.0


def test_a_converter_has_the_bits_that_its_trimming_asks_for() -> None:
    # 3e-4 of a level is the rms of steps of 1.04e-3 levels: 29 levels are 14.8 bits.
    bits = components_of(ROBUST, "physics")["DAC"]
    assert "15 bits" in bits.source
    paper = components_of(load_machine("isca2024"), "physics")["DAC"]
    # 12,288 drives in turns of 100 while a tile is loaded.
    assert "123 converters" in paper.source
    assert paper.area_mm2 == close(123 * 0.072)
    # One of six bits for every multiplier of three moduli: 6.8 pJ each.
    assert paper.energy_j == close(3 * 106e-15 * 64)


def test_trimmers_may_take_no_power() -> None:
    found = components_of(ROBUST.changed({"calibration.trimmer.power_w_per_rad": 0}), "physics")
    assert found["phase trimmers"].power_w == 0.0
    assert found["phase trimmers"].area_mm2 > 0.0
