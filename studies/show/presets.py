"""Show what there is: presets, one preset in full, its budget."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from mirage_core.core.tensor_core import TensorCore
from mirage_core.machine.config import MachineConfig, load_machine, preset_names
from mirage_core.training.datasets import dataset_names, load_dataset
from mirage_core.training.networks import network_names
from studies.report.figures import save
from studies.report.output import console, make_output_folder, print_table
from studies.show.error_budget import (
    error_budgets,
    error_budgets_json,
    print_error_budgets,
    waterfall,
)
from studies.show.link import link_json, link_rows, print_link, streamed_in_training
from studies.show.time_domain import print_settling, settling_json, settling_rows
from studies.show.trimmers import trimmer_text, trimmers_json


def quantities(model: BaseModel, prefix: str = "") -> Iterator[tuple[str, Any, str, str]]:
    """Dotted name, value, meaning and source of every parameter of a machine."""
    for name, field in type(model).model_fields.items():
        value = getattr(model, name)
        if isinstance(value, BaseModel):
            inlined = name == getattr(type(model), "inlined", None)
            yield from quantities(value, prefix if inlined else f"{prefix}{name}.")
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


def budget(
    machine: MachineConfig, data_name: str, out: Path | None = None, time_domain: bool = False
) -> dict[str, Any]:
    """Print the budgets of a machine for what a network streams that learns a data set.

    Args:
        machine: any.
        data_name: the data set.
        out: folder for a picture of the error budget of every modulus.
        time_domain: also send symbols through chains in time, beside what the budget says.
    """
    if out is not None:
        make_output_folder(out)
    data = load_dataset(data_name)
    streamed = streamed_in_training(machine, data)
    rows = link_rows(machine, streamed)
    print_link(machine, rows, streamed, data)
    budgets = error_budgets(machine, streamed["forward"])
    print_error_budgets(machine, budgets)
    chip = TensorCore(machine).chip
    console().print(f"{trimmer_text(chip)}\n")
    if out is not None:
        for found in budgets:
            save(waterfall(machine.name, found), out / f"budget_{found.modulus}.png")
        console().print(f"figures in {out}")
    result = {**link_json(machine, rows, streamed), "errors": error_budgets_json(budgets)}
    result |= trimmers_json(chip)
    if time_domain:
        settling = settling_rows(machine)
        print_settling(settling)
        result["time_domain"] = settling_json(settling)
    return result


def datasets() -> list[dict[str, Any]]:
    """Print the data sets."""
    rows = []
    for name in dataset_names():
        data = load_dataset(name)
        shape = "x".join(str(n) for n in data.train_x.shape[1:])
        rows.append(
            {
                "name": name,
                "train": len(data.train_y),
                "test": len(data.test_y),
                "image": shape,
                "classes": data.classes,
                "source": data.source,
            }
        )
    print_table("Data sets", tuple(rows[0]), [tuple(str(v) for v in r.values()) for r in rows])
    return rows


def networks() -> list[str]:
    """Print the networks."""
    for name in network_names():
        console().print(name)
    return network_names()
