"""Other machines at equal energy and equal area."""

from __future__ import annotations

from mirage_core.cost.bases import published_components
from mirage_core.cost.bill import NetworkBill
from mirage_core.cost.gpu import H100
from mirage_core.cost.published.counting import products
from mirage_core.cost.published.hardware import FORMATS, MIRAGE
from studies.accelerator.comparison import rivals, without_memory
from tests.close import close

PRODUCTS = products("resnet18")
BARE = NetworkBill.of(PRODUCTS, MIRAGE, without_memory(published_components()))
FOUND = {(r.name, r.rule): r for r in rivals(PRODUCTS, BARE)}


def test_memory_is_left_out() -> None:
    assert "SRAM" not in without_memory(published_components())
    assert BARE.area_mm2 == close(0.64 * 476.6)


def test_arrays_take_as_much_energy_in_a_cycle() -> None:
    symbol_j = BARE.total.power_w * MIRAGE.symbol_s
    int12 = FOUND["INT12", "equal energy"]
    assert int12.arrays == int(symbol_j / (512 * 0.71e-12)) == 2
    # A share of an array has as many rows less.
    fp32 = FOUND["FP32", "equal energy"]
    assert fp32.arrays == int(32 * symbol_j / (512 * 12.42e-12)) / 32
    macs = sum(p.macs for p in PRODUCTS)
    assert int12.energy_j == close(macs * 0.71e-12)
    assert int12.delay_energy_js == close(int12.energy_j * int12.time_s)


def test_arrays_fill_the_area() -> None:
    area = FORMATS["INT8"].area_mm2
    assert area is not None
    assert FOUND["INT8", "equal area"].arrays == int(BARE.area_mm2 / (512 * area))
    assert ("FMAC", "equal area") not in FOUND


def test_a_gpu_is_marked_as_a_roofline() -> None:
    (gpu,) = (r for r in FOUND.values() if r.arrays is None)
    assert "roofline" in gpu.name
    assert gpu.time_s == H100.total_s(PRODUCTS)
