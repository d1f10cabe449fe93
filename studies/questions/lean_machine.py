"""What does the least machine that trains take, beside the paper's and systolic arrays?

Expected before the first run: slower than the paper's machine and dearer, since light, clock and
trimmers are those that its parts need; most of the energy in trimmers, so that they have to improve
first.

The preset `lean` is the machine of the front of `co-design` that takes least power among those that
train within a point of FP32.  Machines are priced with their own parts; the paper's row is what it
prints for the same network at 19.95 W of peak power.  Arrays pay for their multipliers alone, as in
the paper, and the machine is without its memory beside them.

Metrics: time and energy of a training step over the paper's; time over that of arrays of equal
energy, and energy over that of their multipliers; shares of energy by component; and integers
wrong in the end on five chips that the search never saw, for the data of the gradients of weights.
Stopping: all of it is computed once.  What moves errors most is from `sensitivity`.
"""

from __future__ import annotations

from collections.abc import Callable

from mirage_core.cost.bases import array_of, components_of
from mirage_core.cost.bill import NetworkBill
from mirage_core.machine.loading import load_machine
from studies.accelerator.comparison import Rival, rivals, without_memory
from studies.metrics.cost import products_of, step_bill
from studies.metrics.evaluation import Evaluation
from studies.metrics.registry import Metric
from studies.report.answer import Answer
from studies.report.charts import Series, bars
from studies.report.numbers import number_text
from studies.report.plain_answer import refusals
from studies.report.variants import side_by_side
from studies.runner.study import Study
from studies.runner.table import Table

_MACHINE, _NETWORK = "machine", "conditions.network"
_TIME, _ENERGY, _POWER = "step_time_s", "step_energy_j", "mean_power_w"
_PAPER_TIME, _PAPER_ENERGY = "time_over_paper", "energy_over_paper"
_NOISE, _FLAWS = "wrong_by_noise", "wrong_by_flaws"
_LEAN = "lean"
FORMATS = ("FP32", "INT12", "FMAC")
"""Of the arrays beside the machine."""
COMPONENTS = (
    *("switch trimmers", "switch drive", "phase trimmers", "laser", "ADC", "SRAM sums"),
    *("gain stages", "controller"),
)
"""Whose shares of the energy are told."""


def _over_paper(of: Callable[[NetworkBill], float]) -> Callable[[Evaluation], float]:
    return lambda at: of(step_bill(at)) / of(step_bill(at, load_machine("isca2024"), "published"))


def _over_array(
    name: str, rule: str, of: Callable[[Rival], float]
) -> Callable[[Evaluation], float]:
    """What the machine takes over what arrays of a format take."""

    def ratio(at: Evaluation) -> float:
        products = products_of(at.conditions.network, at.conditions.batch)
        parts = without_memory(components_of(at.machine, "physics"))
        bare = NetworkBill.of(products, array_of(at.machine, "physics"), parts)
        own = Rival("", rule, None, bare.total.time_s, bare.total.total_j.value)
        found = {(rival.name, rival.rule): rival for rival in rivals(products, bare)}
        return of(own) / of(found[name, rule])

    return ratio


def _share(component: str) -> Callable[[Evaluation], float]:
    def share(at: Evaluation) -> float:
        total = step_bill(at).total
        return total.energy_j[component].value / total.total_j.value

    return share


def _time_s(bill: NetworkBill) -> float:
    return bill.total.time_s


def _energy_j(bill: NetworkBill) -> float:
    return bill.total.total_j.value


