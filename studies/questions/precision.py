"""How many bits of a mantissa does training need, in how long groups, and when?

Expected before the first run: as in Fig. 5(a) of the paper, four bits are enough in groups of 16
and three are not; and few bits early in a training, with four at its end, do as well as four
throughout.

Exact integers, so that the number format alone counts: mantissas cut off, the paper's way, or
rounded to the nearest.  Each format has the cheapest three moduli in which a range check catches
every single slip, since its own range decides them.  Schedules keep the moduli, which are the
chip's, and so the energy of a step: they are compared at equal steps, which is equal energy.

Metric: test accuracy lost against FP32 with the same weights and batches.  Five seeds, the same for
all formats; a format is enough if the interval of 95 % of what is lost lies below one point;
nothing is added after a look.  A training that diverges counts as guessing.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from mirage_core.arithmetic.bfp import BfpFormat
from mirage_core.arithmetic.precision import Precision
from mirage_core.arithmetic.slips import cheapest_safe_sets
from mirage_core.core.precision_core import PrecisionCore
from mirage_core.training.datasets import load_dataset
from studies.metrics.evaluation import Evaluation
from studies.metrics.training import Training, recipe_of, train, training_metrics
from studies.report.answer import Answer
from studies.report.plain_answer import refusals
from studies.report.variants import bars_of, side_by_side
from studies.runner.plan import Point
from studies.runner.study import Study
from studies.runner.table import Table

_NETWORK, _ROUNDING, _FORMAT = "network", "rounding", "format"
_LOST, _ENERGY = "accuracy_lost", "training_energy_j"
_POINT = 0.01
FORMATS: dict[str, tuple[int, int]] = {
    f"{bits} bits, g = {group}": (bits, group) for bits in (2, 3, 4, 5) for group in (8, 16, 32)
}
"""Bits and length of a group, by label."""
SCHEDULES: dict[str, dict[str, Any]] = {
    "3, then 4 bits": {"phases": [{"bits": 3}, {"start": 0.5, "bits": 4}]},
    "2, 3, then 4 bits": {
        "phases": [{"bits": 2}, {"start": 1 / 3, "bits": 3}, {"start": 2 / 3, "bits": 4}]
    },
    "4, then 3 bits": {"phases": [{"bits": 4}, {"start": 0.5, "bits": 3}]},
    "4 bits, first layer 3": {"phases": [{"bits": 4}], "first layer": 3},
    "3 bits, first layer 4": {"phases": [{"bits": 3}], "first layer": 4},
}
"""Bits over a training of a chip for 4 bits and groups of 16, by label."""
_FIRST_LAYERS = {"mlp": "1", "cnn": "0"}


def trained(at: Evaluation) -> Training:
    """The network in the format of a point, or with bits that move."""
    schedule = SCHEDULES.get(at.parameters[_FORMAT])
    if schedule is None:
        return train(at, at.core)
    recipe = recipe_of(at)
    first = schedule.get("first layer")
    layers = {} if first is None else {_FIRST_LAYERS[recipe.model]: first}
    moving = Precision(unit="fraction", phases=schedule["phases"], layers=layers)
    steps = -(-len(load_dataset(at.conditions.data).train_y) // recipe.batch_size)
    precision = moving.in_steps(epochs=recipe.epochs, steps_per_epoch=steps)
    return train(at, PrecisionCore(at.core, precision))


def machine_of(point: Point) -> dict[str, Any]:
    """Values of a point, by dotted name."""
    bits, group = FORMATS.get(str(point[_FORMAT]), (4, 16))
    return {
        "bfp": {"mantissa_bits": bits, "group_size": group, "rounding": point[_ROUNDING]},
        "moduli": _moduli(bits, group),
        "recipe.model": str(point[_NETWORK]).lower(),
    }


@lru_cache
def _moduli(bits: int, group: int) -> tuple[int, ...]:
    bfp = BfpFormat(mantissa_bits=bits, group_size=group)
    return cheapest_safe_sets(bfp, largest=128, count=1)[0].moduli


def answer(table: Table) -> Answer:
    """Accuracy lost in every format and schedule, and the cheapest format that is enough."""
    metrics = [
        ("accuracy", "accuracy / %", 100.0),
        (_LOST, "lost / points", 100.0),
        ("diverged", "diverged / %", 100.0),
        (_ENERGY, "energy / J", 1.0),
    ]
    columns, cells = side_by_side(table, [_NETWORK, _ROUNDING, _FORMAT], metrics)
    words = []
    for (network, rounding), part in table.done.by(_NETWORK, _ROUNDING):
        enough = [
            (each.of(_ENERGY).value, str(name), each.of(_LOST))
            for (name,), each in part.by(_FORMAT)
            if not max(each.of(_LOST).value, each.of(_LOST).high) >= _POINT
        ]
        told = [f"{name} ({lost.text(100.0)} points)" for _, name, lost in sorted(enough)]
        words.append(
            f"{network}, {rounding}: enough, by rising energy: {', '.join(told) or 'none'}."
        )
    words += refusals(table)
    charts = [
        bars_of(part, _FORMAT, _LOST, f"Accuracy lost, {network}", _ROUNDING, 100.0, "points")
        for (network,), part in table.by(_NETWORK)
    ]
    return Answer(words, columns, cells, charts)


STUDY = Study(
    question="How many bits of a mantissa does training need, in how long groups, and when?",
    cases={_NETWORK: ["MLP", "CNN"], _ROUNDING: ["truncate", "nearest"]},
    axes={_FORMAT: [*FORMATS, *SCHEDULES]},
    changes=machine_of,
    metrics=training_metrics(["accuracy", _LOST, "diverged", _ENERGY], trained),
    set={"recipe.epochs": 12, "conditions.fidelity": "integer"},
    replicas=5,
    seed=70,
    quick={
        "cases": {_NETWORK: ["MLP"], _ROUNDING: ["nearest"]},
        "axes": {_FORMAT: ["2 bits, g = 16", "4 bits, g = 16", "3, then 4 bits"]},
        "set": {"recipe.epochs": 2},
        "replicas": 1,
    },
    minutes=15,
    answer=answer,
)
