"""Every parameter of every preset, and one preset in full with its sources."""

from __future__ import annotations

from typing import Any

from mirage_core.machine.config import MachineConfig
from mirage_core.machine.loading import load_machine, preset_names
from studies.report.tables import console, print_table


def _text(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, dict):
        return ", ".join(f"{k}: {_text(v)}" for k, v in value.items()) or "-"
    if isinstance(value, tuple) and value and isinstance(value[0], tuple):
        return f"{len(value)} by {len(value[0])} matrix"
    return "-" if value is None else str(value)


def presets() -> dict[str, Any]:
    """Print every parameter of every preset, impairments and all; returns them."""
    machines = {name: load_machine(name) for name in preset_names()}
    tables = {n: {q.name: _text(q.value) for q in m.parameters()} for n, m in machines.items()}
    # A part that one machine has and another lacks gives rows of its own.
    names = dict.fromkeys(q for table in tables.values() for q in table)
    print_table(
        "Presets: every parameter",
        ("parameter", *tables),
        [(q, *(table.get(q, "-") for table in tables.values())) for q in names],
    )
    for name, machine in machines.items():
        console().print(f"{name}: {machine.description}")
    return {name: m.model_dump(mode="json") for name, m in machines.items()}


def preset(machine: MachineConfig) -> dict[str, Any]:
    """Print a machine in full, with meanings and sources."""
    print_table(
        f"{machine.name}: {machine.description}",
        ("parameter", "value", "meaning", "source"),
        [(q.name, _text(q.value), q.meaning, q.source) for q in machine.parameters()],
        text=("meaning", "source"),
    )
    return machine.model_dump(mode="json")
