"""The two bases of cost: the machine's own parts, or what the paper prints.

``physics`` prices a machine from its parts: its light, its trimmers, its converters.  ``published``
takes the paper's inputs as it prints them; totals that it prints without inputs are marked so, and
are no checks.
"""

from __future__ import annotations

from typing import Literal, get_args

from devices.light.laser import PAPER
from mirage_core.cost.component import Component
from mirage_core.cost.electronic_parts import electronic_parts
from mirage_core.cost.optical_parts import optical_parts
from mirage_core.cost.published.hardware import (
    AREA_MM2,
    AREA_SHARES,
    DOT_PRODUCTS_PER_S,
    MIRAGE,
    PEAK_POWER_W,
    POWER_SHARES,
)
from mirage_core.machine.config import MachineConfig
from photonics.errors import InputError

Basis = Literal["physics", "published"]
BASES: tuple[Basis, ...] = get_args(Basis)


def components_of(machine: MachineConfig, basis: str) -> dict[str, Component]:
    """Components of a machine in a basis.

    Raises:
        InputError: for an unknown basis.
    """
    if basis == "physics":
        return {**optical_parts(machine), **electronic_parts(machine)}
    if basis == "published":
        return published_components()
    raise InputError("basis", basis, f"must be one of {', '.join(BASES)}")


def published_components() -> dict[str, Component]:
    """The paper's machine as it prints it: powers of Fig. 9, areas of Sec. VI.

    What works all the time has a power; what works for every integer or vector has the energy
    that its share of the peak power leaves for one.
    """
    watts = {name: share * PEAK_POWER_W for name, share in POWER_SHARES.items()}
    areas = {name: share * AREA_MM2 for name, share in AREA_SHARES.items()}
    symbols_per_s = MIRAGE.units / MIRAGE.symbol_s

    def printed(name: str, source: str = "", **price: float | str) -> Component:
        return Component(
            status="printed",
            node="40 nm",
            source=source or f"{PAPER}, Fig. 9: {100 * POWER_SHARES[name]:.1f} % of 19.95 W",
            **price,
        )

    return {
        "laser": printed("laser", power_w=watts["laser"]),
        "photonics": printed(
            "photonics", f"{PAPER}, Sec. VI: 49.1 % of 476.6 mm²", area_mm2=areas["photonics"]
        ),
        "amplifiers": printed("amplifiers", energy_j=watts["amplifiers"] / DOT_PRODUCTS_PER_S),
        "DAC and ADC": printed(
            "DAC and ADC",
            action="symbols",
            energy_j=watts["DAC and ADC"] / symbols_per_s,
            area_mm2=areas["ADC"] + areas["DAC"],
        ),
        "RNS conversion": printed(
            "RNS conversion", energy_j=watts["RNS conversion"] / DOT_PRODUCTS_PER_S
        ),
        "BFP conversion": printed(
            "BFP conversion", action="symbols", energy_j=watts["BFP conversion"] / symbols_per_s
        ),
        "accumulators": printed(
            "accumulators",
            energy_j=watts["accumulators"] / DOT_PRODUCTS_PER_S,
            area_mm2=areas["others"],
        ),
        "SRAM": printed("SRAM", power_w=watts["SRAM"], area_mm2=areas["SRAM"]),
    }
