"""Where errors are put: in one product, in one layer, everywhere, or nowhere."""

from __future__ import annotations

import pytest

from studies.metrics.evaluation import Evaluation
from studies.metrics.training import Training
from studies.questions import delicate
from studies.runner.setup import setup
from studies.runner.study_file import load_study

PRODUCTS = ("forward", "dx", "dw")


def trained(where: str) -> Training:
    study = (
        load_study("delicate")
        .quickened()
        .but({"set": {"conditions.rows": 8, "recipe.clip_norm": 1.0}})
    )
    ready = setup(study, study.plan()[0])
    chosen = {"where": where, "errors": "1e-4, believed"}
    return delicate.trained(Evaluation(ready.machine, ready.conditions, ready.recipe, 1, chosen))


@pytest.mark.parametrize("where", [*PRODUCTS, "nowhere"])
def test_only_the_product_that_is_named_errs(where: str) -> None:
    found = trained(where).kinds
    assert {kind for kind in PRODUCTS if found[kind].errors.total()} == {where} - {"nowhere"}
    assert all(found[kind].integers for kind in PRODUCTS)


def test_only_the_layer_that_is_named_errs() -> None:
    whole = trained("everywhere").total
    first, last = (trained(f"{which} layer").total for which in ("first", "last"))
    # The core that errs counts the products of its own layer alone.
    assert first.integers + last.integers == whole.integers
    assert first.errors.total()
    assert last.errors.total()
