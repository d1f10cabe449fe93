"""Metrics of the design against closed forms and each other."""

from __future__ import annotations

import pytest

from studies.metrics import link, training
from studies.metrics.registry import metrics
from tests.studies.metrics.machines import at


def test_the_paper_s_average_power_makes_its_total() -> None:
    paper = at("isca2024")
    # 768 units at 0.75 mW and a fifth: 2.88 W, which the paper rounds to 2.87 W.
    assert link.laser_power_w(paper) == 0.75e-3
    assert link.laser_total_w(paper) == pytest.approx(768 * 0.75e-3 / 0.2)


def test_moduli_with_a_power_of_their_own_count() -> None:
    changes = {"modulus_power_w.33": 2e-3}
    assert link.laser_power_w(at("isca2024", changes)) == 2e-3
    total = 256 * (0.75e-3 + 0.75e-3 + 2e-3) / 0.2
    assert link.laser_total_w(at("isca2024", changes)) == pytest.approx(total)


def test_the_tail_loses_more_and_needs_more_than_the_median() -> None:
    point = at(vectors=2000)
    assert link.rail_loss_db(point) > link.median_rail_loss_db(point) > 0
    assert link.worst_input_power_w(point) > link.link_power_for_target_w(point)


def test_a_tighter_target_needs_more_light() -> None:
    loose, tight = (link.link_power_for_target_w(at(target_error_rate=t)) for t in (1e-3, 1e-9))
    assert tight > 1.5 * loose


def test_settling_is_told_by_the_clock() -> None:
    slow, fast = at(changes={"clock_hz": 1e8}), at(changes={"clock_hz": 2.5e9})
    assert link.settled(slow) == 1.0
    assert link.settled(fast) == 0.0
    assert link.fastest_clock_hz(slow) > 1e8


def test_every_metric_tells_its_meaning_and_is_a_number_of_an_ordinary_machine() -> None:
    point = at(changes={"laser.power_w": 4e-3}, depth=32)
    for name, metric in metrics().items():
        assert metric.meaning, name
        assert metric.name == name
        if metric.of.__module__ != training.__name__:
            assert isinstance(metric.of(point), float), name
