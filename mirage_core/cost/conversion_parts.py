"""Price of turning numbers into residues and back: block floating point and residue numbers.

Every value that light multiplies is converted once: of a vector whenever it is streamed, of a tile
when it is loaded.  Energies and areas are those that the paper prints for 40 nm at 1 GHz.
"""

from __future__ import annotations

import math

from devices.light.laser import PAPER
from mirage_core.cost.component import Component
from mirage_core.cost.work import Action
from mirage_core.machine.config import MachineConfig

FORWARD_J, REVERSE_J, BFP_J = 0.17e-12, 0.48e-12, 1.32e-12
"""To residues, from residues, and to block floating point: printed, for three moduli, 40 nm."""
FORWARD_MM2, REVERSE_MM2, BFP_MM2 = 231.7e-6, 1545.8e-6, 1318.4e-6
DIGITAL_CLOCK_HZ = 1e9


def conversion_parts(machine: MachineConfig, clock_hz: float) -> dict[str, Component]:
    """Components by name; each sums over all moduli and units.

    Args:
        machine: any.
        clock_hz: symbols in a second that they keep up with.
    """
    copies = _copies(clock_hz)
    return {
        "RNS conversion": _reverse(machine, copies),
        "RNS conversion of streams": _forward(machine, copies),
        "RNS conversion of drives": _forward_drives(machine),
        "BFP conversion": _bfp(machine, copies),
        "BFP conversion of drives": _bfp_drives(machine),
    }


def _copies(clock_hz: float) -> int:
    """Digital units that take turns to keep up with the light."""
    return max(math.ceil(clock_hz / DIGITAL_CLOCK_HZ - 1e-9), 1)


def _reverse(machine: MachineConfig, copies: int) -> Component:
    return _printed(
        "dots",
        REVERSE_J * len(machine.all_moduli.moduli) / 3,
        REVERSE_MM2 * machine.array.units * machine.array.rows * copies,
        "0.48 pJ for three special moduli, in proportion to the moduli",
    )


def _forward(machine: MachineConfig, copies: int) -> Component:
    return _printed(
        "values",
        FORWARD_J * len(machine.all_moduli.moduli) / 3,
        FORWARD_MM2 * machine.array.units * machine.bfp.group_size * copies,
        "0.17 pJ for three special moduli",
    )


def _forward_drives(machine: MachineConfig) -> Component:
    count = _loaders(machine, machine.array.rows * machine.bfp.group_size)
    return _printed(
        "drives",
        FORWARD_J * len(machine.all_moduli.moduli) / 3,
        FORWARD_MM2 * count,
        f"0.17 pJ, for each value of a tile; {count:,} units take turns while tiles are loaded",
    )


def _bfp(machine: MachineConfig, copies: int) -> Component:
    count = machine.array.units * copies
    return _printed("symbols", BFP_J, BFP_MM2 * count, "1.32 pJ, one for each streamed group")


def _bfp_drives(machine: MachineConfig) -> Component:
    count = _loaders(machine, machine.array.rows)
    return _printed(
        "drives",
        BFP_J / machine.bfp.group_size,
        BFP_MM2 * count,
        f"1.32 pJ, one for each row of a tile; {count:,} units take turns while tiles are loaded",
    )


def _loaders(machine: MachineConfig, each: int) -> int:
    """Digital units that convert so many things of a tile of every unit while it is loaded."""
    cycles = max(math.floor(machine.design.multiplier.load_s * DIGITAL_CLOCK_HZ + 1e-9), 1)
    return machine.array.units * math.ceil(each / cycles)


def _printed(action: Action, energy_j: float, area_mm2: float, source: str) -> Component:
    """A digital unit as the paper prints it."""
    return Component(
        action=action,
        energy_j=energy_j,
        area_mm2=area_mm2,
        low=0.5,
        high=2.0,
        node="40 nm",
        status="published",
        source=f"{PAPER}, Sec. V-B: {source}",
    )
