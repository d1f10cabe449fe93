"""Time and energy of a training, on a machine or on systolic arrays in a number format.

A machine's are those of its ledger, as ``mirage train`` prints them: calibration, re-reads, pilots
and memory included.  Arrays are as many of 32 x 16 multipliers as take, in a cycle of theirs, the
energy of a symbol of a machine without its memory; theirs is the energy of the multipliers alone,
and the test set, which a training streams in batches, counts for them as one.
Source of their prices: arXiv 2311.17323, Table II.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import NamedTuple

from mirage_core.cost.bases import array_of, components_of
from mirage_core.cost.bill import NetworkBill
from mirage_core.machine.config import MachineConfig
from mirage_core.tracing.product import Product
from mirage_core.tracing.trace import trace
from mirage_core.training.networks import build_network
from mirage_core.training.trainer import Trainer
from studies.accelerator.comparison import rivals, without_memory
from studies.accelerator.own_arrays import PUBLISHED
from studies.accelerator.run_bill import run_bill

_BASIS, _RULE = "physics", "equal energy"
_PRINTED = {
    "fp32": "FP32",
    "bfloat16": "bfloat16",
    "hfp8": "HFP8",
    "int12": "INT12",
    "int12-channel": "INT12",
    "int8": "INT8",
    "int8-channel": "INT8",
    "fast": "FMAC",
}
"""Multipliers of Table II by the number format that they are for."""


class Price(NamedTuple):
    """What a training takes, not a number where nobody knows.

    Attributes:
        time_s: time of all.
        products_s: of that, the products, re-reads included.
        energy_j: energy of all.
        products_j: of that, the products.
    """

    time_s: float = math.nan
    products_s: float = math.nan
    energy_j: float = math.nan
    products_j: float = math.nan


def price(trainer: Trainer, number_format: str | None, machine: MachineConfig) -> Price:
    """Price of a training that is over.

    Args:
        trainer: after its last epoch.
        number_format: that it was in; none for a machine.
        machine: that it was on, or whose symbol tells how many arrays there are.
    """
    if number_format is None:
        assert trainer.core is not None
        bill = run_bill(trainer.core.ledger, machine, trainer.step)
        parts = (bill.total, bill.products)
        return Price(*(p.time_s for p in parts), *(p.total_j.value for p in parts))
    if number_format not in _PRINTED:
        return Price()
    products = products_of(trainer)
    components = without_memory(components_of(machine, _BASIS))
    bare = NetworkBill.of(products, array_of(machine, _BASIS), components)
    name = _PRINTED[number_format]
    (found,) = (
        rival
        for rival in rivals(products, bare, {name: PUBLISHED[name]})
        if (rival.name, rival.rule) == (name, _RULE)
    )
    return Price(found.time_s, found.time_s, found.energy_j, found.energy_j)


def products_of(trainer: Trainer) -> list[Product]:
    """Products of all steps and evaluations of a training, those of one shape counted together."""
    data, recipe = trainer.data, trainer.recipe
    whole, rest = divmod(len(data.train_y), recipe.batch_size)
    parts = [
        (data.train_x[: recipe.batch_size], True, whole * recipe.epochs),
        (data.train_x[:rest], True, recipe.epochs),
        (data.test_x, False, max(recipe.epochs, 1)),
    ]
    network = build_network(recipe.model, data, recipe.seed)
    return [
        replace(product, count=product.count * times)
        for x, training, times in parts
        if len(x) and times
        for product in trace(network, [x], training=training).products
    ]
