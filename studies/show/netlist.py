"""A row of a machine's chip as a netlist for gdsfactory and SAX."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

import torch
import yaml
from torch import Tensor

from circuits import ModularDotProduct, RowPosition, load_chip, row_netlist
from circuits.netlist.switches import fixed_switch
from mirage_core.core.tensor_core import TensorCore
from mirage_core.machine.config import MachineConfig
from photonics.checks import whole_number
from photonics.errors import InputError
from photonics.files import write_whole
from studies.report.tables import console, print_table


class Row(NamedTuple):
    """Which row, and what it multiplies.

    Attributes:
        modulus: m; the machine's first where none is named.
        unit: which array of that modulus.
        row: which row of it.
        streamed: x, integers with commas between them, or one for all multipliers.
        stationary: w, as x.
    """

    modulus: int | None
    unit: int
    row: int
    streamed: str
    stationary: str


def show(machine: MachineConfig, row: Row, load: Path | None, file: Path | None) -> dict[str, Any]:
    """Print what a row is made of, and save its netlist where asked.

    Args:
        machine: whose chip it is of, calibrated and drifted as products run on it.
        row: which one.
        load: file of a chip to take in place of the machine's own.
        file: of the netlist; its name tells YAML from JSON.

    Returns:
        The netlist.
    """
    moduli, shape = machine.all_moduli.moduli, machine.array_shape
    modulus = moduli[0] if row.modulus is None else row.modulus
    if modulus not in moduli:
        found = ", ".join(map(str, moduli))
        raise InputError("--modulus", modulus, f"{machine.name} has arrays for {found}")
    whole_number("--unit", row.unit, least=0, most=shape.units - 1)
    whole_number("--row", row.row, least=0, most=shape.rows - 1)
    x, w = (
        _integers(option, text, shape.length, modulus)
        for option, text in (("--streamed", row.streamed), ("--stationary", row.stationary))
    )
    # Kinds of switches without a netlist are refused before a chip is made.
    fixed_switch(machine.design.multiplier.switch, machine.design.laser.wavelength_m)
    chip = TensorCore(machine, chip=None if load is None else load_chip(load)).chip
    place = RowPosition(row.unit, row.row)
    unit = ModularDotProduct(modulus, shape.length, chip=chip, position=place)
    netlist = row_netlist(unit, x, w)
    _print(machine, unit, netlist, x, w)
    if file is not None:
        write_whole(file, _text(netlist, file).encode(), "--save")
        console().print(f"saved to {file}")
    return netlist


def _text(netlist: dict[str, Any], file: Path) -> str:
    if file.suffix.lower() == ".json":
        return json.dumps(netlist, indent=1) + "\n"
    # Settings on one line each.
    text: str = yaml.safe_dump(netlist, sort_keys=False, default_flow_style=None, width=1000)
    return text


def _integers(option: str, text: str, length: int, modulus: int) -> Tensor:
    """Residues (J) of integers with commas between them, or of one for all."""
    try:
        values = [int(part) % modulus for part in text.split(",")]
    except ValueError:
        values = []
    if len(values) not in (1, length):
        allowed = f"must be an integer, or {length} with commas between them"
        raise InputError(option, text, allowed, "a row has so many multipliers")
    return torch.tensor(values).expand(length)


def _print(
    machine: MachineConfig, unit: ModularDotProduct, netlist: dict[str, Any], x: Tensor, w: Tensor
) -> None:
    kinds: dict[str, Any] = {}
    for part in netlist["instances"].values():
        kinds.setdefault(part["component"], part["settings"])
    count = Counter(part["component"] for part in netlist["instances"].values())
    title = (
        f"Row {unit.place.row} of unit {unit.place.unit}, modulus {unit.modulus}, of {machine.name}"
    )
    print_table(
        title,
        ("component", "count", "settings"),
        [(kind, str(count[kind]), ", ".join(settings)) for kind, settings in kinds.items()],
        text=("settings",),
    )
    powers = ", ".join(f"{1e6 * power:.4g}" for power in unit.powers(x, w).tolist())
    console().print(
        f"x·w mod {unit.modulus} = {int((x * w).sum()) % unit.modulus}, read without noise as "
        f"{int(unit.read(x, w))}; {powers} µW on the diodes of I and Q",
        soft_wrap=True,
    )
