"""Training in every number format."""

from __future__ import annotations

import pytest

from studies.questions import formats
from studies.runner.rows import DONE
from studies.runner.table import Table


@pytest.mark.slow  # 9 s
def test_every_contestant_trains() -> None:
    for name in formats.contestants():
        right = formats.trained_accuracy(name, seed=0, epochs=4)
        assert 0.05 < right <= 1
    assert formats.trained_accuracy("FP32", seed=0, epochs=4) > 0.9


def test_a_format_learns_from_its_own_seed_and_no_other() -> None:
    first, again, other = (
        formats.trained_accuracy("BFP 4 bit, g=16", seed, epochs=1) for seed in (0, 0, 1)
    )
    assert first == again != other


def test_a_format_is_within_a_point_by_its_interval_or_on_the_mean_alone() -> None:
    scores = {
        "FP32": (0.96, 0.96),
        "alike": (0.955, 0.955),
        "scattered": (0.92, 0.99),
        "worse": (0.94, 0.949),
    }
    rows = [
        {"format": name, "replica": i, "status": DONE, "accuracy": score, "why": ""}
        for name, both in scores.items()
        for i, score in enumerate(both)
    ]
    told = formats.answer(Table(rows, ["format"], formats.STUDY.known))
    assert told.words[0] == (
        "Less than a point below FP32 over the whole interval, seed by seed: FP32, alike; on the "
        "mean alone: scattered."
    )
