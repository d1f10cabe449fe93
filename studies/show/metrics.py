"""What a study may name: its metrics, and fields that are none of a machine."""

from __future__ import annotations

from typing import Any

from devices.parameters.tree import default_of, fields_of
from mirage_core.training.recipe import Recipe
from studies.metrics.conditions import Conditions
from studies.metrics.registry import metrics
from studies.report.tables import print_table
from studies.runner.table import averaged


def show() -> dict[str, Any]:
    """Print metrics, conditions and recipe."""
    measured = [
        {"name": m.name, "unit": m.unit, "over_replicas": averaged(m), "meaning": m.meaning}
        for m in metrics().values()
    ]
    fields = [
        {"name": f"{prefix}.{name}", "default": default_of(f), "meaning": f.description or ""}
        for prefix, kind in (("conditions", Conditions), ("recipe", Recipe))
        for name, f in fields_of(kind).items()
    ]
    print_table(
        "Metrics",
        ("name", "unit", "over replicas", "meaning"),
        [tuple(m.values()) for m in measured],
        text=("unit", "over replicas", "meaning"),
    )
    print_table(
        "What a study sets beside the parameters of a machine",
        ("field", "default", "meaning"),
        [(f["name"], _text(f["default"]), f["meaning"]) for f in fields],
        text=("meaning",),
    )
    return {"metrics": measured, "fields": fields}


def _text(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:g}"
    return "none" if value is None else str(value)
