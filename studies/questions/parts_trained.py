"""Which parts does training bear, and does the error rate of readings tell?

Expected before the first run: training bears parts with which readings err a thousand times as
often as the 1e-6 that the studies of devices ask for; and of two machines that err as often, the
one whose errors come back on the same rows learns less.

Every part or flaw alone is put in the place of the preset's, near where the studies of devices
(`switches`, `shifters`, `receiver`, `heat`) saw the error rate turn.  Chips are calibrated by their
own controller.  Rates are predicted for the data of the gradients of weights, which err most,
apart for errors that are gone when a reading is made again and for those that are not.

Metric: test accuracy lost against FP32 with the same weights and batches.  Four seeds of weights,
order of data, chip and noise, the same for all parts.  The rate tells what is learned if a bound on
it parts the machines that lose a point from those that do not; the answer counts those on the wrong
side of the best such bound, for random errors, persistent ones, both together, and those counted
in training, on its own data and weights.  A training that diverges counts as guessing, and no part
is added after a look.
"""

from __future__ import annotations

import math
from typing import Any

from scipy import stats

from studies.metrics.training import training_metrics
from studies.report.answer import Answer
from studies.report.charts import Chart, Series
from studies.report.plain_answer import refusals
from studies.report.variants import side_by_side
from studies.runner.study import Study
from studies.runner.table import Table

_PART, _NETWORK = "part", "network"
_LOST, _COUNTED = "accuracy_lost", "error_rate"
_RANDOM, _PERSISTENT = "random_error_rate", "persistent_error_rate"
_POINT = 0.01


def answer(table: Table) -> Answer:
    """Accuracy lost by part, and whether the predicted rates part the good from the bad."""
    metrics = [
        ("accuracy", "accuracy / %", 100.0),
        (_LOST, "lost / points", 100.0),
        ("diverged", "diverged / %", 100.0),
        (_RANDOM, "random, predicted", 1.0),
        (_PERSISTENT, "persistent, predicted", 1.0),
        (_COUNTED, "wrong readings, counted", 1.0),
        ("wrong_integers", "wrong integers", 1.0),
    ]
    columns, cells = side_by_side(table, [_NETWORK, _PART], metrics)
    words, charts = [], []
    for (network,), part in table.done.by(_NETWORK):
        parts = [each for _, each in part.by(_PART)]
        names = [str(each.rows[0][_PART]) for each in parts]
        lost = [each.of(_LOST).value for each in parts]
        bad = [f"{n} ({100 * x:.1f})" for n, x in zip(names, lost, strict=True) if x >= _POINT]
        words.append(f"{network}: a point or more is lost with: {', '.join(bad) or 'none'}.")
        rates = {
            "random": [each.of(_RANDOM).value for each in parts],
            "persistent": [each.of(_PERSISTENT).value for each in parts],
        }
        counted = [each.of(_COUNTED).value for each in parts]
        rates["random and persistent"] = [sum(pair) for pair in zip(*rates.values(), strict=True)]
        for what, rate in {**rates, "counted in training,": counted}.items():
            words.append(f"{network}, {what} errors: {_told(rate, lost)}.")
        series = [
            Series(what, rate, [100.0 * x for x in lost], lined=False)
            for what, rate in rates.items()
            if what in ("random", "persistent")
        ]
        title, label = f"Accuracy lost by parts, {network}", "wrong readings, predicted"
        charts.append(Chart(title, label, "points lost", series, log_x=True))
    return Answer([*words, *refusals(table)], columns, cells, charts)


def _told(rates: list[float], lost: list[float]) -> str:
    """Whether a bound on a rate parts those that lose a point from those that do not."""
    bound, wrong = best_bound(rates, [x >= _POINT for x in lost])
    told = f"above {bound:.1e} a point is lost, but for {wrong} of {len(lost)} parts"
    if math.isinf(bound):
        told = f"no bound is better than that all train, which is wrong for {wrong} parts"
    if len(set(rates)) > 1 and len(set(lost)) > 1:
        rank = stats.spearmanr(rates, lost)
        told += f"; rank correlation {rank.statistic:.2f}, p = {rank.pvalue:.2g}"
    return told


def best_bound(rates: list[float], bad: list[bool]) -> tuple[float, int]:
    """Least rate that counts as bad, and how many are then on the wrong side; the largest such."""

    def wrong(bound: float) -> int:
        return sum((rate >= bound) != is_bad for rate, is_bad in zip(rates, bad, strict=True))

    bound = min([math.inf, *sorted(rates, reverse=True)], key=wrong)
    return bound, wrong(bound)


