"""Time, energy, power and area of a network on a machine, in either basis or both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from mirage_core.cost.array import ModularArray, settled_symbol_s
from mirage_core.cost.bases import BASES, array_of, components_of, is_printed
from mirage_core.cost.bill import NetworkBill, peak
from mirage_core.cost.closing_light import DATA, closed, closing_light
from mirage_core.cost.component import Component, own_components
from mirage_core.cost.dataflow import CHOICES, Choice
from mirage_core.cost.memory import Memory, dram
from mirage_core.cost.re_reads import ReReads
from mirage_core.machine.config import MachineConfig
from photonics.errors import InputError
from studies.accelerator.comparison import Rival, rivals, without_memory
from studies.accelerator.cost_components import component_rows
from studies.accelerator.cost_figures import energy_bars, time_bars
from studies.accelerator.cost_tables import (
    print_components,
    print_layers,
    print_rivals,
    print_summary,
    print_traffic,
    traffic_rows,
)
from studies.accelerator.own_arrays import PUBLISHED, array_kinds
from studies.accelerator.sweep import axes_of, print_sweep, sweep
from studies.accelerator.workload import Workload
from studies.report.figures import save
from studies.report.files import make_output_folder, write_csv
from studies.report.tables import console


@dataclass(frozen=True)
class CostOptions:
    """How a network is priced.

    Attributes:
        basis: ``physics``, ``published`` or ``both``; by default both where the paper prints
            prices for the machine, and else the first.
        dataflow: which operand sits still, or how that is chosen.
        clock: ``set`` as the machine has it, or ``settled``: the fastest at which all settles.
        light: ``set`` as the machine has it, or ``closed``: what the link budget asks for.
        data: that the light is worked out for.
        double_buffered: tiles are loaded while vectors stream.
        side_by_side: units share equal products.
        error_rate: share of residues read wrongly, from which follows what is read again.
        memory: of what bandwidth; its waits and energy are part of all totals; none for no limit.
        components: the user's own prices, for the basis ``physics``; the other one is the paper's.
        arrays: the user's own arrays to compare with.
        sweep: sizes to try.
    """

    basis: str | None = None
    dataflow: Choice = "OPT2"
    clock: str = "set"
    light: str = "set"
    data: str = "uniform"
    double_buffered: bool = False
    side_by_side: bool = False
    error_rate: float = 0.0
    memory: Memory | None = None
    components: Path | None = None
    arrays: Path | None = None
    sweep: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        allowed: dict[str, tuple[str, ...]] = {
            "dataflow": CHOICES,
            "clock": ("set", "settled"),
            "light": ("set", "closed"),
            "data": DATA,
        }
        for name, values in allowed.items():
            if getattr(self, name) not in values:
                found = getattr(self, name)
                raise InputError(f"--{name}", found, f"must be one of {', '.join(values)}")
        if self.basis not in (*BASES, "both", None):
            known = ", ".join((*BASES, "both"))
            raise InputError("--basis", self.basis, f"must be one of {known}")
        if self.basis == "published":
            self._refuse_in_published()

    def _refuse_in_published(self) -> None:
        """Refuse what changes the machine's own parts, where only the paper's are priced."""
        remedy = "take --basis physics or both"
        if self.components is not None:
            said = "has prices of the basis physics alone"
            raise InputError("--components", str(self.components), said, remedy)
        for name, value in (("--clock", self.clock), ("--light", self.light)):
            if value != "set":
                said = "is for the basis physics alone: the paper prints one clock and one laser"
                raise InputError(name, value, said, remedy)
        if self.data != CostOptions.data:
            said = "is for the basis physics alone: the paper prints one laser"
            raise InputError("--data", self.data, said, remedy)

    def bases(self, machine: MachineConfig) -> tuple[str, ...]:
        """Which bases are asked for, of those that there are for a machine."""
        if self.basis is None:
            return BASES if is_printed(machine) else ("physics",)
        return BASES if self.basis == "both" else (self.basis,)


@dataclass(frozen=True)
class Priced:
    """A network in one basis.

    Attributes:
        array: that it runs on.
        components: prices.
        bill: its cost.
        bare: its cost without memory, for comparisons.
    """

    array: ModularArray
    components: dict[str, Component]
    bill: NetworkBill
    bare: NetworkBill


def price(machine: MachineConfig, work: Workload, options: CostOptions) -> dict[str, Priced]:
    """Price a network in every basis that is asked for."""
    found = {}
    for basis in options.bases(machine):
        settled = options.clock == "settled"
        array = replace(
            array_of(machine, basis, settled=settled),
            double_buffered=options.double_buffered,
            side_by_side=options.side_by_side,
            re_reads=ReReads.of(machine, options.error_rate),
        )
        components = components_of(machine, basis, settled=settled)
        if options.memory is not None:
            components["DRAM"] = dram(options.memory)
        if options.components is not None and basis == "physics":
            components = own_components(options.components, components)
        flow, without = options.dataflow, without_memory(components)
        bill = NetworkBill.of(work.products, array, components, flow, options.memory)
        bare = NetworkBill.of(work.products, array, without, flow)
        found[basis] = Priced(array, components, bill, bare)
    return found


def show(
    machine: MachineConfig, work: Workload, options: CostOptions, out: Path | None = None
) -> dict[str, Any]:
    """Print what a network costs, write tables and figures where asked, and return it all."""
    axes, kinds = axes_of(options.sweep), array_kinds(options.arrays)
    if out is not None:
        make_output_folder(out)
    notes = [*work.trace.warnings, *_doubts(machine, options)]
    if options.light == "closed":
        machine = closed(machine, options.data)
    priced = price(machine, work, options)
    bills = {basis: p.bill for basis, p in priced.items()}
    first = next(iter(priced.values()))
    print_summary(machine, work, priced)
    for line in notes:
        console().print(line, soft_wrap=True)
    for basis, p in priced.items():
        print_components(basis, p.bill, p.components, peak(p.array, p.components))
    print_layers(next(iter(priced)), first.bill)
    against = {basis: rivals(work.products, p.bare, kinds) for basis, p in priced.items()}
    for basis, found in against.items():
        print_rivals(basis, found, priced[basis].bare)
    for name, kind in kinds.items():
        if kind is not PUBLISHED.get(name):
            console().print(f"{name}: {kind.text}", soft_wrap=True, markup=False)
    result = _result(work, priced, against, notes)
    if options.memory is not None:
        rows = traffic_rows(first.bill, options.memory)
        print_traffic(next(iter(priced)), rows, work, options.memory)
        result["memory"] = [asdict(row) for row in rows]
    if axes:
        sizes = sweep(work.products, first.array, axes, options.dataflow)
        print_sweep(sizes)
        result["sweep"] = [asdict(row) for row in sizes]
    if out is not None:
        _write(out, work, bills, result)
    return result


def _doubts(machine: MachineConfig, options: CostOptions) -> list[str]:
    """What stands in the way of the machine's clock and light, one line each."""
    if "physics" not in options.bases(machine):
        return []
    notes = []
    symbol_s, clock_hz = settled_symbol_s(machine), machine.design.clock_hz
    if symbol_s > machine.design.symbol_s and options.clock == "set":
        notes.append(
            f"not settled: at {1e-9 * clock_hz:.3g} GHz symbols are shorter than the "
            f"{1e12 * symbol_s:.0f} ps that everything takes to settle; --clock settled takes "
            f"{1e-9 / symbol_s:.3g} GHz"
        )
    worst = max(closing_light(machine, options.data), key=lambda light: light.short_db)
    if worst.short_db > 0.0 and options.light == "set":
        notes.append(
            f"not closed: modulus {worst.modulus} needs {worst.short_db:.1f} dB more light for "
            f"{options.data} data at an error rate of 1e-6; --light closed takes it"
        )
    return notes


