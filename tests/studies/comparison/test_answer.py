"""Lines, verdicts and intervals of comparisons, from rows made up."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pytest
from scipy import stats

from mirage_core.training.tasks.named import TASKS
from studies.comparison.answer import answer_of, lines_of
from studies.metrics.registry import Metric
from studies.runner.table import Table

SCORE = "test_accuracy"
PRICES = ("time_s", "products_s", "energy_j", "products_j")
FP32 = (0.90, 0.80, 0.85)


def table(**scores: Sequence[float]) -> Table:
    rows = [
        {
            "contestant": name, "replica": i, SCORE: score, "status": "done", "why": "",
            **dict.fromkeys(PRICES, 2e-3 if name == "fp32" else math.nan),
        }
        for name, found in {"fp32": FP32, **scores}.items()
        for i, score in enumerate(found)
    ]  # fmt: skip
    metrics = {n: Metric(n, "", "", "linear", lambda at: 0.0) for n in (SCORE, *PRICES)}
    return Table(rows, ["contestant"], metrics)


def words(task: str = "classification", **scores: Sequence[float]) -> Sequence[str]:
    return answer_of(table(**scores), TASKS[task], SCORE, "robust").words  # type: ignore[index]


def test_differences_are_paired_by_seed_with_the_interval_of_student() -> None:
    below = [0.89, 0.78, 0.835]
    _, line = lines_of(table(int8=below), SCORE)
    found = stats.ttest_rel(below, FP32).confidence_interval(0.95)
    assert line.difference.value == pytest.approx(-0.015)
    assert (line.difference.low, line.difference.high) == pytest.approx(found, abs=1e-6)
    assert line.plain["difference_low"] == line.difference.low
    assert line.plain["seeds"] == 3
    assert line.plain["time_s"] is None


def test_what_single_precision_rounds_is_no_difference() -> None:
    rounded = [s + d for s, d in zip(FP32, (1e-8, -2e-8, 3e-8), strict=True)]
    line = lines_of(table(int8=rounded), SCORE)[1]
    assert line.difference.text() == "0"


def test_words_say_what_intervals_tell() -> None:
    below = [s - 0.02 + d for s, d in zip(FP32, (0.0, 0.001, -0.001), strict=True)]
    either = [s + d for s, d in zip(FP32, (0.02, -0.03, 0.01), strict=True)]
    said = words(int8=below, fast=either, same=FP32)
    assert "Worse than FP32: int8." in said
    assert "Not to be told from FP32: fast." in said
    assert "The same as FP32 on every seed: same." in said
    # A language model's bits are good when they are few.
    assert "Better than FP32: int8." in words("language", int8=below)
    assert "Differs by the same on every seed: int8." in words(int8=[s - 0.25 for s in FP32])


def test_one_seed_has_no_interval_and_nothing_is_compared_with_nothing() -> None:
    single = table(int8=[0.5]).where(replica=0)
    found = answer_of(single, TASKS["classification"], SCORE, "robust")
    assert found.words[0].startswith("One seed gives no interval")
    assert found.cells[1][1:] == ("50", "-40", "-", "-", "-", "-")
    assert found.cells[0][2:] == ("-", "2 ms", "2 ms", "0.002", "0.002")
    alone = answer_of(table(), TASKS["classification"], SCORE, "robust")
    assert alone.words[0] == "Nothing is there to be compared with FP32."


def test_trainings_that_diverged_are_told_and_counted() -> None:
    lost = table(int8=[0.1, 0.79, 0.84])
    lost.rows[3] |= {"diverged": 1.0}
    found = answer_of(lost, TASKS["classification"], SCORE, "robust")
    assert "Trainings that diverged count as guessing, and are in no price: 1 of int8." in (
        found.words
    )
    assert lines_of(lost, SCORE)[1].difference.value == pytest.approx(-0.82 / 3, abs=1e-6)
    assert not any("diverged" in word for word in words(int8=[0.89, 0.79, 0.84]))


def test_trainings_that_came_to_nothing_are_told() -> None:
    told = table(int8=[0.5, 0.5, 0.5])
    told.rows[-1] |= {"status": "refused", "why": "int8 diverged at step 3"}
    found = answer_of(told, TASKS["classification"], SCORE, "robust")
    assert "1 of 6" in found.words[-1]
    assert "int8 diverged at step 3" in found.words[-1]
    assert lines_of(told, SCORE)[1].difference.count == 2


def test_contestants_with_fewer_than_two_pairs_are_no_verdict() -> None:
    told = table(int8=[0.5, 0.5, 0.5], fast=[0.5, 0.6, 0.7])
    for row in told.rows[4:6]:
        row |= {"status": "failed", "why": "an error"}
    found = answer_of(told, TASKS["classification"], SCORE, "robust")
    assert "Too few seeds to be told from FP32: int8." in found.words
    assert not any("Differs by the same" in word for word in found.words)
