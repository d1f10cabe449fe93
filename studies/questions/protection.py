"""What is each protection worth where light errs, at equal energy?

Expected before the first run: reading again pays for errors that noise makes and not for those of
flaws, which come back on the same row; two redundant moduli correct either, and cost more than as
much more light does; reading again in another unit does not pay, since its tile must be loaded.

The counterpart of `redundancy` on light, whose errors are random and persistent as the chip has
them, in place of injected ones.  Light is raised by factors of two under every protection, so that
protections meet at equal energy: told is the least energy of a training with which, and with all
that is more, the mean accuracy stays within a point of FP32.

Reading again in another unit is not emulated.  Told is what it would leave if all errors that were
counted were drawn anew there, persistent ones too, with the tile loaded for every symbol.

Metrics: accuracy lost against FP32, wrong integers counted, errors predicted apart for the data of
the gradients of weights, energy of all training steps with what is streamed again.  Four seeds of
weights, order of data, chip and noise, the same at all points; nothing is added after a look.  A
training that diverges counts as guessing.
"""

from __future__ import annotations

from typing import Any

from mirage_core.core.ledger import Counts
from mirage_core.cost.array import ModularArray
from mirage_core.cost.bases import components_of
from mirage_core.cost.bill import Bill
from mirage_core.cost.work import Work
from studies.metrics.evaluation import Evaluation
from studies.metrics.integers import wrong_integers
from studies.metrics.registry import Metric
from studies.metrics.training import Training, train, training_metrics, training_of
from studies.questions import redundancy
from studies.report.answer import Answer
from studies.report.numbers import number_text
from studies.report.plain_answer import refusals
from studies.report.variants import lines_of, side_by_side
from studies.runner.plan import Point
from studies.runner.study import Study
from studies.runner.table import Table

_NAME, _LIGHT, _NETWORK = "protection", "light / mW", "network"
_LOST, _ENERGY, _WRONG = "accuracy_lost", "training_energy_j", "wrong_integers"
_RANDOM, _PERSISTENT = "random_error_rate", "persistent_error_rate"
_ELSEWHERE, _PRICE = "wrong_elsewhere", "elsewhere_energy_j"
_POINT = 0.01
_PROTECTIONS = [name for name in redundancy.PROTECTIONS if "any error" not in name]


def wrong_elsewhere(at: Evaluation) -> float:
    """Integers wrong in the end if those read again met new errors alone.

    In closed form, of the wrong readings that were counted; persistent ones count as often as they
    were read again, so that it is rather too many.
    """
    rate = _training(at).total.residue_error_rate
    return wrong_integers(at.machine, rate, at.machine.redundancy.re_reads)


def elsewhere_energy_j(at: Evaluation) -> float:
    """Energy of the run with a tile loaded for every symbol that was read again."""
    training = _training(at)
    array, again = ModularArray.of(at.machine), training.total.re_read_symbols
    loads = Counts(tile_loads=again, drives=again * array.rows * array.length)
    time_s, parts = again * array.load_s / array.units, components_of(at.machine, "physics")
    return training.energy_j + Bill.of(Work.done(loads, array), time_s, parts).total_j.value


def _training(at: Evaluation) -> Training:
    return training_of(at, lambda at: train(at, at.core))


