"""What a training comes to: twins, errors by product, and the price of a run."""

from __future__ import annotations

from typing import Any

import pytest

from mirage_core.arithmetic.residue_errors import ResidueErrors
from mirage_core.core.tensor_core import TensorCore
from mirage_core.cost.bases import components_of
from mirage_core.cost.run_bill import RunBill
from mirage_core.machine.loading import load_machine
from mirage_core.training.datasets import load_dataset
from mirage_core.training.trainer import Trainer
from studies.metrics.conditions import Conditions
from studies.metrics.evaluation import Evaluation
from studies.metrics.training import recipe_of, train, training_metrics, training_of

EXACT = {"controller": "oracle", "rows": 32, "fidelity": "integer"}


def point(epochs: int = 1, **changes: Any) -> Evaluation:
    return Evaluation(load_machine("robust", changes), Conditions(**EXACT), {"epochs": epochs}, 3)


def test_an_exact_run_costs_what_the_ledger_of_a_whole_machine_says() -> None:
    at = point()
    found = training_of(at, lambda at: train(at, at.core))
    # The whole machine, whose ledger counts tiles on all units; evaluations are no training.
    whole = TensorCore(at.machine, fidelity="integer", seed=at.seed)
    trainer = Trainer(recipe_of(at), load_dataset("digits"), whole)
    trainer.evaluate = lambda number=0: 0.0  # type: ignore[method-assign]
    list(trainer.run())
    bill = RunBill.of(whole.ledger, at.machine, components_of(at.machine, "physics"), trainer.step)
    # The last batch of 1437 digits is not full, and counts as if it were.
    assert found.time_s == pytest.approx(bill.products.time_s, rel=0.03)
    assert found.energy_j == pytest.approx(bill.products.total_j.value, rel=0.03)
    assert found.energy_j >= bill.products.total_j.value


def test_errors_are_counted_by_product_and_cost_what_is_streamed_again() -> None:
    at = point(**{"redundancy.policy": "reread"})
    errs = TensorCore(at.small, fidelity="integer", seed=3, errors=ResidueErrors(probability=1e-3))
    wrong, right = train(at, errs), train(at, TensorCore(at.small, fidelity="integer", seed=3))
    assert right.total.residue_error_rate == 0.0
    for counts in wrong.kinds.values():
        assert counts.residue_error_rate == pytest.approx(1e-3, rel=0.2)
    assert 0.0 < wrong.energy_j / right.energy_j - 1.0 < 0.2
    assert wrong.fp32 == right.fp32


def test_a_training_that_diverges_counts_as_guessing() -> None:
    at = point(**{"redundancy.policy": "none"})
    errs = TensorCore(at.small, fidelity="integer", seed=3, errors=ResidueErrors(probability=1e-2))
    found = train(at, errs)
    assert found.diverged
    assert found.accuracy == found.elsewhere == 0.1


def test_weights_are_judged_in_fp32_too_and_numbers_are_made_of_one_training() -> None:
    made = []

    def once(at: Evaluation) -> Any:
        made.append(at)
        return train(at, at.core)

    at = point(epochs=2)
    names = ["accuracy", "accuracy_elsewhere", "accuracy_fp32", "accuracy_lost", "wrong_integers"]
    read, learned, fp32, lost, wrong = (m.of(at) for m in training_metrics(names, once))
    assert len(made) == 1
    assert abs(read - learned) < 0.02  # Rounding of an evaluation moves a few images of 360.
    assert lost == fp32 - read
    assert wrong == 0.0
    assert read > 0.7


def test_a_recipe_is_what_suits_its_network_unless_it_says_otherwise() -> None:
    at = point()
    at.recipe = {"model": "lenet5", "learning_rate": 0.5}
    recipe = recipe_of(at)
    assert (recipe.optimizer, recipe.learning_rate, recipe.seed) == ("adamw", 0.5, 3)
