"""Of the ten parameters that lead: which share of the scatter is whose?

Sobol's indices over the ranges of the stated spreads, evenly filled.  The ten are those that lead
in the screening of ``sensitivity`` for the error rate or for the power.
"""

from __future__ import annotations

from studies.metrics.sensitivity import MACHINE, moved, rank_correlation, variance_shares
from studies.questions.sensitivity import CONDITIONS, POWER, RATE
from studies.report.answer import Answer
from studies.report.charts import Series, bars
from studies.report.plain_answer import refusals
from studies.runner.axes import Span
from studies.runner.study import Study
from studies.runner.table import Table

_RESULTS = {RATE: "error rate", POWER: "power"}
# A share that is known no better than this is not told.
_UNTOLD = 0.5
LEADING = (
    "multiplier.switch.coupling_power",
    "multiplier.switch.loss_db_per_m",
    "multiplier.switch.detuning_m",
    "multiplier.shifter.v_pi_l_vm",
    "multiplier.shifter.v_max_v",
    "multiplier.bypass_phase_rad",
    "multiplier.switch.group_index",
    "receiver.photodiode.responsivity_a_per_w",
    "receiver.tia.noise_a_per_rthz",
    "receiver.tia.bandwidth_hz",
)


def answer(table: Table) -> Answer:
    """Shares of the variance, with interactions and without, for either range."""
    found = {
        (metric, scale): variance_shares(part.rows, LEADING, metric)
        for (scale,), part in table.by("range")
        for metric in _RESULTS
    }
    scales, words, cells, charts = table.values("range"), [], [], []
    for metric, what in _RESULTS.items():
        shares = found[metric, scales[0]]
        if not shares:
            words.append(f"No shares for the {what}: some machines cannot be, see the rows.")
            continue
        if shares[0].error > _UNTOLD:
            words.append(f"Too few machines to share out the scatter of the {what}: see --full.")
            continue
        told = ", ".join(f"{e.name} {100 * e.size:.0f} ± {100 * e.error:.0f} %" for e in shares[:4])
        words.append(f"Of the scatter of the {what}, in decades, interactions included: {told}.")
        alone = sum(e.spread for e in shares)
        words.append(f"Each on its own, all ten make {100 * alone:.0f} % of that scatter.")
        for scale in scales[1:]:
            agreed = rank_correlation(shares, found[metric, scale])
            words.append(
                f"With ranges {scale:g} times as wide the ranking for the {what} has a rank "
                f"correlation of {agreed:.2f}."
            )
        cells += [
            [what, f"{scale:g}", e.name, f"{e.size:.3f} ± {e.error:.3f}", f"{e.spread:.3f}"]
            for scale in scales
            for e in found[metric, scale]
        ]
        series = [
            Series(
                f"{scale:g} spreads either way",
                [float(LEADING.index(e.name)) for e in found[metric, scale]],
                [e.size for e in found[metric, scale]],
                [e.size - e.error for e in found[metric, scale]],
                [e.size + e.error for e in found[metric, scale]],
            )
            for scale in scales
        ]
        charts.append(bars(f"Shares of the scatter of the {what}", "total index", LEADING, series))
    words += refusals(table)
    columns = ("result", "range", "parameter", "with interactions, 95 %", "alone")
    return Answer(words, columns, cells, charts)


STUDY = Study(
    question="Of the ten parameters that lead, which share of the scatter is whose?",
    machine=MACHINE,
    cases={"range": [1.0, 2.0]},
    axes={name: Span(name, -1.0, 1.0) for name in LEADING},
    changes=moved,
    sampler="saltelli",
    points=128,
    metrics=[RATE, POWER],
    set=CONDITIONS,
    quick={
        "points": 4,
        "cases": {"range": [1.0]},
        "set": {"conditions.rows": 2, "conditions.vectors": 20},
    },
    minutes=10,
    answer=answer,
)
