"""Metrics of cost against the bill of the same network, and against what must move them."""

from __future__ import annotations

import pytest

from mirage_core.cost.bases import array_of, components_of
from mirage_core.cost.bill import NetworkBill
from mirage_core.networks.catalogue import NETWORKS
from studies.metrics import cost
from studies.metrics.conditions import Conditions
from tests.studies.metrics.machines import at

SMALL = {"network": "alexnet", "batch": 2}


def test_metrics_are_those_of_the_bill() -> None:
    point = at("isca2024", **SMALL)
    machine, products = point.machine, NETWORKS["alexnet"].trace(2).products
    bill = NetworkBill.of(products, array_of(machine, "physics"), components_of(machine, "physics"))
    assert cost.step_time_s(point) == bill.total.time_s
    assert cost.step_energy_j(point) == bill.total.total_j.value
    assert cost.area_mm2(point) == bill.area_mm2
    macs = sum(product.macs for product in products)
    assert cost.energy_per_mac_pj(point) == pytest.approx(
        1e12 * cost.step_energy_j(point) / macs, rel=1e-9
    )


def test_more_light_takes_more_power_and_no_more_time() -> None:
    # Phase trimmers left out: brighter readings leave rings, hence digits, at other phases.
    dim, lit = (
        at("isca2024", {"laser.power_w": p, "calibration.policy": "none"}, **SMALL)
        for p in (1e-3, 2e-3)
    )
    # 768 units, at a fifth of their power.
    assert cost.peak_power_w(lit) - cost.peak_power_w(dim) == pytest.approx(768 * 1e-3 / 0.2)
    assert cost.step_time_s(lit) == cost.step_time_s(dim)


def test_twice_the_units_take_twice_the_area() -> None:
    one, two = (at("isca2024", {"array.units": n}, **SMALL) for n in (4, 8))
    assert cost.area_mm2(two) == pytest.approx(2.0 * cost.area_mm2(one), rel=0.3)
    assert cost.step_time_s(two) < cost.step_time_s(one)


def test_every_network_can_be_priced() -> None:
    assert set(NETWORKS) == set(Conditions.model_fields["network"].annotation.__args__)  # type: ignore[union-attr]
