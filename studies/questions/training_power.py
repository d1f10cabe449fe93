"""How much light does training need, for which network, in which product, with which switches?

Expected before the first run: less than an error rate of 1e-6 takes, since single errors are read
again and averaged over steps; most for the gradients of weights; a hundred times as much where
zeros are coupled, as in the paper, as where ones are.

One product runs on light and the other two in exact integers of the same format, or all three on
light.  Light is raised by factors of two, on a preset whose receiver, protection and clock stay as
they are, so that what is found is the light of this machine at its clock, a fortieth of the
paper's: light for one product costs forty times what its watts say.

Metric: the least light at which, and above which, the interval of 95 % of the accuracy lost
against the same seed without light lies below one point.  Five seeds of weights, order of data,
chip and noise, the same at all points.  The paper asks for an amplitude over noise above m, and
counts 2.87 W for all lasers.  No light is added after a first look; where the most is not enough,
that is the answer.  A training that diverges counts as guessing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mirage_core.core.mixed_core import MixedCore
from mirage_core.core.tensor_core import TensorCore
from studies.metrics.evaluation import Evaluation
from studies.metrics.training import Training, train, training_metrics
from studies.report.answer import Answer
from studies.report.numbers import number_text
from studies.report.plain_answer import refusals
from studies.report.variants import lines_of
from studies.runner.plan import Point
from studies.runner.study import Study
from studies.runner.table import Table

_NETWORK, _PRODUCT, _POLARITY, _LIGHT = "network", "product", "polarity", "light / mW"
_LOST, _OVER_NOISE, _TOTAL = "accuracy_lost", "amplitude_over_noise", "laser_total_w"
_PRODUCTS, _ALL = ("forward", "dx", "dw"), "all three"
_PAPER_W, _POINT = 2.87, 0.01
# Light at one step of the axis, over that of the axis: zeros that are coupled take so much more.
_TIMES = {"one-coupled": 1.0, "zero-coupled": 100.0}


def trained(at: Evaluation) -> Training:
    """The network with the product of the point on light."""
    product = at.parameters[_PRODUCT]
    if product == _ALL:
        return train(at, at.core)
    exact = TensorCore(at.small, fidelity="integer", seed=at.seed)
    forward, dx, dw = (None if kind == product else exact for kind in _PRODUCTS)
    return train(at, MixedCore(at.core, forward=forward, dx=dx, dw=dw))


def answer(table: Table) -> Answer:
    """The least light for every product, and what the paper's demand and watts say of it."""
    words, cells, enough = [], [], {}
    for (network, polarity, product), part in table.done.by(_NETWORK, _POLARITY, _PRODUCT):
        steps = [(float(light), each) for (light,), each in part.by(_LIGHT)]
        enough[network, polarity, product] = least = _least(steps)
        for light, each in steps:
            rates = [f"{each.of(f'{kind}_error_rate').value:.1e}" for kind in _PRODUCTS]
            cells.append(
                [
                    *(str(network), str(polarity), str(product)),
                    number_text(light * _TIMES[str(polarity)]),
                    each.of(_LOST).text(100.0),
                    each.of("diverged").text(100.0),
                    *rates,
                    f"{each.of(_OVER_NOISE).value:.2g}",
                    number_text(each.of(_TOTAL).value),
                ]
            )
        if least is None:
            words.append(
                f"{network}, {polarity}, {product}: with no light of the axis does the interval of "
                "what is lost stay below a point."
            )
            continue
        at = part.where(lambda row, least=least: row[_LIGHT] == least)  # type: ignore[misc]
        watts = at.of(_TOTAL).value
        words.append(
            f"{network}, {polarity}, {product}: {number_text(least * _TIMES[str(polarity)])} mW a "
            f"row, an amplitude over noise of {number_text(at.of(_OVER_NOISE).value, 2)} times m "
            f"behind the median loss; {number_text(watts)} W for all lasers, "
            f"{number_text(watts / _PAPER_W, 2)} times the paper's 2.87 W."
        )
    words += refusals(table)
    columns = [_NETWORK, _POLARITY, _PRODUCT, _LIGHT, "lost / points", "diverged / %"]
    columns += [*(f"wrong readings, {kind}" for kind in _PRODUCTS), "A/σ over m", "all lasers / W"]
    charts = [
        lines_of(part, _LIGHT, _LOST, f"Accuracy lost, {network}, {polarity}", _PRODUCT, log_x=True)
        for (network, polarity), part in table.by(_NETWORK, _POLARITY)
    ]
    return Answer(words, columns, cells, charts)


def _least(steps: Sequence[tuple[float, Table]]) -> float | None:
    """Least light from which on no interval of what is lost reaches a point; none if there is none.

    What has no interval, since all seeds agree, is taken as it is.
    """
    found = None
    for light, part in sorted(steps, key=lambda step: -step[0]):
        lost = part.of(_LOST)
        if not max(lost.value, lost.high if lost.high == lost.high else lost.value) < _POINT:
            break
        found = light
    return found


def machine_of(point: Point) -> dict[str, Any]:
    """Values of a point, by dotted name; data are those of the product that is on light."""
    polarity, product = str(point[_POLARITY]), str(point[_PRODUCT])
    return {
        "recipe.model": str(point[_NETWORK]).lower(),
        "multiplier.polarity": polarity,
        "laser.power_w": 1e-3 * float(point[_LIGHT]) * _TIMES[polarity],
        "conditions.streamed": "dw" if product == _ALL else product,
    }


STUDY = Study(
    question="How much light does training need: which network, which product, which polarity?",
    cases={
        _NETWORK: ["MLP", "CNN"],
        _POLARITY: list(_TIMES),
        _PRODUCT: [*_PRODUCTS, _ALL],
    },
    axes={_LIGHT: [0.25, 0.5, 1.0, 2.0, 4.0, 8.0]},
    changes=machine_of,
    metrics=[
        *training_metrics(
            [
                *("accuracy", _LOST, "diverged", "wrong_integers", "dropped"),
                *(f"{kind}_error_rate" for kind in _PRODUCTS),
            ],
            trained,
        ),
        *(_OVER_NOISE, _TOTAL, "within_model"),
    ],
    set={"recipe.epochs": 12, "conditions.rows": 32, "conditions.controller": "oracle"},
    replicas=5,
    seed=20,
    quick={
        "cases": {_NETWORK: ["MLP"], _POLARITY: ["one-coupled"], _PRODUCT: ["forward", "dw"]},
        "axes": {_LIGHT: [1.0, 8.0]},
        "set": {"recipe.epochs": 2},
        "replicas": 1,
    },
    minutes=40,
    answer=answer,
)
