"""Estimates over replicas, with intervals that hold what they promise."""

from __future__ import annotations

import math
from typing import Any

import pytest

from photonics.errors import InputError
from photonics.random import NoiseKey
from studies.metrics.registry import Metric
from studies.runner.table import Table, estimate

KEY = NoiseKey.from_seed(5)
LINEAR, LOG, SHARE = (
    Metric(scale, "", "", scale, lambda at: 0.0)  # type: ignore[arg-type]
    for scale in ("linear", "log", "share")
)


def rows(values: list[float], **fields: Any) -> list[dict[str, Any]]:
    told = {"status": "done", "why": "", **fields}
    return [{"replica": i, "linear": v, "log": v, **told} for i, v in enumerate(values)]


def test_intervals_of_means_hold_the_truth_as_often_as_they_say() -> None:
    hits, tries, count = 0, 2000, 4
    drawn = KEY.fold("mean").normal(0, tries * count).view(tries, count)
    for sample in drawn.tolist():
        found = estimate(sample, LINEAR)
        hits += found.low <= 0.0 <= found.high
    # Four standard errors of a share of 0.95.
    assert abs(hits / tries - 0.95) < 4 * math.sqrt(0.95 * 0.05 / tries)


def test_rates_are_averaged_by_their_logarithms() -> None:
    found = estimate([1e-8, 1e-6, 1e-4], LOG)
    assert found.value == pytest.approx(1e-6)
    assert found.low * found.high == pytest.approx(1e-12)
    assert (found.least, found.most) == (1e-8, 1e-4)


def test_a_rate_is_at_most_one_whatever_its_interval() -> None:
    rate = Metric("rate", "", "", "log", lambda at: 0.0, most=1.0)
    assert estimate([1e-8, 0.9], rate).high == 1.0


def test_an_accuracy_lies_between_none_and_all_whatever_its_interval() -> None:
    accuracy = Metric("accuracy", "", "", "linear", lambda at: 0.0, most=1.0, least=0.0)
    found = estimate([0.1, 0.9], accuracy)
    assert (found.low, found.value, found.high) == (0.0, 0.5, 1.0)


def test_shares_have_exact_intervals() -> None:
    # Clopper and Pearson: none of ten lost leaves up to 1 - 0.025^(1/10) = 0.3085.
    found = estimate([1.0] * 10, SHARE)
    assert found.value == 1.0
    assert found.low == pytest.approx(0.025**0.1)
    assert found.high == 1.0


def test_one_replica_and_equal_ones_have_no_interval() -> None:
    assert math.isnan(estimate([3.0], LINEAR).low)
    assert estimate([3.0], LINEAR).text() == "3"
    assert math.isnan(estimate([3.0, 3.0], LINEAR).low)
    assert estimate([], LINEAR).count == 0
    assert math.isnan(estimate([], LINEAR).value)


def test_infinite_numbers_are_told_as_such() -> None:
    found = estimate([math.inf, math.inf], LOG)
    assert found.value == math.inf
    assert found.text() == "inf"


def test_a_chip_that_no_number_is_enough_for_is_told_beside_the_others() -> None:
    found = estimate([1.0, 4.0, math.inf], LOG)
    assert found.value == pytest.approx(2.0)
    assert found.never == 1
    assert found.text().startswith("2 [")
    assert found.text().endswith("], and never on 1 of 3 chips")


def test_what_is_shared_drops_out_of_pairs() -> None:
    shared = [1e-9, 1e-6, 1e-3]
    base = Table(rows(shared), ["x"], {"log": LOG, "linear": LINEAR})
    worse = Table(rows([2.0 * v for v in shared]), ["x"], {"log": LOG, "linear": LINEAR})
    found = worse.paired("log", base)
    assert found.value == pytest.approx(2.0)
    assert found.high / max(found.low, 1e-9) < 1.0001 or math.isnan(found.low)
    assert worse.of("log").high / worse.of("log").low > 1e6
    assert worse.paired("linear", base).value == pytest.approx(sum(shared) / 3)


def test_pairs_leave_out_where_there_is_nothing_to_compare_with() -> None:
    def table(*values: float) -> Table:
        return Table(rows(list(values)), ["x"], {"log": LOG})

    found = table(4.0, 9.0, math.inf, 5.0).paired("log", table(1.0, 1.0, 1.0, math.inf))
    # Geometric, of the two chips that both can tell of; the third is told, the fourth cannot be.
    assert found.value == pytest.approx(6.0)
    assert (found.never, found.count) == (1, 3)


def test_rows_without_numbers_are_left_out_and_their_reasons_told() -> None:
    refused = rows([math.nan], status="refused", why="no light")
    table = Table(rows([1.0, 3.0]) + refused + refused, [], {"linear": LINEAR})
    assert table.of("linear").value == 2.0
    assert len(table.done) == 2
    assert table.reasons() == {"no light": 2}


def test_a_refused_chip_is_among_those_of_a_share_that_counts_it() -> None:
    usable = Metric("usable", "", "", "share", lambda at: 1.0, refused=0.0)
    good = rows([1e-3, 1e-3], usable=1.0)
    bad = rows([math.nan], usable=0.0, status="refused", why="scatters", replica=2)
    impossible = rows([math.nan], usable=math.nan, status="refused", why="no light", replica=3)
    table = Table(good + bad + impossible, [], {"linear": LINEAR, "usable": usable})
    assert table.of("usable").value == pytest.approx(2 / 3)
    assert table.of("linear").value == 1e-3
    assert len(table.done) == 3


def test_groups_keep_the_order_of_rows() -> None:
    found = rows([1.0], x="b") + rows([2.0], x="a") + rows([3.0], x="b", replica=1)
    table = Table(found, ["x"], {"linear": LINEAR})
    assert [(key, part.of("linear").value) for key, part in table.by("x")] == [
        (("b",), 2.0),
        (("a",), 2.0),
    ]
    assert table.values("x") == ["b", "a"]
    assert len(table.where(x="b")) == 2


def test_a_chip_that_was_measured_twice_at_a_point_counts_once() -> None:
    """Random designs over lists, and searches, come back to a point."""
    usable = [
        {"replica": i, "x": x, "usable": 1.0, "status": "done", "why": ""}
        for i in range(3)
        for x in (1, 1, 2)
    ]
    table = Table(usable, ["x"], {"usable": SHARE})
    (_, first), (_, second) = table.by("x")
    assert first.of("usable") == second.of("usable")
    # All of three: 0.025^(1/3).
    assert first.of("usable").low == pytest.approx(0.025 ** (1 / 3))
    assert table.of("usable").count == 6
    assert second.paired("usable", first).count == 3


def test_pairs_are_refused_where_it_is_not_said_with_which_point() -> None:
    told = [{**row, "x": x} for x in (1, 2) for row in rows([1.0, 2.0])]
    table = Table(told, ["x"], {"linear": LINEAR})
    with pytest.raises(InputError, match="must be one for each replica"):
        table.paired("linear", table)


def test_a_rate_of_zero_is_told_where_it_leaves_no_geometric_mean() -> None:
    found = estimate([0.0, 2e-6, 4e-6], LOG)
    assert found.value == pytest.approx(2e-6)
    assert found.low == 0.0
    assert found.text().endswith("], a mean that is not geometric, for 0 on 1 of 3")
    assert estimate([0.0, 0.0], LOG).text() == "0"


def test_a_share_is_one_of_successes() -> None:
    with pytest.raises(InputError, match="must be 0 or 1"):
        estimate([0.4, 0.4], SHARE)
