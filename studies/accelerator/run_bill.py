"""What a training cost on the machine itself, in words and as plain data."""

from __future__ import annotations

from typing import Any

from mirage_core.core.ledger import Ledger
from mirage_core.cost.bases import components_of
from mirage_core.cost.bill import Bill
from mirage_core.cost.run_bill import RunBill
from mirage_core.machine.config import MachineConfig
from studies.accelerator.quantities import number, within


def run_bill(ledger: Ledger, machine: MachineConfig, steps: int) -> RunBill:
    """Price what a core has done, evaluations included, with the machine's own parts."""
    return RunBill.of(ledger, machine, components_of(machine, "physics"), steps)


def bill_text(bill: RunBill) -> str:
    """Time and energy in three lines."""
    total = bill.total
    energy = total.total_j
    parts = {"re-reads": bill.re_reads, "calibration": bill.calibration, "pilots": bill.pilots}
    told = ", ".join(
        f"{name} {_time(part.time_s)} and {number(part.total_j.value)} J"
        for name, part in parts.items()
    )
    return (
        f"the machine itself: {_time(total.time_s)} and {number(energy.value)}"
        f" J{within(energy.low, energy.high)}, {number(total.power_w)} W\n"
        f"                    of that {told}\n"
        f"                    most for {total.dominant}; mirage cost has the prices"
    )


def bill_json(bill: RunBill) -> dict[str, Any]:
    """The same as plain data."""
    parts = {
        "total": bill.total,
        "products": bill.products,
        "re_reads": bill.re_reads,
        "calibration": bill.calibration,
        "pilots": bill.pilots,
    }
    return {name: _plain(part) for name, part in parts.items()}


def _plain(bill: Bill) -> dict[str, Any]:
    return {
        "time_s": bill.time_s,
        "energy_j": vars(bill.total_j),
        "components_j": {name: energy.value for name, energy in bill.energy_j.items()},
    }


def _time(seconds: float) -> str:
    return f"{number(1e3 * seconds)} ms" if seconds >= 1e-3 else f"{number(1e6 * seconds)} µs"
