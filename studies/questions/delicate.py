"""Which product of a layer must be read well: outputs, gradients of inputs, or of weights?

Expected before the first run: outputs, then gradients of inputs, since their errors are passed on
through the layers that follow, while those of weights are averaged over steps; and the first layer
before the last.

One product, or one layer, runs where readings err, and all else in exact integers of the same
format.  Errors come from light, where each product has the rate that its own data have, or are
injected at one rate in all: the first tells who suffers, the second who suffers more for an error.
A product on light has the very noise that it has among the others.  Gradients that are clipped to
a norm of 1 tell whether it is the size of an error that hurts, or its direction.

Metrics: test accuracy through the same arithmetic, and in FP32 with the same weights, which tells
what was learned apart from how it is read.  Six seeds of weights, order of data, chip and noise,
the same at all points and others than those of the first look (0).  A product counts as delicate
where the interval of 95 % of what is lost against no errors at all lies above zero; nothing is
added after that.  A training that diverges counts as guessing.  One test image is 0.28 %.
"""

from __future__ import annotations

from mirage_core.arithmetic.residue_errors import ResidueErrors
from mirage_core.core.mixed_core import MixedCore
from mirage_core.core.tensor_core import TensorCore
from mirage_core.learning.convert import layers_with_products
from mirage_core.training.datasets import load_dataset
from mirage_core.training.networks import build_network
from studies.metrics.evaluation import Evaluation
from studies.metrics.training import Training, recipe_of, train, training_metrics
from studies.report.answer import Answer
from studies.report.plain_answer import refusals
from studies.report.variants import bars_of
from studies.runner.study import Study
from studies.runner.table import Estimate, Table

_WHERE, _ERRORS, _NETWORK = "where", "errors", "network"
_ACCURACY, _DIGITAL = "accuracy", "accuracy_elsewhere"
_NOWHERE, _ALL = "nowhere", "everywhere"
_PRODUCTS, _LAYERS = ("forward", "dx", "dw"), ("first layer", "last layer")
# Wrong readings that are injected; light has those of its own.
_RATES = {"1e-5": 1e-5, "1e-4": 1e-4, "1e-2": 1e-2}


def trained(at: Evaluation) -> Training:
    """The network with errors in the products, or the layer, that the point names."""
    where = at.parameters[_WHERE]
    exact = TensorCore(at.small, fidelity="integer", seed=at.seed)
    if where == _NOWHERE:
        return train(at, exact)
    rate = _RATES.get(at.parameters[_ERRORS].partition(",")[0])
    errs = at.core
    if rate is not None:
        errors = ResidueErrors(probability=rate)
        errs = TensorCore(at.small, fidelity="integer", seed=at.seed, errors=errors)
    if where in _PRODUCTS:
        forward, dx, dw = (None if kind == where else exact for kind in _PRODUCTS)
        return train(at, MixedCore(errs, forward=forward, dx=dx, dw=dw))
    if where in _LAYERS:
        return train(at, errs, {_layer(at, where): errs, "*": exact})
    return train(at, errs)


def _layer(at: Evaluation, where: str) -> str:
    """Name of the first or the last layer with products."""
    recipe = recipe_of(at)
    model = build_network(recipe.model, load_dataset(at.conditions.data), recipe.seed)
    names = list(layers_with_products(model))
    return names[0] if where == _LAYERS[0] else names[-1]


def answer(table: Table) -> Answer:
    """Accuracy lost by errors in each place, seed by seed against none."""
    words, cells = [], []
    for (network, errors), part in table.done.by(_NETWORK, _ERRORS):
        base, delicate = part.where(where=_NOWHERE), []
        for (where,), each in part.by(_WHERE):
            lost, unlearned = (_lost(each, base, name) for name in (_ACCURACY, _DIGITAL))
            if lost.low > 0.0 or each.of("diverged").value > 0.5:
                delicate.append(f"{where} ({lost.text(100.0)} points)")
            cells.append(
                [
                    *(str(network), str(errors), str(where)),
                    each.of(_ACCURACY).text(100.0),
                    lost.text(100.0),
                    unlearned.text(100.0),
                    each.of("diverged").text(100.0),
                    *(f"{each.of(f'{kind}_error_rate').value:.1e}" for kind in _PRODUCTS),
                    f"{each.of('wrong_integers').value:.1e}",
                ]
            )
        words.append(f"{network}, {errors}: delicate are {', '.join(delicate) or 'none'}.")
    words += refusals(table)
    columns = [
        *(_NETWORK, _ERRORS, _WHERE, "accuracy / %", "lost / points", "unlearned / points"),
        *("diverged / %", *(f"wrong readings, {kind}" for kind in _PRODUCTS), "wrong integers"),
    ]
    charts = [
        bars_of(
            part,
            _WHERE,
            _ACCURACY,
            f"Test accuracy of the {network}",
            _ERRORS,
            100.0,
            "test accuracy / %",
        )
        for (network,), part in table.by(_NETWORK)
    ]
    return Answer(words, columns, cells, charts)


def _lost(part: Table, base: Table, metric: str) -> Estimate:
    """What the base has more of a metric, seed by seed."""
    return base.paired(metric, part)


_BELIEVED = {"redundancy.policy": "none"}
_CLIPPED = {"recipe.clip_norm": 1.0}
_LIGHT = {"laser.power_w": 1e-3}

STUDY = Study(
    question="Which product and which layer must be read well: outputs, or which gradients?",
    cases={
        _NETWORK: {"MLP": {"recipe.model": "mlp"}, "CNN": {"recipe.model": "cnn"}},
        _ERRORS: {
            "1 mW, read again": _LIGHT,
            "1 mW, read again, clipped": {**_LIGHT, **_CLIPPED},
            "1e-2, dropped": {"redundancy.policy": "drop"},
            "1e-4, believed": _BELIEVED,
            "1e-4, believed, clipped": {**_BELIEVED, **_CLIPPED},
            "1e-5, believed": _BELIEVED,
        },
    },
    axes={_WHERE: {name: {} for name in (_NOWHERE, *_PRODUCTS, *_LAYERS, _ALL)}},
    metrics=training_metrics(
        [
            *(_ACCURACY, _DIGITAL, "accuracy_fp32", "diverged"),
            *(f"{kind}_error_rate" for kind in _PRODUCTS),
            *("wrong_integers", "dropped"),
        ],
        trained,
    ),
    set={"recipe.epochs": 12, "conditions.rows": 32, "conditions.controller": "oracle"},
    replicas=6,
    seed=10,
    quick={
        "cases": {
            _NETWORK: {"MLP": {"recipe.model": "mlp"}},
            _ERRORS: {"1e-5, believed": _BELIEVED},
        },
        "axes": {_WHERE: {name: {} for name in (_NOWHERE, *_PRODUCTS)}},
        "set": {"recipe.epochs": 1},
        "replicas": 2,
    },
    minutes=35,
    answer=answer,
)
