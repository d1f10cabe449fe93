"""Products in the formats of others, read back."""

from __future__ import annotations

import csv
import io

import pytest

from mirage_core.cost.exports import accelforge_yaml, scale_sim_csv
from mirage_core.tracing.product import Product

yaml = pytest.importorskip("yaml")

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


def test_a_workload_of_accelforge() -> None:
    """Read back: its ranks are those of the products, and projections name no other."""
    workload = yaml.safe_load(accelforge_yaml(PRODUCTS))["workload"]
    assert workload["bits_per_value"] == {"All": 32}
    found = []
    for einsum in workload["einsums"]:
        stationary, streamed, output = einsum["tensor_accesses"]
        assert output["output"] is True
        group, row, depth = stationary["projection"]
        assert streamed["projection"][:2] == [group, depth]
        assert output["projection"] == [group, row, streamed["projection"][2]]
        assert einsum["renames"]["weight"] == stationary["name"]
        ranks = [group, row, depth, streamed["projection"][2]]
        found.append(tuple(workload["rank_sizes"][rank.upper()] for rank in ranks))
    assert found == [(1, 64, 363, 100), (2, 5, 6, 7)]
    names = [t["name"] for e in workload["einsums"] for t in e["tensor_accesses"]]
    assert len(set(names)) == len(names)
