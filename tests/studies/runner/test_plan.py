"""Designs: all combinations, even filling, and what SALib asks for."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy.stats import kstest, qmc

from studies.runner.axes import Axis, Choices, Listed, Span
from studies.runner.plan import FIXED, points, unit_design

AXES: list[Axis] = [Span("x", 0.0, 1.0), Span("y", -1.0, 1.0)]


def test_a_grid_is_every_combination_once_cases_first() -> None:
    cases: list[Axis] = [Choices("c", {"one": {}, "two": {}})]
    axes: list[Axis] = [Listed("a", (1, 2)), Span("b", 0.0, 1.0, count=3)]
    found = points("grid", cases, axes, 0, 0)
    wanted = itertools.product(["one", "two"], [1, 2], [0.0, 0.5, 1.0])
    assert [tuple(p.values()) for p in found] == list(wanted)


@pytest.mark.parametrize("sampler", FIXED[1:])
def test_designs_follow_from_their_seed_alone(sampler: str) -> None:
    first, again, other = (points(sampler, [], AXES, 8, seed) for seed in (3, 3, 4))
    assert first == again
    assert first != other


def test_random_points_fill_evenly_and_columns_are_unlike() -> None:
    drawn = np.array(unit_design("random", ["x", "y"], 2000, 0))
    assert all(kstest(column, "uniform").pvalue > 1e-4 for column in drawn.T)
    assert abs(np.corrcoef(drawn.T)[0, 1]) < 4 / np.sqrt(2000)


def test_a_column_of_a_random_design_does_not_depend_on_other_axes() -> None:
    alone = unit_design("random", ["x"], 5, 0)
    beside = unit_design("random", ["w", "x"], 5, 0)
    assert [row[0] for row in alone] == [row[1] for row in beside]


def test_quasi_random_points_lie_more_evenly_than_random_ones() -> None:
    random, quasi = (
        qmc.discrepancy(np.array(unit_design(s, ["x", "y"], 128, 0))) for s in ("random", "qmc")
    )
    assert quasi < random / 5


def test_a_quasi_random_design_may_have_any_number_of_points() -> None:
    assert len(unit_design("qmc", ["x", "y"], 5, 0)) == 5
    assert unit_design("qmc", ["x", "y"], 5, 0) == unit_design("qmc", ["x", "y"], 8, 0)[:5]


def test_paths_of_morris_change_one_axis_at_a_time() -> None:
    names = ["x", "y", "z"]
    rows = np.array(unit_design("morris", names, 4, 0))
    assert len(rows) == 4 * (len(names) + 1)
    for path in rows.reshape(4, len(names) + 1, len(names)):
        assert sorted(np.argmax(abs(np.diff(path, axis=0)), axis=1)) == [0, 1, 2]
        assert ((np.diff(path, axis=0) != 0).sum(1) == 1).all()


def test_a_design_for_shares_has_as_many_machines_as_salib_needs() -> None:
    assert len(unit_design("saltelli", ["x", "y", "z"], 8, 0)) == 8 * (3 + 2)


def test_every_case_has_the_same_design() -> None:
    found = points("random", [Listed("c", (1, 2))], AXES, 3, 0)
    assert [p["x"] for p in found[:3]] == [p["x"] for p in found[3:]]
