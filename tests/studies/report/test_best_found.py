"""What a search has found: within its bounds, and of several objectives all that is not beaten."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from studies.metrics.registry import Metric
from studies.report.best_found import best_found
from studies.report.plain_answer import plain_answer
from studies.runner.table import Table
from tests.studies.runner.test_study import study

X, WATTS, SNR = "laser.power_w", "laser_total_w", "amplitude_over_noise"


def search(**fields: Any) -> Any:
    span = {"low": 1e-3, "high": 9e-3}
    return study(axes={X: span}, metrics=[WATTS, SNR], sampler="tpe", points=3, **fields)


def table(*points: tuple[float, float, float]) -> Table:
    told = {"status": "done", "why": "", "replica": 0}
    return Table([{X: x, WATTS: w, SNR: s, **told} for x, w, s in points], [X], search().known)


FOUND = table((1e-3, 1.0, 0.5), (2e-3, 2.0, 1.5), (3e-3, 3.0, 1.2), (4e-3, 4.0, 2.0))


def test_the_best_point_is_one_that_keeps_the_bounds() -> None:
    told = search(objectives={WATTS: "minimize"}, constraints={SNR: ">= 1"})
    words = best_found(told, FOUND)
    assert words == [
        f"Best found (3 of 4 points keep {SNR} >= 1): {WATTS} 2 at laser.power_w = 0.002."
    ]
    assert plain_answer(told, FOUND).words[0] == words[0]


def test_refused_chips_count_as_the_sampler_is_told() -> None:
    usable = Metric("usable", "", "", "share", lambda _: 1.0, refused=0.0)
    told = study(
        axes={X: {"low": 1e-3, "high": 9e-3}},
        metrics=[WATTS, usable],
        sampler="tpe",
        points=2,
        objectives={"usable": "maximize"},
    )
    good = {"status": "done", "why": "", WATTS: 1.0, "usable": 1.0}
    bad = {"status": "refused", "why": "scatters", WATTS: math.nan, "usable": 0.0}
    points = [(1e-3, 0, good), (1e-3, 1, bad), (2e-3, 0, good), (3e-3, 1, bad)]
    rows = [{X: x, "replica": replica, **said} for x, replica, said in points]
    (words,) = best_found(told, Table(rows, [X], told.known))
    assert words.endswith("usable 1 [0.025, 1] at laser.power_w = 0.002.")
    # Of watts, two of the points have no mean.
    told = replace(told, objectives={WATTS: "minimize"}, constraints={"usable": ">= 0.4"})
    (words,) = best_found(told, Table(rows, [X], told.known))
    assert words.startswith("Best found (1 of 1 points keep usable >= 0.4)")


def test_where_no_point_has_a_number_that_is_said() -> None:
    told = search(objectives={WATTS: "minimize"})
    dark = table((1e-3, math.nan, 1.0))
    assert best_found(told, dark) == [f"No point has a number of {WATTS}."]


def test_where_no_point_keeps_them_that_is_said() -> None:
    told = search(objectives={WATTS: "minimize"}, constraints={SNR: ">= 5"})
    assert best_found(told, FOUND) == [f"No point of 4 keeps {SNR} >= 5."]


def test_of_two_objectives_all_are_told_that_no_other_beats() -> None:
    told = search(objectives={WATTS: "minimize", SNR: "maximize"})
    (words,) = best_found(told, FOUND)
    assert words.count(" at laser.power_w") == 3
    assert "laser.power_w = 0.003" not in words