def _result(
    work: Workload,
    priced: Mapping[str, Priced],
    against: Mapping[str, list[Rival]],
    notes: list[str],
) -> dict[str, Any]:
    bases = {}
    for basis, p in priced.items():
        total, full = p.bill.total, peak(p.array, p.components)
        bases[basis] = {
            "array": asdict(p.array),
            "time_s": total.time_s,
            "samples_per_s": work.batch / total.time_s,
            "energy_j": asdict(total.total_j),
            "power_w": total.power_w,
            "peak_power_w": full.total_j.value,
            "energy_per_mac_j": total.energy_per_mac_j,
            "area_mm2": p.bill.area_mm2,
            "utilisation": p.bill.utilisation,
            "dominant": total.dominant,
            "least_known": total.least_known,
            "components": {
                name: {
                    **component.model_dump(),
                    "total_j": asdict(total.energy_j[name]),
                    "peak_w": full.energy_j[name].value,
                }
                for name, component in p.components.items()
            },
            "computations": {
                name: {"time_s": b.time_s, "energy_j": b.total_j.value}
                for name, b in p.bill.by_computation().items()
            },
            "rivals": [asdict(rival) for rival in against[basis]],
        }
    return {
        "network": work.network,
        "batch": work.batch,
        "training": work.training,
        "parameters": work.trace.parameters,
        "macs": work.trace.macs,
        "notes": notes,
        "bases": bases,
        "component_rows": [
            row
            for basis, p in priced.items()
            for row in component_rows(basis, p.bill.total, p.components)
        ],
        "products": product_rows({basis: p.bill for basis, p in priced.items()}),
    }


def product_rows(bills: Mapping[str, NetworkBill]) -> list[dict[str, Any]]:
    """One row for each product and basis."""
    return [
        {
            "basis": basis,
            "layer": item.product.layer,
            "computation": item.product.computation,
            "m": item.product.m,
            "k": item.product.k,
            "n": item.product.n,
            "count": item.product.count,
            "macs": item.product.macs,
            "dataflow": item.dataflow,
            "use": item.use,
            "tiles": item.bill.work.tiles,
            "symbols": item.bill.work.symbols,
            "dots": item.bill.work.dots,
            "re_reads": item.bill.work.dots - item.bill.work.sums,
            "time_s": item.bill.time_s,
            "energy_j": item.bill.total_j.value,
        }
        for basis, bill in bills.items()
        for item in bill.items
    ]


def _write(
    out: Path, work: Workload, bills: Mapping[str, NetworkBill], result: dict[str, Any]
) -> None:
    write_csv(out / "products.csv", result["products"])
    write_csv(out / "components.csv", result["component_rows"])
    for name in ("sweep", "memory"):
        if result.get(name):
            write_csv(out / f"{name}.csv", result[name])
    title = f"{work.network}, batch {work.batch}"
    save(energy_bars(bills, title), out / "energy.png")
    basis, bill = next(iter(bills.items()))
    save(time_bars(bill, f"{title}, {basis}"), out / "time.png")
    console().print(f"written to {out}")
