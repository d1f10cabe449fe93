"""Bills: parts sum to totals, layers to networks, ranges to intervals."""

from __future__ import annotations

import time

import pytest

from mirage_core.cost.array import ModularArray
from mirage_core.cost.bases import components_of
from mirage_core.cost.bill import Bill, Interval, NetworkBill, area_mm2, peak
from mirage_core.cost.component import Component
from mirage_core.cost.work import Work
from mirage_core.machine.loading import load_machine
from mirage_core.networks.catalogue import NETWORKS
from mirage_core.tracing.product import Product
from tests.close import close

ARRAY = ModularArray(units=2, rows=4, length=8, symbol_s=1e-9, load_s=10e-9)
COMPONENTS = {
    "ADC": Component(energy_j=2e-12, low=0.5, high=4.0, area_mm2=3.0, source="test"),
    "laser": Component(power_w=0.5, high=1.5, area_mm2=1.0, source="test"),
}
PRODUCTS = (
    Product("a", "forward", 10, 12, 5),
    Product("a", "dw", 10, 5, 12),
    Product("b", "forward", 7, 10, 5),
)


def test_energy_of_some_work() -> None:
    bill = Bill.of(Work(dots=100.0, macs=800.0), 1e-9, COMPONENTS)
    assert bill.energy_j["ADC"] == Interval(2e-10, 1e-10, 8e-10)
    total = bill.total_j
    assert (total.value, total.low, total.high) == close((7e-10, 6e-10, 15.5e-10))
    assert bill.power_w == close(0.7)
    assert bill.energy_per_mac_j == close(7e-10 / 800)
    assert (bill.dominant, bill.least_known) == ("laser", "ADC")


def test_what_has_no_range_is_said_to_have_none() -> None:
    printed = {"SRAM": Component(power_w=1.0, source="test")}
    assert Bill.of(Work(), 1.0, printed).least_known == "none: no ranges are known"


def test_no_work_takes_nothing() -> None:
    nothing = Bill.total([])
    assert (nothing.total_j.value, nothing.power_w, nothing.energy_per_mac_j) == (0.0, 0.0, 0.0)


@pytest.mark.parametrize("choice", ["DF1", "DF2", "OPT1", "OPT2"])
def test_layers_and_computations_sum_to_the_network(choice: str) -> None:
    bill = NetworkBill.of(PRODUCTS, ARRAY, COMPONENTS, choice)  # type: ignore[arg-type]
    total = bill.total
    for parts in (bill.by_layer(), bill.by_computation()):
        again = Bill.total(parts.values())
        assert again.time_s == close(total.time_s, rel=1e-12)
        assert again.total_j.value == close(total.total_j.value, rel=1e-12)
        assert again.work == total.work
    assert total.time_s == close(ARRAY.total_s(PRODUCTS, choice))  # type: ignore[arg-type]
    assert total.work.macs == sum(p.macs for p in PRODUCTS)
    parts_j = sum(e.value for e in total.energy_j.values())
    assert parts_j == close(total.total_j.value, rel=1e-12)
    assert list(bill.by_layer()) == ["a", "b"]
    assert bill.utilisation == close(ARRAY.utilisation(PRODUCTS, choice))  # type: ignore[arg-type]


def test_area_and_peak() -> None:
    assert area_mm2(COMPONENTS) == 4.0
    # 2 units of 4 rows, a symbol every nanosecond.
    assert peak(ARRAY, COMPONENTS).total_j.value == close(8e9 * 2e-12 + 0.5)


def test_energy_is_linear_in_the_batch_where_loads_do_not_count() -> None:
    array = ModularArray(2, 4, 8, 1e-9, load_s=0.0)
    energies = [
        NetworkBill.of(
            [Product("l", "forward", 8, 16, n)], array, COMPONENTS, "DF1"
        ).total.total_j.value
        for n in (10, 20, 40)
    ]
    assert energies[1] == close(2 * energies[0])
    assert energies[2] == close(4 * energies[0])


@pytest.mark.parametrize("scale", [2.0, 1e3])
def test_units_go_through_as_their_names_say(scale: float) -> None:
    """Seconds scale times and what is drawn all the time, joules energies, watts powers."""

    def total(seconds: float = 1.0, joules: float = 1.0, watts: float = 1.0) -> Bill:
        array = ModularArray(2, 4, 8, symbol_s=1e-9 * seconds, load_s=10e-9 * seconds)
        prices = {
            "ADC": Component(energy_j=2e-12 * joules, source="test"),
            "laser": Component(power_w=0.5 * watts, source="test"),
        }
        return NetworkBill.of(PRODUCTS, array, prices, "DF1").total

    plain = total()
    slower, dearer, brighter = total(seconds=scale), total(joules=scale), total(watts=scale)
    assert slower.time_s == close(scale * plain.time_s)
    assert slower.energy_j["ADC"] == plain.energy_j["ADC"]
    assert slower.energy_j["laser"].value == close(scale * plain.energy_j["laser"].value)
    assert dearer.energy_j["ADC"].value == close(scale * plain.energy_j["ADC"].value)
    assert brighter.energy_j["laser"].value == close(scale * plain.energy_j["laser"].value)
    assert dearer.time_s == brighter.time_s == plain.time_s


def test_a_network_of_fifty_layers_is_traced_and_priced_within_a_second() -> None:
    machine = load_machine("isca2024")
    before = time.process_time()
    products = NETWORKS["resnet50"].trace(256).products
    bill = NetworkBill.of(products, ModularArray.of(machine), components_of(machine, "physics"))
    assert bill.total.time_s > 0.0
    assert time.process_time() - before < 1.0
