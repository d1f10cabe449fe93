"""The two bases of cost: the machine's own parts, or what the paper prints.

``physics`` prices a machine from its parts: its light, its trimmers, its converters, at its own
clock.  ``published`` takes the paper's inputs as it prints them, at 10 GHz and 5 ns for a tile;
totals that it prints without inputs are marked so, and are no checks.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal, get_args

from devices.light.laser import PAPER
from mirage_core.cost.array import ModularArray
from mirage_core.cost.component import Component
from mirage_core.cost.electronic_parts import electronic_parts
from mirage_core.cost.optical_parts import optical_parts
from mirage_core.cost.published.hardware import (
    AREA_MM2,
    AREA_SHARES,
    DOT_PRODUCTS_PER_S,
    MIRAGE,
    MODULI,
    PEAK_POWER_W,
    POWER_SHARES,
)
from mirage_core.machine.config import MachineConfig
from photonics.errors import InputError

Basis = Literal["physics", "published"]
BASES: tuple[Basis, ...] = get_args(Basis)


def components_of(
    machine: MachineConfig, basis: str, *, settled: bool = False
) -> dict[str, Component]:
    """Components of a machine in a basis.

    Args:
        machine: any.
        basis: in which.
        settled: in ``physics``, for the fastest clock at which everything settles.

    Raises:
        InputError: for an unknown basis, or a machine that the paper prints no prices for.
    """
    if basis == "physics":
        clock_hz = 1.0 / array_of(machine, basis, settled=settled).symbol_s
        return {**optical_parts(machine), **electronic_parts(machine, clock_hz)}
    if basis == "published":
        return published_components(array_of(machine, basis))
    raise InputError("basis", basis, f"must be one of {', '.join(BASES)}")


def array_of(machine: MachineConfig, basis: str, *, settled: bool = False) -> ModularArray:
    """Arrays of a machine in a basis: its own, or the paper's of its units and rows.

    Args:
        machine: any.
        basis: in which.
        settled: in ``physics``, at the fastest clock at which everything settles.

    Raises:
        InputError: in ``published``, for rows of another length than 16 and other moduli.
    """
    if basis == "physics":
        return ModularArray.of(machine, settled=settled)
    if not is_printed(machine):
        found = f"group_size={machine.bfp.group_size}, moduli={machine.all_moduli.moduli}"
        allowed = f"must be {MIRAGE.length} and {MODULI}, for which the paper prints prices"
        raise InputError("machine", found, allowed, "take isca2024, or the basis physics")
    return replace(MIRAGE, units=machine.array.units, rows=machine.array.rows)


def is_printed(machine: MachineConfig) -> bool:
    """Whether the paper prints prices for rows of this length and these moduli."""
    return (machine.bfp.group_size, machine.all_moduli.moduli) == (MIRAGE.length, MODULI)


def published_components(array: ModularArray = MIRAGE) -> dict[str, Component]:
    """The paper's machine as it prints it: powers of Fig. 9, areas of Sec. VI.

    What works all the time has a power, in proportion to the rows but for memory; what works for
    every integer or vector has the energy that its share of the peak power leaves for one.
    """
    rows = array.units * array.rows / (MIRAGE.units * MIRAGE.rows)
    watts = {name: share * PEAK_POWER_W for name, share in POWER_SHARES.items()}
    areas = {name: share * AREA_MM2 for name, share in AREA_SHARES.items()}
    each_symbol = MIRAGE.symbol_s / MIRAGE.units * array.rows / MIRAGE.rows

    def printed(name: str, **price: Any) -> Component:
        share = 100 * POWER_SHARES[name]
        source = f"{PAPER}, Fig. 9: {share:.1f} % of {PEAK_POWER_W} W"
        return Component(status="printed", node="40 nm", source=source, **price)

    def by_dot(name: str, **price: Any) -> Component:
        return printed(name, energy_j=watts[name] / DOT_PRODUCTS_PER_S, **price)

    def by_symbol(name: str, **price: Any) -> Component:
        return printed(name, action="symbols", energy_j=watts[name] * each_symbol, **price)

    return {
        "laser": printed("laser", power_w=watts["laser"] * rows),
        "photonics": Component(
            area_mm2=areas["photonics"] * rows,
            status="printed",
            source=f"{PAPER}, Sec. VI: 49.1 % of {AREA_MM2} mm²",
        ),
        "amplifiers": by_dot("amplifiers"),
        "DAC and ADC": by_symbol("DAC and ADC", area_mm2=(areas["ADC"] + areas["DAC"]) * rows),
        "RNS conversion": by_dot("RNS conversion"),
        "BFP conversion": by_symbol("BFP conversion"),
        "accumulators": by_dot("accumulators", action="sums", area_mm2=areas["others"] * rows),
        "SRAM": printed("SRAM", power_w=watts["SRAM"], area_mm2=areas["SRAM"]),
    }
