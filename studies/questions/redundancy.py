"""How many wrong readouts can training bear, and what does each protection make of them?

Residue errors are injected, independently and with a given probability on every readout of
all three products of an MLP on handwritten digits; everything else is exact.  A wrong residue is
a neighbour, one up or one down, or any other.  One test image is 0.28 %.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import torch

from mirage_core.arithmetic.error_probabilities import one_reading
from mirage_core.arithmetic.redundancy import RedundantCode
from mirage_core.arithmetic.residue_errors import ResidueErrors, WrongResidue
from mirage_core.core.tensor_core import TensorCore
from mirage_core.machine.config import MachineConfig
from mirage_core.machine.loading import load_machine
from mirage_core.training.datasets import load_dataset
from mirage_core.training.recipe import Recipe
from mirage_core.training.trainer import Trainer
from studies.metrics.evaluation import Evaluation
from studies.metrics.registry import Metric
from studies.report.answer import Answer
from studies.report.plain_answer import refusals
from studies.report.variants import lines_of, side_by_side
from studies.runner.plan import Point
from studies.runner.study import Study
from studies.runner.table import Table

RATES = (1e-4, 1e-3, 1e-2)
_RATE, _NAME = "wrong readouts", "protection"
_ACCURACY, _FP32, _WRONG = "accuracy", "accuracy of FP32", "wrong"

_SAFE = "moduli=[29,32,33]"
_DROP, _REREAD = "redundancy.policy=drop", "redundancy.policy=reread"
_CORRECT = "redundancy.policy=correct"
_ONE, _TWO = "redundancy.redundant_moduli=[35]", "redundancy.redundant_moduli=[35,37]"
_THREE_TIMES, _NEVER = "redundancy.attempts=3", "redundancy.attempts=0"


@dataclass(frozen=True)
class Protection:
    """What is changed in the paper's numbers, and which errors they meet."""

    overrides: tuple[str, ...] = ()
    kind: WrongResidue = "slip"

    @property
    def machine(self) -> MachineConfig:
        """The paper's numbers under this protection."""
        return load_machine("isca2024-ideal", self.overrides)


PROTECTIONS = {
    "{31,32,33} believed": Protection(),
    "{31,32,33} drop": Protection((_DROP,)),
    "{31,32,33} re-read x3": Protection((_REREAD, _THREE_TIMES)),
    "{29,32,33} drop": Protection((_SAFE, _DROP)),
    "{29,32,33} re-read x3": Protection((_SAFE, _REREAD, _THREE_TIMES)),
    "+35 re-read x3": Protection((_REREAD, _THREE_TIMES, _ONE)),
    "+35+37 correct": Protection((_CORRECT, _NEVER, _TWO)),
    "+35+37 correct, re-read x3": Protection((_CORRECT, _THREE_TIMES, _TWO)),
    "{29,32,33} re-read x3, any error": Protection((_SAFE, _REREAD, _THREE_TIMES), "uniform"),
    "+35+37 correct, any error": Protection((_CORRECT, _NEVER, _TWO), "uniform"),
    "+35+37 correct, re-read x3, any error": Protection((_CORRECT, _THREE_TIMES, _TWO), "uniform"),
}
"""By label; in braces the moduli that hold the range ({31,32,33} unless said), after a plus sign
the redundant ones.  Errors are slips by one unless it says "any error"."""


@dataclass(frozen=True)
class Outcome:
    """Training of one seed under one protection at one rate of errors.

    All but the accuracy are shares of all integers.

    Attributes:
        accuracy: on the test set, after the last epoch.
        wrong: integers that were not the exact dot product in the end.
        re_reads: readings of an integer after its first.
        corrected: readings that redundant residues put right (as they believe).
        detected: readings found impossible and beyond correction.
        undetected: integers accepted although wrong.
        dropped: integers given up.
    """

    accuracy: float
    wrong: float
    re_reads: float
    corrected: float
    detected: float
    undetected: float
    dropped: float


@lru_cache(maxsize=4)
def train(name: str, rate: float, seed: int, epochs: int = 12) -> Outcome:
    """Train an MLP on digits under a protection, with errors of a given rate."""
    errors = ResidueErrors(probability=rate, kind=PROTECTIONS[name].kind)
    core = TensorCore(PROTECTIONS[name].machine, fidelity="integer", seed=seed, errors=errors)
    trainer = Trainer(Recipe(seed=seed, epochs=epochs), load_dataset("digits"), core)
    *_, last = trainer.run()
    total = core.ledger.total
    return Outcome(
        last.test_score,
        *(
            count / total.integers
            for count in (
                total.wrong_integers,
                total.re_reads,
                total.corrected,
                total.detected,
                total.undetected,
                total.dropped,
            )
        ),
    )


