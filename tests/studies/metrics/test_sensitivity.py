"""Screening and shares: a known ranking is ranked."""

from __future__ import annotations

import math
from typing import Any

import pytest

from mirage_core.machine.loading import load_machine
from photonics.errors import InputError
from studies.metrics.sensitivity import (
    device_parameters,
    morris_effects,
    moved,
    rank_correlation,
    variance_shares,
)
from studies.metrics.spreads import spread_of
from studies.runner.axes import Span
from studies.runner.plan import points

NAMES = ["a", "b", "c", "d"]
# Of a result of 10^(3 a + b + 0.1 c), a c and d: what each does is known.
SIZES = {"a": 3.0, "b": 1.0, "c": 0.1, "d": 0.0}


def rows(sampler: str, n: int) -> list[dict[str, Any]]:
    axes = [Span(name, -1.0, 1.0) for name in NAMES]
    found = []
    for number, point in enumerate(points(sampler, [], axes, n, 0)):
        exponent = sum(SIZES[name] * float(point[name]) for name in NAMES)
        told = {"point": number, "status": "done", "rate": 10.0**exponent}
        found.append({**point, **told})
    return found


def test_a_known_ranking_is_ranked_by_screening() -> None:
    found = morris_effects(rows("morris", 10), NAMES, "rate")
    assert [e.name for e in found] == NAMES
    # From end to end is two spreads; a linear result has effects without scatter.
    assert [e.size for e in found] == pytest.approx([2 * SIZES[n] for n in NAMES])
    assert all(e.spread < 1e-9 for e in found)


def test_a_known_ranking_is_ranked_by_shares() -> None:
    found = variance_shares(rows("saltelli", 512), NAMES, "rate")
    total = sum(s**2 for s in SIZES.values())
    by_name = {e.name: e for e in found}
    assert [e.name for e in found[:3]] == NAMES[:3]
    for name in NAMES:
        assert by_name[name].size == pytest.approx(SIZES[name] ** 2 / total, abs=0.02)
        assert by_name[name].spread == pytest.approx(SIZES[name] ** 2 / total, abs=0.05)


def test_replicas_and_another_order_of_rows_change_nothing() -> None:
    for effects, single in (
        (variance_shares, rows("saltelli", 64)),
        (morris_effects, rows("morris", 10)),
    ):
        # Of two chips one errs ten times as often at all points.
        chips = [{**row, "rate": row["rate"] * chip} for row in single for chip in (1.0, 10.0)]
        told = effects(single, NAMES, "rate")
        for again in (chips, chips[::-1], single[::-1]):
            found = effects(again, NAMES, "rate")
            assert [e.name for e in found] == [e.name for e in told]
            assert [e.size for e in found] == pytest.approx([e.size for e in told])
        lost = [*chips[:-1], {**chips[-1], "status": "failed"}]
        assert effects(lost, NAMES, "rate") != told


def test_the_same_rows_tell_the_same() -> None:
    for effects, found in (
        (variance_shares, rows("saltelli", 64)),
        (morris_effects, rows("morris", 10)),
    ):
        assert effects(found, NAMES, "rate") == effects(found, NAMES, "rate")


def test_paths_with_a_machine_that_cannot_be_are_left_out() -> None:
    found = rows("morris", 10)
    found[2] = {**found[2], "status": "refused"}
    effects = morris_effects(found, NAMES, "rate")
    assert effects[0].size == pytest.approx(6.0)
    assert morris_effects(found[:5], NAMES, "rate") == []
    assert variance_shares(found, NAMES, "rate") == []


def test_one_trajectory_has_no_interval() -> None:
    assert all(math.isnan(e.error) for e in morris_effects(rows("morris", 1), NAMES, "rate"))
    assert all(e.error >= 0.0 for e in morris_effects(rows("morris", 4), NAMES, "rate"))


def test_rankings_are_compared() -> None:
    one = morris_effects(rows("morris", 4), NAMES, "rate")
    turned = [e._replace() if hasattr(e, "_replace") else e for e in one]
    assert rank_correlation(one, turned) == pytest.approx(1.0)
    sizes = [e.size for e in one]
    other = [type(e)(e.name, s, e.error, e.spread) for e, s in zip(one, sizes[::-1], strict=True)]
    assert rank_correlation(one, other) == pytest.approx(-1.0)


def test_parameters_move_by_their_spreads_times_the_range() -> None:
    name = "receiver.tia.noise_a_per_rthz"
    nominal = device_parameters()[name]
    assert moved({name: 0.0})[name] == nominal
    off = spread_of(name).of(nominal)
    assert moved({name: -0.5, "range": 2.0})[name] == pytest.approx(nominal - off)


def test_every_parameter_can_be_moved_alone_to_either_end() -> None:
    machine = load_machine("robust", {"receiver.sampling_guard_s": 3e-12})
    for name in device_parameters():
        for end in (-1.0, 1.0):
            try:
                machine.changed(moved({name: end, "range": 2.0}))
            except InputError as error:
                pytest.fail(f"{error}: name it in studies/metrics/spreads.py")
