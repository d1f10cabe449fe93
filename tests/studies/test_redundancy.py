"""Training under residue errors: what each protection is worth."""

from __future__ import annotations

import math

import pytest

from studies.redundancy import SEEDS, fp32_accuracy, protected, train
from tests.tolerance import Z


def test_protections_mend_what_they_should() -> None:
    rate = 1e-2
    wrong = {
        name: train(protected(name), rate, seed=0, epochs=1).wrong
        for name in ("{31,32,33} believed", "{29,32,33} re-read", "+35+37 correct")
    }
    # Any of three residues; an epoch makes more than half a million integers.
    expected = 1 - (1 - rate) ** 3
    assert abs(wrong["{31,32,33} believed"] - expected) < Z * math.sqrt(expected / 5e5)
    # Two slips at once that land among the legal integers, or none.
    assert wrong["{29,32,33} re-read"] < 3 * rate**2
    assert wrong["+35+37 correct"] < 10 * rate**3


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "rate"),
    [
        ("{29,32,33} re-read", 1e-3),
        ("+35+37 correct", 1e-3),
        ("+35+37 correct", 1e-2),
    ],
)
def test_protected_training_is_within_a_point_of_fp32(name: str, rate: float) -> None:
    machine = protected(name)
    found = sum(train(machine, rate, seed).accuracy for seed in SEEDS) / len(SEEDS)
    reference = sum(fp32_accuracy(seed) for seed in SEEDS) / len(SEEDS)
    assert found > reference - 0.01


@pytest.mark.slow
def test_unprotected_training_collapses() -> None:
    machine = protected("{31,32,33} believed")
    # Ten classes: chance is one in ten.
    assert all(train(machine, 1e-3, seed).accuracy < 0.3 for seed in SEEDS)