_SWITCH, _SHIFTER = "multiplier.switch", "multiplier.shifter"
_HEAT = "multiplier.heat"
_LAW = f"{_HEAT}.coupling.law"


def _shifter(kind: str, part: str) -> dict[str, Any]:
    return {f"{_SHIFTER}.kind": kind, f"{_SHIFTER}.part": part}


_ARM = f"{_SWITCH}.arm"
# Heat of every tile is worked out by itself: fewer rows take less.
_HEATERS: dict[str, Any] = {"machine": "thermo-optic", "conditions.rows": 8}
PARTS: dict[str, dict[str, Any]] = {
    "as designed": {},
    "shifters: noems, edinger-2021": _shifter("noems", "edinger-2021"),
    "shifters: depletion, sorace-2010": _shifter("depletion", "sorace-2010"),
    "shifters: barium titanate": _shifter("electro-optic", "barium-titanate-typical"),
    "shifters: lithium niobate": _shifter("electro-optic", "lithium-niobate-typical"),
    **{f"rings: {1e9 * d:g} nm away": {f"{_SWITCH}.detuning_m": d} for d in (1e-9, 1.5e-9, 4.5e-9)},
    **{f"rings: coupling {k:g}": {f"{_SWITCH}.coupling_power": k} for k in (0.05, 0.2)},
    "switches: mzi, lithium niobate": {f"{_SWITCH}.kind": "mzi"},
    "switches: mzi, barium titanate": {
        f"{_SWITCH}.kind": "mzi",
        f"{_ARM}.kind": "electro-optic",
        f"{_ARM}.part": "barium-titanate-typical",
    },
    **{
        f"DAC: {bits} bits": {"multiplier.drive_inl_rms": 0.0, "multiplier.dac.bits": bits}
        for bits in (6, 8, 10, 12)
    },
    "sections alike to 1e-3": {"multiplier.shifter_gain_rms": 1e-3},
    **{f"ADC: {2 - bits} bits fewer": {"receiver.adc_extra_bits": bits} for bits in (0, 1)},
    "ADC: INL 0.5": {"receiver.adc_inl_rms_lsb": 0.5},
    "gain fixed": {"receiver.gain": "fixed"},
    "gain fixed, ADC: 4 bits more": {"receiver.gain": "fixed", "receiver.adc_extra_bits": 6},
    **{f"RIN {rin:g} dB/Hz": {"laser.rin_db_per_hz": rin} for rin in (-140.0, -130.0, -120.0)},
    "linewidth 100 MHz": {"laser.linewidth_hz": 1e8},
    "amplifier 15 pA/√Hz": {"receiver.tia.noise_a_per_rthz": 15e-12},
    "heaters, undercut": _HEATERS,
    "heaters, undercut, far-reaching, not compensated": {
        **_HEATERS,
        f"{_LAW}.decay_length_m": 200e-6,
        f"{_HEAT}.compensated": False,
    },
    "heaters, undercut, not compensated": {**_HEATERS, f"{_HEAT}.compensated": False},
    "heaters, trenched, 200 µm": {
        **_HEATERS,
        f"{_LAW}.nearest_coupling": 1e-3,
        f"{_HEAT}.digit_pitch_m": 200e-6,
        f"{_HEAT}.switch_distance_m": 100e-6,
    },
}
"""By label: what is put in the place of the preset's."""

_NETWORKS = {
    "MLP": {"recipe.model": "mlp", "recipe.epochs": 12},
    "CNN": {"recipe.model": "cnn", "recipe.epochs": 12},
}

STUDY = Study(
    question="Which parts does training bear, and does the error rate of readings tell?",
    cases={_NETWORK: _NETWORKS},
    axes={_PART: PARTS},
    metrics=[
        *(_RANDOM, _PERSISTENT),
        *training_metrics(
            ["accuracy", _LOST, "diverged", _COUNTED, "wrong_integers", "dropped", "re_reads"]
        ),
    ],
    set={"conditions.rows": 32, "conditions.streamed": "dw", "calibration.accept": "any"},
    replicas=4,
    seed=30,
    quick={
        "cases": {_NETWORK: {"MLP": {"recipe.model": "mlp", "recipe.epochs": 1}}},
        "axes": {
            _PART: {n: PARTS[n] for n in ("as designed", "ADC: 2 bits fewer", "RIN -120 dB/Hz")}
        },
        "set": {
            "conditions.controller": "oracle",
            "conditions.rows": 4,
            "conditions.vectors": 40,
        },
        "replicas": 1,
    },
    minutes=30,
    answer=answer,
)
