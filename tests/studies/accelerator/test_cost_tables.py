"""Tables of cost, on a network small enough to check."""

from __future__ import annotations

import pytest

from mirage_core.cost.array import ModularArray
from mirage_core.cost.bill import NetworkBill
from mirage_core.cost.component import Component
from mirage_core.cost.memory import Memory, traffic
from mirage_core.tracing.product import Product
from studies.accelerator.cost_tables import print_layers, traffic_rows

ARRAY = ModularArray(units=2, rows=4, length=8, symbol_s=1e-9, load_s=10e-9)
PRODUCTS = (
    Product("first", "forward", 10, 12, 5),
    Product("second", "forward", 7, 10, 5),
    Product("second", "dw", 7, 5, 10),
)
PRICES = {
    "ADC": Component(energy_j=1e-12, source="test"),
    "DRAM": Component(action="dram_bytes", energy_j=3e-12, source="a memory of one's own"),
}
MEMORY = Memory(dram_bytes_per_s=1e9)
BILL = NetworkBill.of(PRODUCTS, ARRAY, PRICES, "DF1", MEMORY)


def test_traffic_is_summed_by_computation() -> None:
    rows = {row.computation: row for row in traffic_rows(BILL, MEMORY)}
    each = [traffic(p, "DF1", ARRAY, MEMORY) for p in PRODUCTS]
    assert rows["forward"].dram_bytes == each[0].dram + each[1].dram
    assert rows["dw"].stall_s == each[2].stall_s
    assert rows["dw"].dram_j == pytest.approx(3e-12 * each[2].dram)


def test_layers_are_listed_slowest_first(capsys: pytest.CaptureFixture[str]) -> None:
    print_layers("physics", BILL)
    shown = capsys.readouterr().out
    slowest = max(BILL.by_layer(), key=lambda name: BILL.by_layer()[name].time_s)
    other = {"first": "second", "second": "first"}[slowest]
    assert shown.index(slowest) < shown.index(other) < shown.index("forward")
    assert "2 slowest of 2 layers, and computations, physics" in shown
