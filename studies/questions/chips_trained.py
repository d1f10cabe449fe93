"""Which matters more, the chip or the training; and may a network move from one chip to another?

Expected before the first run: chips differ less than seeds of weights and order of data do; and a
network that was trained on one chip loses nothing on another, since calibration leaves too little
for weights to learn a chip's own errors.

One training (weights, order of data) on ten chips, and ten trainings on one chip, at two levels of
light: as designed, and so little that readings err often.  Every network is evaluated on its own
chip, and on another one that no training sees.  Noise is drawn anew in every run.

Metrics: standard deviations of the test accuracy over chips and over trainings, compared by the
test of Brown and Forsythe at 5 %; and the accuracy on the other chip less that on the own one, with
its interval of 95 %.  Ten of each, nothing is added after a look.  A training that diverges counts
as guessing.
"""

from __future__ import annotations

import math
import statistics
from dataclasses import replace

from scipy import stats

from mirage_core.core.tensor_core import TensorCore
from studies.metrics.evaluation import Evaluation
from studies.metrics.training import Training, train, training_metrics
from studies.report.answer import Answer
from studies.report.plain_answer import refusals
from studies.report.variants import bars_of
from studies.runner.study import Study
from studies.runner.table import Estimate, Table, estimate

_VARIED, _LIGHT = "varied", "light"
CHIPS, TRAININGS = "chips", "trainings"
_OWN, _OTHER = "accuracy", "accuracy_elsewhere"
# Seed of the chip, or of the training, that is the same; and what parts another chip from the own.
_SAME, _APART = 1, 1000
_LEAST_P = 0.05


def trained(at: Evaluation) -> Training:
    """A training on one of ten chips, or one of ten trainings on one chip."""
    chips = at.parameters[_VARIED] == CHIPS
    chip_seed, seed = (at.seed, _SAME) if chips else (_SAME, at.seed)
    own = _on_chip(at, chip_seed, seed)
    other = _on_chip(at, chip_seed + _APART, seed)
    core = TensorCore(own.small, fidelity=at.conditions.fidelity, seed=at.seed, chip=own.chip)
    return train(own, core, other=other.core)


def _on_chip(at: Evaluation, chip_seed: int, seed: int) -> Evaluation:
    """The point on a chip of its own, with a seed of the training."""
    return Evaluation(at.machine, at.conditions, {**at.recipe, "seed": seed}, chip_seed)


def answer(table: Table) -> Answer:
    """Scatter over chips and over trainings, and what a move costs."""
    words, cells = [], []
    for (light,), part in table.done.by(_LIGHT):
        found = {
            str(varied): [row[_OWN] for row in each.rows] for (varied,), each in part.by(_VARIED)
        }
        for (varied,), each in part.by(_VARIED):
            values = found[str(varied)]
            spread = statistics.stdev(values) if len(values) > 1 else math.nan
            cells.append(
                [
                    *(str(light), str(varied), str(len(values))),
                    each.of(_OWN).text(100.0),
                    f"{100.0 * spread:.2f}" if len(values) > 1 else "one alone",
                    each.of(_OTHER).text(100.0),
                    _moved(each).text(100.0),
                ]
            )
        if all(len(set(found.get(name, ()))) > 1 for name in (CHIPS, TRAININGS)):
            spreads = {name: 100.0 * statistics.stdev(values) for name, values in found.items()}
            test = stats.levene(found[CHIPS], found[TRAININGS], center="median")
            more = max(spreads, key=lambda name: spreads[name])
            verdict = f"{more} differ more" if test.pvalue < _LEAST_P else "not told apart"
            words.append(
                f"{light}: accuracy scatters by {spreads[CHIPS]:.2f} points over chips and by "
                f"{spreads[TRAININGS]:.2f} over trainings: {verdict} (p = {test.pvalue:.2g})."
            )
        moves = [
            f"{_moved(each).text(100.0)} points over {varied}"
            for (varied,), each in part.by(_VARIED)
        ]
        words.append(f"{light}: on another chip accuracy changes by {' and '.join(moves)}.")
    words += refusals(table)
    columns = [_LIGHT, _VARIED, "runs", "accuracy / %", "standard deviation / points"]
    columns += ["on another chip / %", "changed by / points"]
    charts = [bars_of(table, _LIGHT, _OWN, "Test accuracy", _VARIED, 100.0, "test accuracy / %")]
    return Answer(words, columns, cells, charts)


def _moved(part: Table) -> Estimate:
    """Accuracy on the other chip less that on the own one, run by run."""
    changes = [row[_OTHER] - row[_OWN] for row in part.done.rows]
    # Differences have neither the bounds of accuracies.
    return estimate(changes, replace(part.metrics[_OWN], least=-math.inf, most=math.inf))


STUDY = Study(
    question="Which matters more, the chip or the training, and may a network change its chip?",
    cases={
        _LIGHT: {
            "as designed": {},
            "2 mW": {"laser.power_w": 2e-3},
        }
    },
    axes={_VARIED: {CHIPS: {}, TRAININGS: {}}},
    metrics=training_metrics(
        [_OWN, _OTHER, "diverged", "error_rate", "wrong_integers", "dropped"], trained
    ),
    set={
        "recipe.model": "cnn",
        "recipe.epochs": 12,
        "conditions.rows": 32,
        "calibration.accept": "any",
    },
    replicas=10,
    seed=50,
    quick={
        "cases": {_LIGHT: {"as designed": {}}},
        "set": {
            "recipe.model": "mlp",
            "recipe.epochs": 1,
            "conditions.controller": "oracle",
            "conditions.rows": 8,
        },
        "replicas": 3,
    },
    minutes=8,
    answer=answer,
)
