"""Products and trainings through a machine."""

from __future__ import annotations

import math

import pytest

from mirage_core.machine.loading import load_machine
from studies.metrics import products
from studies.metrics.conditions import Conditions
from studies.metrics.evaluation import Evaluation
from tests.studies.metrics.machines import QUICK, at


def test_a_product_errs_by_its_format_and_more_by_wrong_readings() -> None:
    exact = products.gemm_error(at(fidelity="integer", depth=64))
    # Steps of 2^-3 to 2^-2 rms, below the largest of sixteen; rounded, on both operands.
    assert math.sqrt(2 / 12) / 8 < exact < math.sqrt(2 / 12) / 4
    dim = at(changes={"laser.power_w": 1e-4, "redundancy.policy": "none"}, depth=64)
    assert products.gemm_error(dim) > 10 * exact


@pytest.mark.slow  # 5 s
def test_a_network_is_trained_by_the_recipe_of_the_point() -> None:
    conditions = Conditions(**{**QUICK, "fidelity": "integer"})
    machine = load_machine("robust")
    one, two = (Evaluation(machine, conditions, {"epochs": n}, 0) for n in (1, 3))
    assert 0.3 < products.accuracy(one) < products.accuracy(two) <= 1.0
