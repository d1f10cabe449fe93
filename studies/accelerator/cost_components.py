"""Rows of components: what is paid for, how often, at what price, and where the price is from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mirage_core.cost.bill import Bill
from mirage_core.cost.component import Component
from mirage_core.cost.work import TOLD


def component_rows(
    basis: str, total: Bill, components: Mapping[str, Component]
) -> list[dict[str, Any]]:
    """One row for each component of a basis, as it is written to ``components.csv``.

    Args:
        basis: in which the prices hold.
        total: of all products.
        components: prices.
    """
    rows = []
    for name, c in components.items():
        paid = c.energy_j > 0.0
        energy = total.energy_j[name]
        rows.append(
            {
                "basis": basis,
                "component": name,
                "action": TOLD[c.action] if paid else "",
                "actions": float(getattr(total.work, c.action)) if paid else 0.0,
                "energy_per_action_j": c.energy_j,
                "energy_per_action_low_j": c.energy_j * c.low,
                "energy_per_action_high_j": c.energy_j * c.high,
                "power_w": c.power_w,
                "power_low_w": c.power_w * c.low,
                "power_high_w": c.power_w * c.high,
                "area_mm2": c.area_mm2,
                "energy_j": energy.value,
                "energy_low_j": energy.low,
                "energy_high_j": energy.high,
                "node": c.node,
                "status": c.status,
                "source": c.source,
            }
        )
    return rows
