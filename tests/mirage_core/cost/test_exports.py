"""Products in the formats of others, read back."""

from __future__ import annotations

import csv
import io
import re

from mirage_core.cost.array import ModularArray
from mirage_core.cost.exports import scale_sim_csv, timeloop_yaml
from mirage_core.tracing.product import Product

PRODUCTS = (
    Product("features.0", "forward", 64, 363, 100),
    Product("", "dw", 5, 6, 7, count=2),
)


def test_a_topology_of_scale_sim() -> None:
    rows = list(csv.reader(io.StringIO(scale_sim_csv(PRODUCTS))))
    assert rows[0] == ["Layer", "M", "N", "K", ""]
    assert rows[1] == ["000_features_0_forward_0", "100", "64", "363", ""]
    assert [row[1:4] for row in rows[2:]] == [["7", "5", "6"]] * 2
    macs = sum(int(m) * int(n) * int(k) for _, m, n, k, _ in rows[1:])
    assert macs == sum(p.macs for p in PRODUCTS)


def test_a_plain_list_of_products() -> None:
    text = timeloop_yaml(PRODUCTS, ModularArray(8, 32, 16, 1e-10, 5e-9))
    first, *problems = text.split("---\n")
    assert first.startswith("# Matrix products")
    assert "no input of a simulator" in first
    assert "rows: 32" in first
    found = [
        tuple(map(int, match))
        for match in re.findall(r"G: (\d+), M: (\d+), K: (\d+), N: (\d+)", text)
    ]
    assert len(problems) == len(found) == 2
    assert found == [(1, 64, 363, 100), (2, 5, 6, 7)]