_PRICES = [
    Metric(
        _POWER, "W", "mean power of a training step", "log", lambda at: step_bill(at).total.power_w
    ),
    Metric(_PAPER_TIME, "", "time over what the paper prints", "log", _over_paper(_time_s)),
    Metric(_PAPER_ENERGY, "", "energy over what the paper prints", "log", _over_paper(_energy_j)),
    *(
        Metric(
            f"time_over_{name}",
            "",
            f"time over that of {name} arrays of equal energy",
            "log",
            _over_array(name, "equal energy", lambda rival: rival.time_s),
        )
        for name in FORMATS
    ),
    *(
        Metric(
            f"energy_over_{name}",
            "",
            f"energy over that of {name} multipliers",
            "log",
            _over_array(name, "equal energy", lambda rival: rival.energy_j),
        )
        for name in FORMATS
    ),
    *(
        Metric(f"share of {name}", "", "of the energy", "linear", _share(name))
        for name in COMPONENTS
    ),
]


def answer(table: Table) -> Answer:
    """What the machine takes, beside what, and which component has to improve first."""
    metrics = [
        (_TIME, "time / s", 1.0),
        (_ENERGY, "energy / J", 1.0),
        (_POWER, "mean power / W", 1.0),
        ("area_mm2", "area / mm²", 1.0),
        (_PAPER_TIME, "time over the paper's", 1.0),
        (_PAPER_ENERGY, "energy over the paper's", 1.0),
        *((f"time_over_{name}", f"time over {name}, equal energy", 1.0) for name in FORMATS),
        *((f"energy_over_{name}", f"energy over {name}", 1.0) for name in FORMATS),
        (_NOISE, "wrong by noise, predicted", 1.0),
        (_FLAWS, "wrong by flaws, predicted", 1.0),
    ]
    columns, cells = side_by_side(table, [_MACHINE, _NETWORK], metrics)
    words = [_told(str(machine), part) for (machine,), part in table.done.by(_MACHINE)]
    charts = []
    if len(lean := table.done.where(machine=_LEAN)):
        shares = {name: lean.of(f"share of {name}").value for name in COMPONENTS}
        first, second = sorted(shares, key=lambda name: -shares[name])[:2]
        left = lean.of(_PAPER_ENERGY).value * (1.0 - shares[first])
        words.append(
            f"What has to improve most: {first}, {100.0 * shares[first]:.0f} % of the energy of "
            f"lean, then {second}, {100.0 * shares[second]:.0f} %; without the first it would "
            f"take {number_text(left, 2)} times the energy that the paper prints."
        )
        places, percent = range(len(shares)), [100.0 * share for share in shares.values()]
        title, label = "Energy of lean by component", "share of the energy / %"
        charts.append(bars(title, label, list(shares), [Series(_LEAN, list(places), percent)]))
    return Answer([*words, *refusals(table)], columns, cells, charts)


def _told(machine: str, part: Table) -> str:
    def over(metric: str) -> str:
        return f"{number_text(part.of(metric).value, 2)} times"

    arrays = "; ".join(
        f"{over(f'time_over_{name}')} the time of {name} arrays of equal energy, and "
        f"{over(f'energy_over_{name}')} the energy of their multipliers"
        for name in FORMATS
    )
    wrong = part.of(_NOISE).value + part.of(_FLAWS).value
    return (
        f"{machine}, typically of the networks: {number_text(part.of(_POWER).value, 3)} W; "
        f"{over(_PAPER_TIME)} the time and {over(_PAPER_ENERGY)} the energy that the paper prints; "
        f"{arrays}; {wrong:.1e} integers wrong, predicted."
    )


STUDY = Study(
    question="What does the least machine that trains take, beside the paper's and arrays?",
    cases={_NETWORK: ["resnet18", "resnet50", "vgg16", "mobilenetv2", "transformer"]},
    axes={_MACHINE: [_LEAN, "robust"]},
    metrics=[_TIME, _ENERGY, *_PRICES, "area_mm2", _NOISE, _FLAWS],
    set={"conditions.streamed": "dw", "conditions.rows": 8, "calibration.accept": "any"},
    replicas=5,
    seed=200,
    quick={
        "cases": {_NETWORK: ["resnet18"]},
        "set": {"conditions.controller": "oracle", "conditions.rows": 2, "conditions.vectors": 30},
        "replicas": 1,
    },
    minutes=6,
    answer=answer,
)
