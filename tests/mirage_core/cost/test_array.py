"""Latencies of modular arrays: by hand, by scaling, and as drawn by the paper."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mirage_core.cost.array import ModularArray, settled_symbol_s
from mirage_core.cost.dataflow import chosen
from mirage_core.cost.re_reads import ReReads
from mirage_core.machine.loading import load_machine
from mirage_core.tracing.product import Product
from photonics.errors import InputError
from tests.close import close

PAPER = ModularArray(units=8, rows=32, length=16, symbol_s=0.1e-9, load_s=5e-9)
FIRST = Product("c", "forward", 64, 363, 774_400)


def test_the_first_layer_of_alexnet_by_hand() -> None:
    """2 x 23 tiles on 8 units are 6 rounds of 5 ns and 774,400 symbols."""
    slots = PAPER.slots(FIRST)
    assert (slots.tiles, slots.rounds, slots.vectors) == (46, 6, 774_400)
    assert slots.used == 363 / (23 * 16)
    assert slots.symbols == 46 * 774_400
    assert PAPER.time_s(FIRST) == close(6 * (5e-9 + 77_440e-9), rel=1e-12)
    # The other operand sits still: 24,200 by 23 tiles, past which 64 vectors stream.
    assert PAPER.time_s(FIRST, "DF2") == close(69_575 * (5e-9 + 6.4e-9), rel=1e-12)


def test_products_one_after_another_or_side_by_side() -> None:
    groups = Product("d", "forward", 1, 9, 100, count=20)
    assert PAPER.slots(groups).rounds == 20
    assert replace(PAPER, side_by_side=True).slots(groups).rounds == 3
    assert PAPER.time_s(groups) == close(20 * 15e-9)


def test_loading_behind_streams_costs_the_first_load_alone() -> None:
    array = replace(PAPER, double_buffered=True)
    assert array.time_s(FIRST) == close(5e-9 + 6 * 77_440e-9, rel=1e-12)
    # Streams shorter than a load wait for it.
    short = Product("s", "forward", 32 * 8 * 3, 16, 10)
    assert array.time_s(short) == close(5e-9 + 2 * 5e-9 + 1e-9)


def test_time_scales_as_the_work_does() -> None:
    product = Product("l", "forward", 4096, 4096, 1000)
    time_s = PAPER.time_s(product)
    assert PAPER.time_s(replace(product, m=8192)) == close(2 * time_s)
    assert PAPER.resized(rows=64).time_s(product) == close(time_s / 2)
    assert PAPER.resized(units=16).time_s(product) == close(time_s / 2)
    assert PAPER.resized(length=32).time_s(product) == close(time_s / 2)
    longer_s = [PAPER.time_s(replace(product, n=n)) for n in (1000, 2000, 3000)]
    assert longer_s[2] - longer_s[1] == close(longer_s[1] - longer_s[0])
    # Of 128 x 256 x 1000 symbols, so many once more, on 8 units.
    again = replace(PAPER, re_reads=ReReads(1e-3, attempts=1))
    symbols = 128 * 256 * 1000 * (1.0 - (1.0 - 1e-3) ** 32)
    assert again.time_s(product) - time_s == close(symbols / 8 * 0.1e-9)


def test_use_of_the_multipliers() -> None:
    full = Product("l", "forward", 256, 128, 10_000)
    assert PAPER.mean_use((full,)) == 1.0
    assert PAPER.utilisation((full,), "DF1") == close(1000 / 1005)
    half = replace(full, m=16, k=16)
    assert PAPER.mean_use((half,)) == close(0.5 / 8)
    # Weighed by the time that each takes: 8 rounds and 1.
    both = PAPER.mean_use((full, half))
    assert both == close((8 * 1.0 + 0.5 / 8) / 9)


def test_the_best_dataflow_is_chosen_for_each_product_or_computation() -> None:
    tall, wide = Product("a", "forward", 4096, 16, 8), Product("b", "forward", 8, 16, 8192)
    products = (tall, wide)
    assert PAPER.plan(products, "OPT2") == ["DF1", "DF2"]
    assert PAPER.plan(products, "OPT1") == ["DF2", "DF2"]
    assert PAPER.plan(products, "DF2") == ["DF2", "DF2"]
    total = {c: PAPER.total_s(products, c) for c in ("DF1", "DF2", "OPT1", "OPT2")}  # type: ignore[arg-type]
    assert total["OPT2"] < total["OPT1"] == min(total["DF1"], total["DF2"])
    with pytest.raises(InputError, match="DF3"):
        PAPER.plan(products, "DF3")
    # OPT1 chooses by computation.
    backward = (tall, replace(wide, m=4096, computation="dx"))
    assert chosen(backward, "OPT1", ("DF1", "DF2"), PAPER.time_s) == ["DF1", "DF1"]


def test_a_machine_has_its_own_arrays() -> None:
    array = ModularArray.of(load_machine("isca2024"))
    assert (array.units, array.rows, array.length) == (8, 32, 16)
    assert array.symbol_s == 1e-10
    assert array.peak_macs_per_s == close(40.96e12)
    # What the budget calls the fastest clock that settles, 0.494 GHz.
    machine = load_machine("isca2024")
    assert settled_symbol_s(machine) == close(1 / 0.494e9, rel=2e-3)
    assert ModularArray.of(machine, settled=True).symbol_s == settled_symbol_s(machine)
    slow = load_machine("robust")
    assert ModularArray.of(slow, settled=True).symbol_s == 4e-9


@pytest.mark.parametrize("field", ["units", "rows", "length"])
def test_an_array_of_nothing_is_refused(field: str) -> None:
    with pytest.raises(InputError, match=f"{field} = 0: must be at least 1"):
        PAPER.resized(**{field: 0})
    with pytest.raises(InputError, match="load_s"):
        replace(PAPER, load_s=-1.0)
