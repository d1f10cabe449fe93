"""Training under residue errors: what each protection is worth."""

from __future__ import annotations

import math

import pytest

from studies.questions import redundancy
from studies.questions.redundancy import (
    PROTECTIONS,
    Outcome,
    fp32_accuracy,
    predicted_wrong,
    train,
)
from studies.runner.evaluate import evaluate
from tests.tolerance import Z

RATE = 1e-2
SEEDS = (0, 1, 2)


@pytest.fixture(scope="module")
def outcomes() -> dict[str, Outcome]:
    """One epoch under every protection: more than a million integers each."""
    return {name: train(name, RATE, seed=0, epochs=1) for name in PROTECTIONS}


def test_labels_say_what_is_done() -> None:
    for name, protection in PROTECTIONS.items():
        redundancy = protection.machine.redundancy
        assert ("x3" in name) == (redundancy.re_reads == 3) == ("re-read" in name)
        assert ("correct" in name) == (redundancy.policy == "correct")
        assert all(f"+{m}" in name for m in redundancy.redundant_moduli)
        assert ("any error" in name) == (protection.kind == "uniform")
        base = "{29,32,33}" if "{29,32,33}" in name else "{31,32,33}"
        assert protection.machine.moduli == tuple(int(m) for m in base[1:-1].split(","))


@pytest.mark.parametrize("name", PROTECTIONS)
def test_no_more_is_wrong_than_predicted(name: str, outcomes: dict[str, Outcome]) -> None:
    # Predicted is a bound: dropped zeros are right, and what is far from zero has fewer legal
    # neighbours within reach on its far side.
    predicted, found = predicted_wrong(name, RATE), outcomes[name]
    margin = Z * math.sqrt(predicted / 1e6) + Z**2 / 1e6
    assert found.wrong < predicted + margin
    # Nothing is left out: what is wrong was believed, or dropped and not zero.
    assert found.undetected <= found.wrong + 1e-12 <= found.undetected + found.dropped + 2e-12


@pytest.mark.parametrize(
    ("name", "residues"),
    [("{31,32,33} believed", 3), ("+35+37 correct", 5), ("+35+37 correct, any error", 5)],
)
def test_first_orders(name: str, residues: int, outcomes: dict[str, Outcome]) -> None:
    found = outcomes[name]
    one = residues * RATE * (1 - RATE) ** (residues - 1)
    none = (1 - RATE) ** residues
    if PROTECTIONS[name].machine.redundancy.policy == "none":
        assert abs(found.wrong - (1 - none)) < Z * math.sqrt(one / 1e6)
        return
    # One wrong residue is put right, two are not: alone, correction drops them or errs.
    assert abs(found.corrected - one) < Z * math.sqrt(one / 1e6) + (1 - one - none)
    assert abs(found.detected + found.undetected - (1 - one - none)) < 5e-5 + Z * math.sqrt(
        (1 - one - none) / 1e6
    )
    assert found.re_reads == 0
    assert found.dropped == found.detected


def test_errors_of_any_size_pass_the_range_check_of_three_moduli(
    outcomes: dict[str, Outcome],
) -> None:
    slips, any_error = (
        outcomes[f"{{29,32,33}} re-read x3{kind}"].wrong for kind in ("", ", any error")
    )
    # Slips by one come in twos before they pass; an error of one residue by any amount passes
    # as often as a legal integer is among those that it can reach.
    assert slips < 3 * RATE**2
    assert any_error > 0.1 * RATE
    assert outcomes["+35+37 correct, re-read x3, any error"].wrong < RATE**2


def test_a_study_measures_what_is_trained(outcomes: dict[str, Outcome]) -> None:
    name = "+35+37 correct, re-read x3"
    study = redundancy.STUDY.but(
        {"axes": {"protection": [name], "wrong readouts": [RATE]}, "set": {"recipe.epochs": 1}}
    )
    (point,) = study.plan()
    told = evaluate(study, point, [0]).result["replicas"][0]["metrics"]
    assert told["accuracy"] == outcomes[name].accuracy
    assert told["wrong"] == outcomes[name].wrong
    assert told["corrected"] == outcomes[name].corrected > 0
    assert told["predicted"] == predicted_wrong(name, RATE)
    assert told["accuracy of FP32"] == fp32_accuracy(0, 1)


@pytest.mark.slow  # 95 s
@pytest.mark.parametrize(
    ("name", "rate"),
    [
        ("{29,32,33} re-read x3", 1e-3),
        ("+35+37 correct", 1e-3),
        ("+35+37 correct", 1e-2),
        ("+35+37 correct, re-read x3", 1e-2),
        ("+35+37 correct, re-read x3, any error", 1e-3),
    ],
)
def test_protected_training_is_within_a_point_of_fp32(name: str, rate: float) -> None:
    found = sum(train(name, rate, seed).accuracy for seed in SEEDS) / len(SEEDS)
    reference = sum(fp32_accuracy(seed) for seed in SEEDS) / len(SEEDS)
    assert found > reference - 0.01


@pytest.mark.slow  # 10 s
def test_unprotected_training_collapses() -> None:
    name = "{31,32,33} believed"
    # Ten classes: chance is one in ten.
    assert all(train(name, 1e-3, seed).accuracy < 0.3 for seed in SEEDS)
