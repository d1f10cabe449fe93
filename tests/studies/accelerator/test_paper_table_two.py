"""Means of Fig. 8 without any bar put in."""

from __future__ import annotations

import pytest

from studies.accelerator.paper_table_two import by_table_two
from tests.close import close

FOUND = {
    "FP32": (35.9, 438.0),
    "bfloat16": (25.1, 41.7),
    "HFP8": (27.4, 8.84),
    "INT12": (47.9, 1.2015),
    "INT8": (52.8, 0.376),
}


@pytest.mark.parametrize("name", FOUND)
def test_means_from_what_table_two_prints(name: str) -> None:
    """Values of an independent recomputation, to the digits that it gave."""
    rows = [r for r in by_table_two() if f" {name}:" in r.item]
    assert [r.recomputed for r in rows] == close(FOUND[name], rel=0.003)
    assert {r.verdict for r in rows} <= {"fitted", "unexplained"}
