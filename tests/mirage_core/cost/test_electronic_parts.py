"""Prices of what is electronic, by hand."""

from __future__ import annotations

from mirage_core.cost.converter_law import adc_energy_j
from mirage_core.cost.electronic_parts import electronic_parts
from mirage_core.machine.loading import load_machine
from tests.close import close

PAPER = load_machine("isca2024")
PARTS = electronic_parts(PAPER)


def test_receivers_have_two_converters_and_two_amplifiers() -> None:
    # 5, 5 and 6 bits.
    expected_j = 2 * (2 * adc_energy_j(5) + adc_energy_j(6))
    assert PARTS["ADC"].energy_j == close(expected_j, rel=1e-6)
    # 2 x 768 rows of 0.03 mm².
    assert PARTS["ADC"].area_mm2 == close(46.08)
    assert PARTS["amplifiers"].energy_j == close(2 * 57e-15 * 16)


def test_gain_stages_cost_where_the_gain_follows_the_data() -> None:
    assert PARTS["gain stages"].power_w == 0.0
    robust = electronic_parts(load_machine("robust"))
    assert robust["gain stages"].power_w == close(2 * 768 * 1e-3)


def test_memory_is_paid_by_the_byte() -> None:
    # 2.5 pJ a byte: one number a value, and a sum wherever it is read or written.
    assert PARTS["SRAM streams"].energy_j == close(10e-12)
    assert PARTS["SRAM sums"].energy_j == close(10e-12)
    assert (PARTS["SRAM sums"].action, PARTS["accumulators"].action) == ("moves", "sums")
    assert PARTS["accumulators"].energy_j == close(0.9e-12)


def test_converters_are_linear_in_the_moduli() -> None:
    three = load_machine("isca2024-ideal")
    changes = {"redundancy.policy": "drop", "redundancy.redundant_moduli": (25, 29)}
    areas = [electronic_parts(m)["ADC"].area_mm2 for m in (three.changed(changes), three)]
    assert areas[0] / areas[1] == close(5 / 3)
