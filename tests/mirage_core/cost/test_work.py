"""Actions of products: by hand, and as a core enters them in its ledger."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from mirage_core.core.tensor_core import TensorCore
from mirage_core.cost.array import ModularArray
from mirage_core.cost.re_reads import ReReads
from mirage_core.cost.run_bill import time_of
from mirage_core.cost.work import Work
from mirage_core.machine.loading import load_machine
from mirage_core.tracing.product import Product
from mirage_core.tracing.trace import trace
from mirage_core.training.datasets import load_dataset
from mirage_core.training.networks import build_network
from mirage_core.training.recipe import Recipe
from mirage_core.training.trainer import Trainer
from tests.close import close

ARRAY = ModularArray(units=2, rows=4, length=8, symbol_s=1e-9, load_s=10e-9)
# 3 blocks of rows by 2 groups, 5 vectors.
PRODUCT = Product("l", "forward", 10, 12, 5)


def test_actions_by_hand() -> None:
    work = Work.of(PRODUCT, "DF1", ARRAY)
    assert work == Work(
        tiles=6,
        drives=120,
        symbols=30,
        values=3 * 12 * 5,
        dots=10 * 2 * 5,
        sums=100,
        macs=600,
        outputs=50,
    )
    # Of the two sums of an output the first is written, the second read and written.
    assert work.moves == 3 * 50
    other = Work.of(PRODUCT, "DF2", ARRAY)
    # The other operand sits still: 2 blocks of its 5 columns, past which 10 vectors stream.
    assert (other.tiles, other.drives, other.symbols, other.dots) == (4, 60, 40, 100)
    assert Work.of(replace(PRODUCT, count=3), "DF1", ARRAY) == Work.total([work] * 3)


def test_what_is_read_again_is_streamed_again() -> None:
    work, again = (
        Work.of(PRODUCT, "DF1", replace(ARRAY, re_reads=ReReads(chance, attempts=2)))
        for chance in (0.0, 0.1)
    )
    assert again.dots == close((1.0 + 0.1 + 0.01) * work.dots)
    # Blocks of 4, 4 and 2 rows, read again once and twice; 2 groups of 12 values, 5 vectors.
    blocks = sum(1.0 - (1.0 - chance) ** rows for chance in (0.1, 0.01) for rows in (4, 4, 2))
    assert again.symbols == close(work.symbols + 2 * 5 * blocks)
    assert again.values == close(work.values + 12 * 5 * blocks)
    # A sum waits for the integer that is accepted.
    for name in ("tiles", "drives", "sums", "moves", "macs"):
        assert getattr(again, name) == getattr(work, name)


def test_full_arrays_do_all_that_they_can() -> None:
    peak = Work.peak_per_s(ARRAY)
    assert (peak.symbols, peak.values, peak.dots, peak.macs) == close((2e9, 16e9, 8e9, 64e9))
    assert peak.macs == close(ARRAY.peak_macs_per_s)


@pytest.mark.parametrize("name", ["mlp", "cnn"])
def test_a_real_training_does_what_its_trace_foretells(name: str) -> None:
    """Products, loads, drives, symbols, readouts and time, of every kind of product."""
    data = load_dataset("digits")
    machine = load_machine("isca2024-ideal", ["array.units=3"])
    core = TensorCore(machine, fidelity="integer")
    trainer = Trainer(Recipe(model=name, epochs=1, batch_size=500), data, core)
    trainer.run_epoch()
    samples, array = len(data.train_y), ModularArray.of(machine)
    network = build_network(name, data, 0)

    def products(batch: int, *, training: bool) -> tuple[Product, ...]:
        x = torch.empty(batch, *data.train_x.shape[1:])
        return trace(network, [x], training=training).products

    steps = [products(500, training=True)] * (samples // 500)
    steps += [products(samples % 500, training=True)] if samples % 500 else []
    steps.append(products(len(data.test_y), training=False))
    for kind in ("forward", "dx", "dw"):
        listed = [p for step in steps for p in step if p.computation == kind]
        work, counts = (
            Work.total(Work.of(p, "DF1", array) for p in listed),
            core.ledger.kinds[kind],
        )
        assert counts.gemms == len(listed)
        assert counts.macs == work.macs
        assert counts.tile_loads == work.tiles
        assert counts.drives == work.drives
        assert counts.symbols == work.symbols
        assert counts.integers == work.dots == work.sums
        assert Work.done(counts, array).moves == work.moves
        assert counts.re_reads == counts.re_read_symbols == 0
        assert set(counts.readouts.values()) == {work.dots}
        time_s = sum(array.time_s(p) for p in listed)
        assert time_of(counts, array) == close(time_s, rel=1e-12)
