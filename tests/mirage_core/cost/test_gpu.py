"""The roofline of a GPU."""

from __future__ import annotations

from mirage_core.cost.gpu import H100, Gpu
from mirage_core.tracing.product import Product
from tests.close import close

SMALL = Gpu("test", macs_per_s=100.0, bytes_per_s=10.0, power_w=5.0, area_mm2=1.0, value_bytes=2)


def test_the_slower_of_arithmetic_and_memory_counts() -> None:
    busy = Product("l", "forward", 10, 10, 10)
    assert SMALL.time_s(busy) == close(2 * 300 / 10)
    quick = Gpu("test", 100.0, 1e9, 5.0, 1.0, 2)
    assert quick.time_s(busy) == close(10.0)
    assert quick.total_s([busy, busy]) == close(20.0)
    assert quick.energy_j([busy]) == close(50.0)
    assert close(989.4e12) == 2 * H100.macs_per_s
