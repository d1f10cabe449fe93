"""Both bases: the printed totals, and a machine from its own parts."""

from __future__ import annotations

import pytest

from circuits.control.cost import TrimmerCost
from mirage_core.core.tensor_core import TensorCore
from mirage_core.cost.array import ModularArray
from mirage_core.cost.bases import array_of, components_of, published_components
from mirage_core.cost.bill import area_mm2, peak
from mirage_core.cost.published.hardware import MIRAGE
from mirage_core.machine.loading import load_machine
from photonics.errors import InputError

ROBUST = load_machine("robust", ["array.units=1", "array.rows=4"])


def test_the_printed_totals_come_out() -> None:
    components = published_components()
    full = peak(MIRAGE, components)
    # Printed shares add up to 99.9 %.
    assert full.total_j.value == pytest.approx(19.95, rel=2e-3)
    assert full.energy_j["SRAM"].value == pytest.approx(12.35, rel=1e-3)
    assert full.energy_j["RNS conversion"].value == pytest.approx(1.237, rel=1e-3)
    assert area_mm2(components) == pytest.approx(476.6, rel=1e-9)
    assert {c.status for c in components.values()} == {"printed"}


def test_printed_prices_scale_with_rows_but_for_memory() -> None:
    machine = load_machine("isca2024", ["array.units=16"])
    array = array_of(machine, "published")
    assert (array.units, array.symbol_s, array.load_s) == (16, 1e-10, 5e-9)
    twice, once = (
        peak(a, published_components(a)) for a in (array, array_of(_paper(), "published"))
    )
    for name in once.energy_j:
        factor = 1.0 if name == "SRAM" else 2.0
        assert twice.energy_j[name].value == pytest.approx(factor * once.energy_j[name].value)
    tall = array_of(load_machine("isca2024", ["array.rows=16"]), "published")
    assert peak(tall, published_components(tall)).energy_j["laser"].value == pytest.approx(
        0.5 * once.energy_j["laser"].value
    )


def _paper() -> object:
    return load_machine("isca2024")


@pytest.mark.parametrize("change", ["bfp.group_size=8", "moduli=[29, 32, 33]"])
def test_the_paper_prints_no_prices_of_other_machines(change: str) -> None:
    with pytest.raises(InputError, match="for which the paper prints prices"):
        components_of(load_machine("isca2024", [change]), "published")
    with pytest.raises(InputError, match="must be one of physics, published"):
        components_of(ROBUST, "guessed")


def test_the_laser_is_that_of_every_row() -> None:
    parts = components_of(ROBUST, "physics")
    # 3 moduli of 4 rows, 8.5 mW each, at 20 %.
    assert parts["laser"].power_w == pytest.approx(3 * 4 * 8.5e-3 / 0.2)
    brighter = ROBUST.changed({"modulus_power_w": {32: 17e-3}})
    assert components_of(brighter, "physics")["laser"].power_w == pytest.approx(4 * 34e-3 / 0.2)


def test_switches_and_trimmers_are_counted_as_a_chip_has_them() -> None:
    parts = components_of(ROBUST, "physics")
    counted = TrimmerCost.of_chip(TensorCore(ROBUST).chip)
    trimmer = ROBUST.design.calibration.trimmer
    assert f"{counted.count:,} trimmers" in parts["phase trimmers"].source
    assert parts["phase trimmers"].power_w == pytest.approx(trimmer.expected_power_w(counted.count))
    assert parts["phase trimmers"].area_mm2 == pytest.approx(1e6 * counted.area_m2)
    # What a controller has set is within the range.
    component = parts["phase trimmers"]
    low_w, high_w = (component.power_w * x for x in (component.low, component.high))
    assert low_w < counted.power_w < high_w
    # 5, 5 and 6 digits (29, 32, 33), two switches each on two rails, 16 multipliers, 4 rows.
    switches = (5 + 5 + 6) * 2 * 2 * 16 * 4
    switch = ROBUST.design.multiplier.switch
    assert parts["switch trimmers"].power_w == pytest.approx(
        switches * switch.hold_power_w(coupled=True)
    )
    change_j = switch.change_energy_j(ROBUST.design.laser.wavelength_m)
    assert parts["switch drive"].energy_j == pytest.approx(0.5 * switches * change_j)


def test_one_configuration_moves_physics_and_cost_together() -> None:
    lossier = ROBUST.changed({"multiplier.switch.radius_m": 20e-6})
    before, after = (components_of(m, "physics") for m in (ROBUST, lossier))
    assert after["switch trimmers"].area_mm2 > before["switch trimmers"].area_mm2
    finer = ROBUST.changed({"receiver.adc_extra_bits": 6})
    assert components_of(finer, "physics")["ADC"].energy_j > before["ADC"].energy_j
    bare = ROBUST.changed({"calibration.policy": "none"})
    assert components_of(bare, "physics")["phase trimmers"].power_w == 0.0


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
    # One of six bits for every multiplier of three moduli: 6.8 pJ each.
    assert paper.energy_j == pytest.approx(3 * 106e-15 * 64)


def test_every_price_says_where_it_comes_from() -> None:
    for basis in ("physics", "published"):
        for component in components_of(_paper(), basis).values():  # type: ignore[arg-type]
            assert component.source
            assert component.low <= 1.0 <= component.high
            if component.status == "assumed":
                assert component.source.startswith("assumption")


def test_rows_of_a_sum_to_the_energy_of_many_units() -> None:
    """Peak power is linear in the units, but for controller and memory."""
    wide = load_machine("robust", ["array.units=2", "array.rows=4"])
    one, two = (peak(ModularArray.of(m), components_of(m, "physics")) for m in (ROBUST, wide))
    for name in one.energy_j:
        factor = 1.0 if name == "controller" else 2.0
        expected = factor * one.energy_j[name].value
        assert two.energy_j[name].value == pytest.approx(expected, rel=1e-12), name
