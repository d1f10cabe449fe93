"""Prices of trainings against their ledgers, and against printed energies."""

from __future__ import annotations

import math

import pytest

from mirage_core import FormatCore, TensorCore, load_machine
from mirage_core.cost.published.hardware import FORMATS
from mirage_core.training.datasets import load_dataset
from mirage_core.training.recipe import Recipe
from mirage_core.training.trainer import Trainer
from studies.accelerator.run_bill import run_bill
from studies.comparison.prices import Price, price, products_of

# A last batch that is smaller, and no step at all.
RECIPES = [Recipe(epochs=2, batch_size=500), Recipe(epochs=0)]
MACHINE = load_machine("robust", ["array.units=1"])


@pytest.mark.parametrize("recipe", RECIPES)
def test_energy_is_what_the_ledger_counts_at_the_printed_price(recipe: Recipe) -> None:
    core = FormatCore("int8")
    trainer = Trainer(recipe, load_dataset("digits"), core)
    list(trainer.run())
    assert sum(p.macs for p in products_of(trainer)) == core.ledger.total.macs
    found = price(trainer, "int8", MACHINE)
    assert found.energy_j == pytest.approx(core.ledger.total.macs * FORMATS["INT8"].energy_j)
    # Arrays of half the clock at any energy; nothing else differs but how many there are.
    assert price(trainer, "hfp8", MACHINE).time_s >= 2 * found.time_s
    assert price(trainer, "int8-channel", MACHINE) == found
    assert all(map(math.isnan, price(trainer, "mxfp4", MACHINE)))


def test_a_machine_has_the_bill_of_its_ledger() -> None:
    core = TensorCore(MACHINE, fidelity="integer")
    trainer = Trainer(RECIPES[0], load_dataset("digits"), core)
    list(trainer.run())
    bill = run_bill(core.ledger, MACHINE, trainer.step)
    assert price(trainer, None, MACHINE) == Price(
        bill.total.time_s,
        bill.products.time_s,
        bill.total.total_j.value,
        bill.products.total_j.value,
    )
