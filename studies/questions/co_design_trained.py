"""Do the machines that a search by prediction prefers train as it predicts?

Expected before the first run: those with fewer than 1e-4 wrong integers lose less than a point, and
errors that come back on the same rows hurt more than as many that are drawn anew.

The machines are ten of the front of `co-design`, as its committed results have them; until there
are any, `robust` stands for them.  Where the front has fewer, its first machine takes the places
that are left, with less light by steps of the square root of two, down to where errors must be
felt.  A first look, by halvings and with other seeds, had found nothing lost at a half of the light
and much at a quarter; hence the fine steps.  They are trained on chips that the search never saw,
calibrated by their own controller through noisy readings.

Metrics: accuracy lost against FP32, and wrong integers predicted for these very chips and counted
in training.  Three seeds of weights, order of data, chip and noise, the same for all machines.
Prediction and training disagree where a machine loses more than a point though fewer integers are
predicted wrong than for another one that loses none, by means.  A training that diverges counts as
guessing; no machine is added or left out after a look.
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

from scipy import stats

import studies
from studies.metrics.training import training_metrics
from studies.questions import co_design
from studies.report.answer import Answer
from studies.report.charts import Chart, Series
from studies.report.plain_answer import refusals
from studies.report.variants import side_by_side
from studies.runner.study import Study
from studies.runner.table import Table

_MACHINE, _NETWORK = "machine of the front", "network"
_LOST, _FOUND = "accuracy_lost", "wrong_integers"
_POINT, _LASER = 0.01, "laser.power_w"
RESULTS = Path(studies.__file__).parent / "results" / "co-design" / "table.csv"


def machines() -> dict[str, dict[str, Any]]:
    """Values of the machines to be trained, by label."""
    if not RESULTS.exists():
        return {"robust": {}}
    with RESULTS.open(encoding="utf-8", newline="") as file:
        rows = [dict(row) for row in csv.DictReader(file)]
    for row in rows:
        row |= {name: float(row[name] or "nan") for name in _NUMBERS}
    chosen = co_design.ten_of(co_design.front(rows))
    found = {
        f"{i + 1}: {row[co_design.ENERGY]:.3g} J, {co_design.wrong(row):.1e} wrong": dict(
            co_design.machine_of(row)
        )
        for i, row in enumerate(chosen)
    }
    first = dict(co_design.machine_of(chosen[0]))
    for step in range(1, 1 + co_design.TRAINED - len(chosen)):
        share = 2.0 ** (-step / 2)
        found[f"1 with {share:.2g} of its light"] = {**first, _LASER: first[_LASER] * share}
    return found


_NUMBERS = (
    *(co_design.NOISE, co_design.FLAWS, co_design.ENERGY, co_design.TIME),
    *("settled", "within_model", "laser_total_w", "area_mm2", "laser.power_w", "clock_hz"),
)


def answer(table: Table) -> Answer:
    """Accuracy lost by machine, and how well its order was predicted."""
    metrics = [
        ("accuracy", "accuracy / %", 100.0),
        (_LOST, "lost / points", 100.0),
        (co_design.NOISE, "wrong by noise, predicted", 1.0),
        (co_design.FLAWS, "wrong by flaws, predicted", 1.0),
        (_FOUND, "wrong, counted", 1.0),
        ("training_energy_j", "energy / J", 1.0),
        ("training_time_s", "time / s", 1.0),
    ]
    columns, cells = side_by_side(table, [_NETWORK, _MACHINE], metrics)
    words, series = [], []
    for (network,), part in table.done.by(_NETWORK):
        lost, predicted = _by_machine(part, _LOST), _predicted(part)
        within = [name for name, value in lost.items() if value < _POINT]
        words.append(
            f"{network}: {len(within)} of {len(lost)} machines stay within a point of FP32: "
            f"{'; '.join(within) or 'none'}."
        )
        if len(set(lost.values())) > 1 and len(set(predicted.values())) > 1:
            names = list(lost)
            rank = stats.spearmanr([predicted[n] for n in names], [lost[n] for n in names])
            words.append(
                f"{network}: wrong integers predicted and points lost have a rank correlation of "
                f"{rank.statistic:.2f}, p = {rank.pvalue:.2g}."
            )
        most = max((predicted[name] for name in within), default=0.0)
        odd = [name for name in lost if name not in within and predicted[name] < most]
        words.append(
            f"{network}: prediction and training disagree for: {'; '.join(odd) or 'none'}."
        )
        series.append(
            Series(
                str(network),
                [predicted[name] for name in lost],
                [100.0 * lost[name] for name in lost],
                lined=False,
            )
        )
    words += refusals(table)
    title, label = "Accuracy lost by machines of the front", "wrong integers, predicted"
    return Answer(words, columns, cells, [Chart(title, label, "points lost", series, log_x=True)])


def _by_machine(part: Table, metric: str) -> dict[str, float]:
    return {str(name): each.of(metric).value for (name,), each in part.by(_MACHINE)}


def _predicted(part: Table) -> dict[str, float]:
    noise, flaws = (_by_machine(part, name) for name in (co_design.NOISE, co_design.FLAWS))
    return {name: noise[name] + flaws[name] for name in noise}


_MLP = {"recipe.model": "mlp", "recipe.epochs": 12}
STUDY = Study(
    question="Do the machines that a search by prediction prefers train as it predicts?",
    cases={_NETWORK: {"MLP": _MLP, "CNN": {"recipe.model": "cnn", "recipe.epochs": 12}}},
    axes={_MACHINE: machines()},
    metrics=[
        *(co_design.NOISE, co_design.FLAWS),
        *training_metrics(
            [
                *("accuracy", _LOST, "diverged", "error_rate", _FOUND, "dropped"),
                *("training_energy_j", "training_time_s"),
            ]
        ),
    ],
    set={"conditions.rows": 32, "conditions.streamed": "dw", "calibration.accept": "any"},
    replicas=3,
    seed=110,
    quick={
        "cases": {_NETWORK: {"MLP": {**_MLP, "recipe.epochs": 1}}},
        "set": {"conditions.controller": "oracle", "conditions.vectors": 30},
        "replicas": 1,
    },
    minutes=30,
    answer=answer,
)
