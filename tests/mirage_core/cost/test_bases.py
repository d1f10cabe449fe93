"""Both bases: the printed totals, and a machine from its own parts."""

from __future__ import annotations

import pytest

from mirage_core.cost.array import ModularArray
from mirage_core.cost.bases import array_of, components_of, published_components
from mirage_core.cost.bill import area_mm2, peak
from mirage_core.cost.published.hardware import MIRAGE
from mirage_core.machine.loading import load_machine
from photonics.errors import InputError
from tests.close import close

ROBUST = load_machine("robust", ["array.units=1", "array.rows=4"])


def test_the_printed_totals_come_out() -> None:
    components = published_components()
    full = peak(MIRAGE, components)
    # Printed shares add up to 99.9 %.
    assert full.total_j.value == close(19.95, rel=2e-3)
    assert full.energy_j["SRAM"].value == close(12.35, rel=1e-3)
    assert full.energy_j["RNS conversion"].value == close(1.237, rel=1e-3)
    assert area_mm2(components) == close(476.6, rel=1e-9)
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
        assert twice.energy_j[name].value == close(factor * once.energy_j[name].value)
    tall = array_of(load_machine("isca2024", ["array.rows=16"]), "published")
    assert peak(tall, published_components(tall)).energy_j["laser"].value == close(
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


def test_one_configuration_moves_physics_and_cost_together() -> None:
    lossier = ROBUST.changed({"multiplier.switch.radius_m": 20e-6})
    before, after = (components_of(m, "physics") for m in (ROBUST, lossier))
    assert after["switch trimmers"].area_mm2 > before["switch trimmers"].area_mm2
    finer = ROBUST.changed({"receiver.adc_extra_bits": 6})
    assert components_of(finer, "physics")["ADC"].energy_j > before["ADC"].energy_j
    bare = ROBUST.changed({"calibration.policy": "none"})
    assert components_of(bare, "physics")["phase trimmers"].power_w == 0.0


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
        assert two.energy_j[name].value == close(expected, rel=1e-12), name


def test_a_settled_clock_needs_fewer_digital_copies() -> None:
    """10 GHz take ten copies of 1 GHz; 0.49 GHz take one."""
    machine = load_machine("isca2024")
    fast, settled = (components_of(machine, "physics", settled=s) for s in (False, True))
    for name in ("RNS conversion", "RNS conversion of streams", "BFP conversion"):
        assert fast[name].area_mm2 == close(10 * settled[name].area_mm2)
    assert fast["ADC"] == settled["ADC"]