def predicted_wrong(name: str, rate: float) -> float:
    """Closed-form share of wrong integers, for dot products that are small but not zero."""
    protection = PROTECTIONS[name]
    machine = protection.machine
    errors = ResidueErrors(probability=rate, kind=protection.kind)
    if machine.redundancy.policy == "none":
        return 1.0 - (1.0 - rate) ** len(machine.all_moduli.moduli)
    code = RedundantCode(machine.all_moduli, machine.bfp.max_dot)
    once = one_reading(code, errors, torch.tensor(0), machine.redundancy.policy == "correct")
    after = once.after(machine.redundancy.re_reads)
    return float(after.detected + after.undetected)


@lru_cache(maxsize=8)
def fp32_accuracy(seed: int, epochs: int = 12) -> float:
    """Test accuracy of the FP32 twin."""
    trainer = Trainer(Recipe(seed=seed, epochs=epochs), load_dataset("digits"))
    *_, last = trainer.run()
    return last.test_score


def answer(table: Table) -> Answer:
    """Accuracy and wrong integers of every protection, against the share of wrong readouts."""
    metrics = [(_ACCURACY, "accuracy / %", 100.0), (_WRONG, "wrong", 1.0)]
    metrics += [("predicted", "predicted", 1.0)] + [(n, n, 1.0) for n in _SHARES]
    columns, cells = side_by_side(table, [_NAME, _RATE], metrics)
    words = []
    for (rate,), part in table.by(_RATE):
        near = [
            f"{name} ({each.paired(_ACCURACY, _digital(each)).text(100.0)} points)"
            for (name,), each in part.by(_NAME)
            if each.paired(_ACCURACY, _digital(each)).value > -0.01
        ]
        words.append(
            f"At {rate:g} wrong readouts these lose less than a point to FP32 on the mean: "
            f"{', '.join(near) or 'none'}."
        )
    # The twin of a seed is the same at all points.
    twins = {row["replica"]: row for row in table.done.rows}
    digital = Table(list(twins.values()), table.axes, table.metrics)
    words.append(f"FP32 trains to {digital.of(_FP32).text(100.0)} %.")
    words.append(
        "predicted: closed form, for integers that are small but not zero, with independent "
        "errors; a zero that is dropped is right."
    )
    words += refusals(table)
    title = "Test accuracy under wrong readouts"
    return Answer(
        words, columns, cells, [lines_of(table, _RATE, _ACCURACY, title, _NAME, log_x=True)]
    )


def _digital(table: Table) -> Table:
    """The same rows with the accuracy of FP32 in place of theirs."""
    rows = [{**row, _ACCURACY: row[_FP32]} for row in table.rows]
    return Table(rows, table.axes, table.metrics)


_SHARES = ("re_reads", "corrected", "detected", "undetected", "dropped")


def _epochs(at: Evaluation) -> int:
    return int(at.recipe.get("epochs", 12))


def _trained(name: str) -> Callable[[Evaluation], float]:
    def of(at: Evaluation) -> float:
        outcome = train(at.parameters[_NAME], at.parameters[_RATE], at.seed, _epochs(at))
        return float(getattr(outcome, name))

    return of


def _share(name: str, meaning: str, most: float = math.inf) -> Metric:
    return Metric(name, "", meaning, "linear", _trained(name), most, 0.0)


def _predicted(at: Evaluation) -> float:
    return predicted_wrong(at.parameters[_NAME], at.parameters[_RATE])


def machine_of(point: Point) -> dict[str, object]:
    """Moduli and redundancy of the protection of a point, as a file would give them."""
    chosen = PROTECTIONS[str(point[_NAME])].machine
    return {"moduli": chosen.moduli, "redundancy": chosen.redundancy}


STUDY = Study(
    question="How many wrong readouts can training bear, and what is each protection worth?",
    machine="isca2024-ideal",
    axes={_NAME: list(PROTECTIONS), _RATE: list(RATES)},
    changes=machine_of,
    metrics=[
        _share(_ACCURACY, "test accuracy after the last epoch", 1.0),
        Metric(
            _FP32,
            "",
            "the same of the FP32 twin",
            "linear",
            lambda at: fp32_accuracy(at.seed, _epochs(at)),
        ),
        _share(_WRONG, "integers wrong in the end, over all"),
        Metric("predicted", "", "the same in closed form", "linear", _predicted),
        *(_share(name, f"{name.replace('_', '-')}, over all integers") for name in _SHARES),
    ],
    replicas=3,
    quick={
        "axes": {
            _NAME: ["{31,32,33} believed", "{29,32,33} re-read x3", "+35+37 correct"],
            _RATE: [1e-3, 1e-2],
        },
        "set": {"recipe.epochs": 1},
        "replicas": 1,
    },
    minutes=20,
    answer=answer,
)
