"""What answers about training decide by: bounds, least light, fronts and moving bits."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest

from studies.metrics.registry import Metric
from studies.questions import (
    chain,
    chips_trained,
    co_design,
    laser,
    parts_trained,
    precision,
    protection,
    redundancy,
    shifters,
    training_power,
    wander_trained,
)
from studies.runner.evaluate import evaluate
from studies.runner.rows import DONE
from studies.runner.study import Study
from studies.runner.study_file import load_study
from studies.runner.table import Table

LOST = Metric("accuracy_lost", "", "", "linear", lambda at: 0.0)
ENERGY = Metric("training_energy_j", "J", "", "log", lambda at: 0.0)


def by_light(lost: dict[float, list[float]]) -> Table:
    """Rows of some light, with what each seed lost; energy is the light."""
    rows = [
        {
            "light / mW": light,
            "replica": replica,
            "status": DONE,
            "accuracy_lost": value,
            "training_energy_j": light,
        }
        for light, values in lost.items()
        for replica, value in enumerate(values)
    ]
    return Table(rows, ["light / mW"], {m.name: m for m in (LOST, ENERGY)})


def test_a_bound_parts_bad_from_good_with_the_fewest_on_the_wrong_side() -> None:
    rates = [1e-6, 1e-5, 1e-4, 1e-3]
    assert parts_trained.best_bound(rates, [False, False, True, True]) == (1e-4, 0)
    assert parts_trained.best_bound(rates, [False, True, False, True]) == (1e-3, 1)
    assert parts_trained.best_bound(rates, [False] * 4) == (math.inf, 0)
    assert parts_trained.best_bound(rates, [True, False, False, False]) == (math.inf, 1)


def test_the_least_light_is_that_above_which_all_is_enough() -> None:
    # What happens to be enough below what is not does not count.
    table = by_light({1.0: [0.0, 0.0], 2.0: [0.5, 0.4], 4.0: [0.002, 0.002], 8.0: [0.0, 0.0]})
    steps = [(light, part) for (light,), part in table.by("light / mW")]
    assert training_power._least(steps) == 4.0
    assert protection._least(table) == 4.0
    assert training_power._least(steps[1:2]) is None
    assert protection._least(by_light({2.0: [0.5, 0.4]})) is None


def test_a_network_may_lose_or_gain_on_another_chip() -> None:
    """A difference of shares may be below zero, and so may its interval."""
    names = ("accuracy", "accuracy_elsewhere")
    metrics = {n: Metric(n, "", "", "linear", lambda at: 0.0, 1.0, 0.0) for n in names}
    rows = [
        {"status": DONE, "replica": i, "accuracy": 0.9, "accuracy_elsewhere": 0.9 + move}
        for i, move in enumerate((-0.03, 0.01, -0.01))
    ]
    moved = chips_trained._moved(Table(rows, [], metrics))
    # Of three: 4.303 standard errors of 0.02/√3.
    assert moved.value == pytest.approx(-0.01)
    assert (moved.low, moved.high) == pytest.approx((-0.05968, 0.03968), abs=1e-4)


def test_light_is_enough_only_if_the_interval_says_so() -> None:
    # 0.009 on the mean, but seeds scatter by more than what is left to a point.
    table = by_light({8.0: [-0.02, 0.038]})
    assert training_power._least([(8.0, table)]) is None
    assert protection._least(table) == 8.0


def machine(noise: float, flaws: float, energy: float, time: float, **other: Any) -> dict[str, Any]:
    fit = {"status": DONE, "settled": 1.0, "within_model": 1.0}
    objectives = (noise, flaws, energy, time)
    numbers = dict(zip(co_design._OBJECTIVES, objectives, strict=True))
    # One choice of parts for each machine, so that equal numbers mean the same machine.
    axes = dict.fromkeys(co_design._AXES, str(objectives))
    return {**fit, **axes, **numbers, **other}


def test_the_front_holds_what_nothing_beats_and_what_can_be_built() -> None:
    good, cheap = machine(1e-6, 1e-6, 10.0, 1.0), machine(1e-3, 1e-6, 1.0, 1.0)
    beaten = machine(1e-6, 1e-5, 10.0, 1.0)
    unsettled = machine(1e-9, 1e-9, 0.1, 0.1, settled=0.0)
    refused = machine(1e-9, 1e-9, 0.1, 0.1, status="refused")
    assert co_design.front([good, beaten, unsettled, refused, cheap, good]) == [cheap, good]


def test_ten_are_trained_that_err_seldom_and_span_the_energies() -> None:
    rows = [machine(1e-4, 1e-4, float(i), 1.0) for i in range(37)]
    often = machine(0.5, 0.0, 0.5, 1.0)
    ten = co_design.ten_of([often, *rows])
    assert [row["step_energy_j"] for row in ten] == [4.0 * i for i in range(10)]
    assert co_design.ten_of([often, *rows[:3]]) == rows[:3]


def test_a_schedule_trains_as_its_bits_do() -> None:
    study = load_study("precision").quickened()
    points = {p["format"]: p for p in study.plan()}
    found = {}
    for name in ("4 bits, g = 16", "3, then 4 bits"):
        outcome = evaluate(study, points[name], [0])
        found[name] = outcome.result["replicas"][0]["metrics"]
    four, moving = found.values()
    # The chip keeps its moduli, so that a step costs the same; but it learns otherwise.
    assert moving["training_energy_j"] == pytest.approx(four["training_energy_j"])
    assert moving["accuracy"] != four["accuracy"]


@pytest.mark.parametrize("name", precision.FORMATS)
def test_every_format_has_moduli_that_hold_it(name: str) -> None:
    bits, group = precision.FORMATS[name]
    moduli = precision._moduli(bits, group)
    assert math.prod(moduli) > 2 * group * (2**bits - 1) ** 2


def words_of(study: Study, numbers: Callable[[dict[str, Any], int], dict[str, float]]) -> str:
    """Words of the answer to made-up numbers of every point and replica; those not made up are 1.

    Args:
        study: that is answered.
        numbers: some metrics, by the values of the axes and the replica.
    """
    assert study.answer is not None
    rows = [
        {
            **point,
            **dict.fromkeys(study.known, 1.0),
            "replica": replica,
            "status": DONE,
            "why": "",
            **numbers(point, replica),
        }
        for point in study.plan()
        for replica in range(study.replicas)
    ]
    return "\n".join(study.answer(Table(rows, study.axis_names, study.known)).words)


def test_a_twin_counts_once_for_each_seed() -> None:
    said = words_of(
        redundancy.STUDY, lambda _, replica: {"accuracy of FP32": 0.95 + 0.01 * replica}
    )
    # Of three: 4.303 standard errors of 1/√3 points.
    assert "FP32 trains to 96 [93.5, 98.5] %." in said


def test_what_is_counted_and_what_would_be_left_are_averaged_alike() -> None:
    """Two numbers that are the same on every row have the same mean."""
    wrong = (1e-9, 1e-3, 1e-3, 1e-3)
    said = words_of(
        protection.STUDY,
        lambda _, replica: dict.fromkeys(("wrong_elsewhere", "wrong_integers"), wrong[replica]),
    )
    assert "would leave 7.5e-04 wrong integers, on the mean; 7.5e-04 were counted" in said


def test_what_is_not_decided_is_not_called_missed() -> None:
    def numbers(point: dict[str, Any], replica: int) -> dict[str, float]:
        rates = {"clock 0.1 GHz": 10.0 ** (-1.5 * replica), "clock 0.25 GHz": 0.1}
        return {"symbol_error_rate_predicted": rates.get(point["row"], 1e-9)}

    (clocks,) = [w for w in words_of(chain.STUDY, numbers).split("\n") if w.startswith("Clocks")]
    assert "not decided by as many chips: clock 0.1 GHz" in clocks
    assert "Not met: clock 0.25 GHz (0.1)." in clocks


def test_bits_meet_a_rate_only_if_the_interval_says_so() -> None:
    def numbers(point: dict[str, Any], replica: int) -> dict[str, float]:
        rates = {"dac 10 bits, INL 0.3": 10.0 ** -(4 + 2 * replica), "dac 12 bits, INL 0.3": 1e-9}
        return {"symbol_error_rate_predicted": rates.get(point["variant"], 1e-2)}

    said = words_of(shifters.STUDY, numbers)
    assert "is met by: 12 bits (1e-09); not decided by as many chips: 10 bits (" in said


def test_chips_without_a_ratio_of_polarities_are_told() -> None:
    def numbers(point: dict[str, Any], replica: int) -> dict[str, float]:
        dark = point["multiplier.polarity"] == "one-coupled" and replica == 0
        return {"laser_power_for_target_w": math.inf if dark else 1e-3}

    said = words_of(laser.STUDY, numbers)
    assert "1 on forward data of robust, and zeros alone meet it on 1 of 6 chips" in said


def test_data_that_no_light_is_enough_for_are_named() -> None:
    def numbers(point: dict[str, Any], _: int) -> dict[str, float]:
        dark = point["conditions.streamed"] == "dx"
        return {"laser_power_for_target_w": math.inf if dark else 1e-3}

    assert "times its 2.87 W; no light meets it on dx data." in words_of(laser.STUDY, numbers)


def test_more_pilots_that_come_out_worse_are_told() -> None:
    lost = {"0.1 s": 0.02, "1 s": 0.0, "10 s": 0.02, "at the start alone": 0.005}
    said = words_of(
        wander_trained.STUDY,
        lambda point, _: {"accuracy_lost": lost[point["seconds between pilots"]]},
    )
    assert "at the start alone, though a point or more is lost with 0.1 s and 10 s;" in said
