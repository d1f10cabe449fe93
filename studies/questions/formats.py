"""In which number formats does a network learn as well as in FP32?

All three products of an MLP on handwritten digits are taken in each format that Mirage is compared
with; the rest is FP32.  One test image is 0.28 %.
"""

from __future__ import annotations

from typing import Any

from mirage_core.arithmetic.bfp import BfpFormat
from mirage_core.arithmetic.formats import (
    BASELINES,
    AnalogFormat,
    Bfloat16Format,
    BlockFormat,
    FastFormat,
    Fp32Format,
    Hfp8Format,
    IntegerFormat,
    LnsFormat,
    MxFormat,
    NumberFormat,
)
from mirage_core.core.format_core import FormatCore
from mirage_core.training.datasets import load_dataset
from mirage_core.training.recipe import Recipe
from mirage_core.training.trainer import Trainer
from studies.metrics.evaluation import Evaluation
from studies.metrics.registry import Metric
from studies.report.answer import Answer
from studies.report.plain_answer import refusals
from studies.report.variants import bars_of
from studies.runner.study import Study
from studies.runner.table import Table

_FORMAT, _ACCURACY = "format", "accuracy"
_EPOCHS = 12
_POINT = 0.01


def contestants() -> dict[str, tuple[NumberFormat, dict[str, Any]]]:
    """What is trained, in its order: a format, and what its recipe has of its own.

    Formats by name that are not listed come last.
    """
    plain = [
        Fp32Format(),
        Bfloat16Format(),
        Hfp8Format(),
        MxFormat(),
        MxFormat(values="e2m1", gradients="e2m1"),
        *(IntegerFormat(bits=b, scale=s) for b in (8, 12) for s in ("tensor", "channel")),
        LnsFormat(),
        *(FastFormat(bfp=BfpFormat(mantissa_bits=m, rounding="stochastic")) for m in (2, 3, 4)),
        *(BlockFormat(bfp=BfpFormat(mantissa_bits=m)) for m in (3, 4, 5)),
        *(AnalogFormat(bits=5, length=16, adc_bits=a) for a in (4, 6, 8)),
        *(AnalogFormat(bits=8, length=128, adc_bits=a) for a in (6, 8, 10, 12)),
    ]
    madam = {"optimizer": "madam", "learning_rate": 0.125}
    plain += [each for each in BASELINES.values() if each not in plain]
    return {f.name: (f, {}) for f in plain} | {
        f"LNS, Madam, bound {bound:g}": (LnsFormat(), {**madam, "weight_bound": bound})
        for bound in (3.0, 30.0)
    }


def trained_accuracy(name: str, seed: int, epochs: int = _EPOCHS) -> float:
    """Test accuracy of the MLP on digits, trained in a format.

    Args:
        name: of :func:`contestants`.
        seed: of weights, data order and stochastic rounding.
        epochs: passes over the training set.
    """
    number_format, changes = contestants()[name]
    recipe = Recipe(epochs=epochs, seed=seed, **changes)
    trainer = Trainer(recipe, load_dataset("digits"), FormatCore(number_format, seed=seed))
    *_, last = trainer.run()
    return last.test_score


def answer(table: Table) -> Answer:
    """Accuracies, and how far each lies from FP32 with the same weights and batches."""
    digital = table.where(format=Fp32Format().name)
    cells, whole, mean = [], [], []
    for (name,), part in table.by(_FORMAT):
        found, below = part.of(_ACCURACY), part.paired(_ACCURACY, digital)
        cells.append([name, found.text(100.0, 4), below.text(100.0)])
        # What is alike on all seeds has no interval.
        if min(below.value, below.low if below.least < below.most else below.value) > -_POINT:
            whole.append(name)
        elif below.value > -_POINT:
            mean.append(name)
    words = [
        f"Less than a point below FP32 over the whole interval, seed by seed: {', '.join(whole)}; "
        f"on the mean alone: {', '.join(mean) or 'none'}.",
        f"FP32 trains to {digital.of(_ACCURACY).text(100.0, 4)} %.",
        *refusals(table),
    ]
    chart = bars_of(
        table,
        _FORMAT,
        _ACCURACY,
        "Test accuracy by number format",
        scale=100.0,
        label="test accuracy / %",
    )
    columns = ("format", "accuracy / %", "against FP32, points")
    return Answer(words, columns, cells, [chart])


def _accuracy(at: Evaluation) -> float:
    epochs = int(at.recipe.get("epochs", _EPOCHS))
    return trained_accuracy(at.parameters[_FORMAT], at.seed, epochs)


def _nothing(point: object) -> dict[str, Any]:
    """Formats are no values of a machine."""
    return {}


STUDY = Study(
    question="In which number formats does a network learn as well as in FP32?",
    axes={_FORMAT: list(contestants())},
    changes=_nothing,
    metrics=[
        Metric(_ACCURACY, "", "test accuracy after the last epoch", "linear", _accuracy, 1.0, 0.0)
    ],
    replicas=3,
    quick={
        "axes": {_FORMAT: ["FP32", "BFP 4 bit, g=16", "INT8 per tensor"]},
        "set": {"recipe.epochs": 2},
        "replicas": 2,
    },
    minutes=6,
    answer=answer,
)
