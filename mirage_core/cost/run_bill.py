"""The bill of a real run: what its ledger counts, at the prices of the machine that ran.

Time: loads and symbols of the busiest unit, one after another, as the core placed them.  Symbols
that are streamed once more are spread over the units.  Calibration is paid once, pilots whenever
the machine streams them; both keep all units busy, most of the time by waiting for the trimmers
that every reading dithers (:mod:`circuits.control.plan`).
"""

from __future__ import annotations

from dataclasses import dataclass

from circuits.control.plan import calibration_loads, pilot_loads, reading_time_s
from mirage_core.core.ledger import Counts, Ledger
from mirage_core.cost.array import ModularArray
from mirage_core.cost.bill import Bill
from mirage_core.cost.component import Components
from mirage_core.cost.work import Work
from mirage_core.machine.config import MachineConfig
from photonics.representation import one_line


@dataclass(frozen=True)
class RunBill:
    """What a run cost.

    Attributes:
        products: all products, re-reads included.
        re_reads: of that, what was streamed once more.
        calibration: building up the trims, once.
        pilots: tracking what drifts.
    """

    products: Bill
    re_reads: Bill
    calibration: Bill
    pilots: Bill

    __repr__ = one_line

    @property
    def total(self) -> Bill:
        """All together."""
        return Bill.total((self.products, self.calibration, self.pilots))

    @classmethod
    def of(
        cls, ledger: Ledger, machine: MachineConfig, components: Components, steps: int
    ) -> RunBill:
        """Price a run.

        Args:
            ledger: of the core that ran.
            machine: that it emulates.
            components: prices.
            steps: training steps, between which pilots are streamed.
        """
        array, total = ModularArray.of(machine), ledger.total
        done, time_s = Work.done(total, array), time_of(total, array)
        again = Counts(symbols=total.re_read_symbols, re_reads=total.re_reads)
        again_s = total.re_read_symbols * array.symbol_s / array.units
        return cls(
            Bill.of(done, time_s, components),
            Bill.of(Work.done(again, array), again_s, components),
            _upkeep(*calibration(machine), machine, components),
            _upkeep(*pilots(machine, steps), machine, components),
        )


def time_of(counts: Counts, array: ModularArray) -> float:
    """Time that counted work takes."""
    streamed = counts.slots + counts.re_read_symbols / array.units
    return counts.rounds * array.load_s + streamed * array.symbol_s


def calibration(machine: MachineConfig) -> tuple[int, int]:
    """Loads and readings of every unit for one calibration; none for a machine without one.

    All rows of all moduli read ``calibration.reads`` patterns at once; the modulus with most loads
    counts.
    """
    plan = machine.design.calibration
    if plan.policy == "none":
        return 0, 0
    moduli, length = machine.all_moduli.moduli, machine.bfp.group_size
    return max(calibration_loads(machine.design, m, length) for m in moduli), plan.reads


def pilots(machine: MachineConfig, steps: int) -> tuple[int, int]:
    """Loads and readings of every unit for the pilots of a run of so many training steps."""
    drift = machine.design.drift
    period = drift.pilot_period_steps
    sets = 1 + (max(steps - 1, 0) // period if period else 0)
    return pilot_loads(drift.pilots) * sets, drift.pilots * sets


def _upkeep(loads: int, reads: int, machine: MachineConfig, components: Components) -> Bill:
    """Loads and readings that all units go through together, averaged as in calibration."""
    array, symbols = ModularArray.of(machine), reads * machine.design.calibration.averages
    rows, length = array.rows, array.length
    work = Work(
        tiles=loads * array.units,
        drives=loads * array.units * rows * length,
        symbols=symbols * array.units,
        values=symbols * array.units * length,
        dots=symbols * array.units * rows,
    )
    return Bill.of(work, reading_time_s(machine.design, reads, loads), components)
