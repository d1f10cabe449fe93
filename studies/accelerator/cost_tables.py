"""Tables of cost for the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mirage_core.cost.bill import Bill, NetworkBill
from mirage_core.cost.component import Component
from mirage_core.cost.memory import PAPER_SRAM_BYTES, Memory, largest_operands, traffic
from mirage_core.cost.work import TOLD
from mirage_core.machine.config import MachineConfig
from studies.accelerator.comparison import Rival
from studies.accelerator.quantities import GIGABYTE, MEGABYTE, number, within
from studies.accelerator.workload import Workload
from studies.report.tables import console, print_table

if TYPE_CHECKING:
    from studies.accelerator.cost import Priced

_MOST_LAYERS = 12
RULE = (
    "rule: an array pays its format's energy once for each multiply-accumulate, the machine its "
    "mean power with loads; mirage paper, as Fig. 8 must have it, counts two operations and 7.40 W"
)


def print_summary(machine: MachineConfig, work: Workload, priced: Mapping[str, Priced]) -> None:
    """Totals of every basis, side by side."""
    what = "training step" if work.training else "inference"
    rows: list[tuple[str, ...]] = []
    totals = {basis: p.bill.total for basis, p in priced.items()}

    def row(name: str, *values: str) -> None:
        rows.append((name, *values))

    row("clock", *(f"{number(1e-9 / p.array.symbol_s)} GHz" for p in priced.values()))
    row("a tile is loaded in", *(f"{number(1e9 * p.array.load_s)} ns" for p in priced.values()))
    row("time", *(f"{number(1e3 * t.time_s)} ms" for t in totals.values()))
    row("samples per second", *(number(work.batch / t.time_s) for t in totals.values()))
    row("utilisation", *(f"{100 * p.bill.utilisation:.1f} %" for p in priced.values()))
    again = [p.array.re_reads.of_integer for p in priced.values()]
    if any(again):
        row("read again, of integers", *(f"{number(100 * share)} %" for share in again))
    row("energy", *(_interval(t, "J") for t in totals.values()))
    row("mean power", *(f"{number(t.power_w)} W" for t in totals.values()))
    row("energy per MAC", *(f"{number(1e12 * t.energy_per_mac_j)} pJ" for t in totals.values()))
    row("area, both chiplets", *(f"{number(p.bill.area_mm2)} mm²" for p in priced.values()))
    row("most energy", *(t.dominant for t in totals.values()))
    row("least certain", *(t.least_known for t in totals.values()))
    macs, parameters = work.trace.macs, work.trace.parameters
    print_table(
        f"{work.network}: {what} of {work.batch} on {machine.name}; {macs:,} MACs, "
        f"{parameters:,} parameters",
        ("", *priced),
        rows,
    )


def _interval(bill: Bill, unit: str) -> str:
    energy = bill.total_j
    return f"{number(energy.value)} {unit}{within(energy.low, energy.high)}"


def print_components(
    basis: str, bill: NetworkBill, components: Mapping[str, Component], full: Bill
) -> None:
    """Energy, power and area of every component, with where its price comes from."""
    energies = bill.total.energy_j
    total = bill.total.total_j.value
    print_table(
        f"Components, {basis}",
        (
            "component",
            "price",
            "of one",
            "energy",
            "share",
            "range",
            "at peak",
            "area",
            "status",
            "source",
        ),
        [
            (
                name,
                *_price(c),
                f"{number(energies[name].value)} J",
                f"{100 * energies[name].value / total:.1f} %" if total else "-",
                _range(c),
                f"{number(full.energy_j[name].value)} W",
                f"{number(c.area_mm2)} mm²",
                c.status,
                c.source,
            )
            for name, c in components.items()
        ],
        text=("of one", "status", "source"),
    )


def _range(component: Component) -> str:
    """Factors by which a price may be off; none where it is printed."""
    if component.low == component.high:
        return "none"
    return f"x {number(component.low)} to {number(component.high)}"


def _price(component: Component) -> tuple[str, str]:
    """What is paid, and for what."""
    paid = []
    if component.energy_j:
        paid.append((f"{number(1e12 * component.energy_j)} pJ", TOLD[component.action]))
    if component.power_w:
        paid.append((f"{number(component.power_w)} W", "machine, all the time"))
    prices, actions = zip(*paid, strict=True) if paid else (("-",), ("-",))
    return " and ".join(prices), " and ".join(actions)


def print_layers(basis: str, bill: NetworkBill) -> None:
    """The layers that take longest, and computations."""
    layers = bill.by_layer()
    slowest = sorted(layers, key=lambda name: -layers[name].time_s)[:_MOST_LAYERS]
    rows = [(n, layers[n]) for n in slowest] + list(bill.by_computation().items())
    total_s = bill.total.time_s
    print_table(
        f"{len(slowest)} slowest of {len(layers)} layers, and computations, {basis}",
        ("", "MACs", "time", "share", "energy"),
        [
            (
                name or "(root)",
                f"{b.work.macs:,.0f}",
                f"{number(1e6 * b.time_s)} µs",
                f"{100 * b.time_s / total_s:.1f} %",
                f"{number(b.total_j.value)} J",
            )
            for name, b in rows
        ],
    )


def print_rivals(basis: str, found: Sequence[Rival], bill: NetworkBill) -> None:
    """Others over the machine: above 1 is slower, or takes more."""
    total = bill.total
    time_s, energy_j = total.time_s, total.total_j.value
    print_table(
        f"Others over the machine, {basis}; multipliers of arrays alone, memory left out",
        ("format", "rule", "arrays", "time", "power", "energy x time"),
        [
            (
                r.name,
                r.rule,
                "-" if r.arrays is None else f"{number(r.arrays)}",
                f"{number(r.time_s / time_s)}",
                f"{number(r.energy_j / r.time_s / (energy_j / time_s))}",
                f"{number(r.delay_energy_js / (time_s * energy_j))}",
            )
            for r in found
        ],
        text=("rule",),
    )
    console().print(RULE, soft_wrap=True)


@dataclass(frozen=True)
class TrafficRow:
    """Bytes of one computation of a network.

    Attributes:
        computation: which.
        sram_bytes: moved in SRAM.
        dram_bytes: moved from and to DRAM.
        stall_s: time for which products wait.
        dram_j: energy of DRAM.
    """

    computation: str
    sram_bytes: float
    dram_bytes: float
    stall_s: float
    dram_j: float


def traffic_rows(bill: NetworkBill, memory: Memory) -> list[TrafficRow]:
    """Traffic of every computation of a bill that holds DRAM."""
    rows: dict[str, list[float]] = {}
    for item in bill.items:
        t = traffic(item.product, item.dataflow, bill.array, memory)
        dram_j = item.bill.energy_j["DRAM"].value
        moved = (t.sram_held + t.sram_streamed + t.sram_sums, t.dram, t.stall_s, dram_j)
        before = rows.get(item.product.computation, [0.0] * 4)
        rows[item.product.computation] = [a + b for a, b in zip(before, moved, strict=True)]
    return [TrafficRow(name, *values) for name, values in rows.items()]


def print_traffic(basis: str, rows: Sequence[TrafficRow], work: Workload, memory: Memory) -> None:
    """Traffic, and what would fit without DRAM."""
    print_table(
        f"Memory: {number(memory.sram_bytes / MEGABYTE)} MB for each operand, "
        f"{number(memory.dram_bytes_per_s / GIGABYTE)} GB/s, tiles by {memory.order}, "
        f"clock of {basis}; waits and energy of DRAM are in the totals above",
        ("", "SRAM", "DRAM", "waits", "energy of DRAM"),
        [
            (
                r.computation,
                f"{number(r.sram_bytes / GIGABYTE)} GB",
                f"{number(r.dram_bytes / GIGABYTE)} GB",
                f"{number(1e3 * r.stall_s)} ms",
                f"{number(r.dram_j)} J",
            )
            for r in rows
        ],
    )
    names = ("first operand", "second operand", "output")
    needed = zip(names, largest_operands(work.products), strict=True)
    told = ", ".join(f"{name} {number(size / MEGABYTE)} MB" for name, size in needed)
    has = number(PAPER_SRAM_BYTES / MEGABYTE)
    console().print(f"largest of a product: {told}; the paper has {has} MB for each")
