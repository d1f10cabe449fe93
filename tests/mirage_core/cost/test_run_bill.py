"""Bills of runs: what is read again, calibration and pilots on top of the products."""

from __future__ import annotations

from circuits.chip.chip import fabricate
from circuits.control.procedure import calibrate_with_report
from mirage_core.core.ledger import Counts, Ledger
from mirage_core.cost.array import ModularArray
from mirage_core.cost.component import Component
from mirage_core.cost.run_bill import RunBill, calibration, pilots, time_of
from mirage_core.machine.loading import load_machine
from tests.close import close

ROBUST = load_machine("robust", ["array.units=2", "array.rows=4"])
PRICES = {
    "ADC": Component(action="dots", energy_j=1e-12, source="test"),
    "laser": Component(power_w=2.0, source="test"),
}


def test_time_is_that_of_the_busiest_unit() -> None:
    array = ModularArray(units=2, rows=4, length=16, symbol_s=4e-9, load_s=5e-9)
    counts = Counts(rounds=3, slots=30, re_read_symbols=4)
    assert time_of(counts, array) == close(3 * 5e-9 + (30 + 4 / 2) * 4e-9)


def test_a_run_pays_for_everything_it_did() -> None:
    counts = Counts(
        tile_loads=6, rounds=3, slots=30, symbols=64, re_read_symbols=4, integers=200, re_reads=5
    )
    ledger = Ledger({"forward": counts})
    bill = RunBill.of(ledger, ROBUST, PRICES, steps=10)
    array = ModularArray.of(ROBUST)
    products = bill.products
    assert products.time_s == close(time_of(counts, array))
    assert products.energy_j["ADC"].value == close(205e-12)
    assert products.energy_j["laser"].value == close(2.0 * products.time_s)
    assert bill.re_reads.energy_j["ADC"].value == close(5e-12)
    assert bill.re_reads.time_s == close(4 / 2 * array.symbol_s)
    # 2000 patterns on all 2 x 4 rows at once.
    loads, reads = calibration(ROBUST)
    assert reads == 2000
    assert bill.calibration.energy_j["ADC"].value == close(2000 * 8 * 1e-12)
    # Before each the trimmer of a row settles, which takes nearly all of the time.
    settling_s = ROBUST.design.calibration.trimmer.settling_s
    expected_s = loads * array.load_s + 2000 * (settling_s + array.symbol_s)
    assert 2000 * settling_s > 0.99 * expected_s
    assert bill.calibration.time_s == close(expected_s)
    parts = (products, bill.calibration, bill.pilots)
    assert bill.total.time_s == close(sum(p.time_s for p in parts))
    assert bill.total.total_j.value == close(sum(p.total_j.value for p in parts))


def test_pilots_are_streamed_at_the_start_and_in_every_period() -> None:
    assert pilots(ROBUST, 100) == (8, 64)
    often = ROBUST.changed({"drift.pilot_period_steps": 10})
    assert pilots(often, 100) == (80, 640)
    assert pilots(often, 101) == (88, 704)
    assert pilots(ROBUST.changed({"drift.pilots": 0}), 100) == (0, 0)
    assert calibration(ROBUST.changed({"calibration.policy": "none"})) == (0, 0)
    averaged = load_machine("isca2024")
    assert calibration(averaged)[1] == 2000
    settling_s = averaged.design.calibration.trimmer.settling_s
    bill = RunBill.of(Ledger({}), averaged, PRICES, steps=1)
    symbols_s = 2000 * 4096 * averaged.design.symbol_s
    assert bill.calibration.time_s == close(2000 * settling_s + symbols_s, rel=1e-3)


def test_a_bill_takes_as_long_as_the_calibration_that_was_done() -> None:
    """Time and loads of a real calibration, by its own report."""
    machine = load_machine("robust", ["array.units=1", "array.rows=2"])
    raw = fabricate(machine.design, machine.all_moduli.moduli, machine.array_shape, seed=1)
    done = calibrate_with_report(raw)[1].arrays.values()
    bill = RunBill.of(Ledger({}), machine, PRICES, steps=1)
    assert calibration(machine) == (max(r.loads for r in done), max(r.reads for r in done))
    assert bill.calibration.time_s == close(max(r.time_s for r in done))