def answer(table: Table) -> Answer:
    """The least energy that trains under each protection, and what another unit would do."""
    metrics = [
        (_LOST, "lost / points", 100.0),
        ("diverged", "diverged / %", 100.0),
        (_RANDOM, "random, predicted", 1.0),
        (_PERSISTENT, "persistent, predicted", 1.0),
        (_WRONG, "wrong integers", 1.0),
        ("dropped", "dropped", 1.0),
        (_ENERGY, "energy / J", 1.0),
        (_ELSEWHERE, "wrong elsewhere", 1.0),
        (_PRICE, "energy, loads for it included / J", 1.0),
    ]
    columns, cells = side_by_side(table, [_NETWORK, _NAME, _LIGHT], metrics)
    words, charts = [], []
    for (network,), part in table.done.by(_NETWORK):
        least = {str(name): _least(each) for (name,), each in part.by(_NAME)}
        trains = sorted((e, name) for name, e in least.items() if e is not None)
        told = ", ".join(f"{name} ({number_text(energy)} J)" for energy, name in trains)
        never = [name for name, energy in least.items() if energy is None]
        words.append(f"{network}: least energy within a point of FP32: {told or 'none'}.")
        if never:
            words.append(f"{network}: no light of the axis is enough with {', '.join(never)}.")
        again = part.where(lambda row: "re-read" in row[_NAME])
        if len(again):
            dearer = again.of(_PRICE).value / again.of(_ENERGY).value
            fewer = [again.of(name).value for name in (_ELSEWHERE, _WRONG)]
            words.append(
                f"{network}: reading again in another unit takes {number_text(dearer)} times the "
                f"energy, typically, and would leave {fewer[0]:.1e} wrong integers, on the mean; "
                f"{fewer[1]:.1e} were counted on the same row."
            )
            # Trainings that diverged were cut short.
            whole = again.where(lambda row: not row["diverged"])
            cheapest = min(
                (each.of(_PRICE).value for _, each in whole.by(_NAME, _LIGHT)), default=None
            )
            if trains and cheapest is not None:
                pays = "may pay" if cheapest < trains[0][0] else "does not pay"
                words.append(
                    f"{network}: that {pays}: whatever it would save, it takes "
                    f"{number_text(cheapest)} J at the least light of the axis, and "
                    f"{number_text(trains[0][0])} J are enough without."
                )
        title = f"Accuracy lost by protection, {network}"
        charts.append(lines_of(part, _LIGHT, _LOST, title, _NAME, log_x=True))
    return Answer([*words, *refusals(table)], columns, cells, charts)


def _least(part: Table) -> float | None:
    """Least energy from which on the mean accuracy lost stays below a point; none if none is."""
    found = None
    for _, each in sorted(part.by(_LIGHT), key=lambda pair: -float(pair[0][0])):
        if not each.of(_LOST).value < _POINT:
            break
        found = each.of(_ENERGY).value
    return found


def machine_of(point: Point) -> dict[str, Any]:
    """Values of a point, by dotted name."""
    return {
        **redundancy.machine_of(point),
        "laser.power_w": 1e-3 * float(point[_LIGHT]),
        "recipe.model": str(point[_NETWORK]).lower(),
    }


STUDY = Study(
    question="What is each protection worth where light errs, at equal energy?",
    cases={_NETWORK: ["MLP", "CNN"]},
    axes={_NAME: _PROTECTIONS, _LIGHT: [1.0, 2.0, 4.0, 8.0]},
    changes=machine_of,
    metrics=[
        *training_metrics(
            ["accuracy", _LOST, "diverged", _WRONG, "dropped", "re_reads", "corrected", _ENERGY]
        ),
        *(_RANDOM, _PERSISTENT),
        # Averaged as what is counted, beside which it stands.
        Metric(
            _ELSEWHERE, "", "integers wrong, errors drawn anew", "linear", wrong_elsewhere, 1.0, 0.0
        ),
        Metric(_PRICE, "J", "energy with a load for every symbol again", "log", elsewhere_energy_j),
    ],
    set={
        "recipe.epochs": 12,
        "conditions.rows": 32,
        "conditions.streamed": "dw",
        "calibration.accept": "any",
    },
    replicas=4,
    seed=40,
    quick={
        "cases": {_NETWORK: ["MLP"]},
        "axes": {_NAME: ["{29,32,33} drop", "{29,32,33} re-read x3"], _LIGHT: [1.0, 8.0]},
        "set": {
            "recipe.epochs": 1,
            "conditions.controller": "oracle",
            "conditions.rows": 8,
            "conditions.vectors": 40,
        },
        "replicas": 1,
    },
    minutes=35,
    answer=answer,
)
