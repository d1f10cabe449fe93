"""Every parameter of every preset, and one preset in full with its sources."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from mirage_core.machine.config import MachineConfig, load_machine, preset_names
from studies.report.tables import console, print_table


def quantities(model: BaseModel, prefix: str = "") -> Iterator[tuple[str, Any, str, str]]:
    """Dotted name, value, meaning and source of every parameter of a machine."""
    for name, field in type(model).model_fields.items():
        value = getattr(model, name)
        if isinstance(value, BaseModel):
            yield from quantities(value, f"{prefix}{name}.")
        else:
            extra = field.json_schema_extra
            source = str(extra.get("source", "")) if isinstance(extra, dict) else ""
            yield f"{prefix}{name}", value, field.description or "", source


def _text(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, dict):
        return ", ".join(f"{k}: {_text(v)}" for k, v in value.items()) or "-"
    return "-" if value is None else str(value)


def presets() -> dict[str, Any]:
    """Print every parameter of every preset, impairments and all; returns them."""
    machines = {name: load_machine(name) for name in preset_names()}
    tables = {n: {q[0]: _text(q[1]) for q in quantities(m)} for n, m in machines.items()}
    skipped = ("name", "description")
    # A part that one machine has and another lacks gives rows of its own.
    every = dict.fromkeys(q for table in tables.values() for q in table)
    names = [q for q in every if q not in skipped]
    print_table(
        "Presets: every parameter",
        ("parameter", *tables),
        [(q, *(table.get(q, "-") for table in tables.values())) for q in names],
    )
    for name, machine in machines.items():
        console().print(f"[bold]{name}[/]: {machine.description}")
    return {name: m.model_dump(mode="json") for name, m in machines.items()}


def preset(machine: MachineConfig) -> dict[str, Any]:
    """Print a machine in full, with meanings and sources."""
    print_table(
        f"{machine.name}: {machine.description}",
        ("parameter", "value", "meaning", "source of the default"),
        [
            (name, _text(value), meaning, source)
            for name, value, meaning, source in quantities(machine)
        ],
        text=("meaning", "source of the default"),
    )
    return machine.model_dump(mode="json")
