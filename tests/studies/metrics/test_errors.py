"""Error rates: predictions against counts, bounds, and the light that meets a target."""

from __future__ import annotations

import math

import pytest

from circuits.analysis.predicted_errors import predict
from photonics.errors import InputError
from studies.metrics import errors
from studies.metrics.conditions import Conditions
from studies.metrics.evaluation import compiled
from studies.metrics.registry import metrics
from tests.studies.metrics.machines import at
from tests.tolerance import Z

# Enough wrong readings to be counted.
NOISY = {"laser.power_w": 4e-3, "multiplier.switch.detuning_m": 4.5e-9}


def test_predicted_rates_are_those_that_are_counted() -> None:
    point = at(changes=NOISY, vectors=4000, rows=4)
    predicted = errors.residue_error_rate_predicted(point)
    counted = errors.residue_error_rate_counted(point)
    readings = 3 * 4000 * 4
    # Rows of a symbol share noise: allow four times the variance of independent readings.
    margin = Z * 2.0 * math.sqrt(predicted / readings)
    # `robust` reads again what its range check refuses; readings are counted before that.
    assert point.machine.redundancy.policy == "reread"
    assert readings * predicted > 50
    assert abs(counted - predicted) < margin


def test_the_worst_modulus_errs_most_and_the_worst_row_more() -> None:
    point = at(changes=NOISY)
    mean = errors.residue_error_rate_predicted(point)
    symbol = errors.symbol_error_rate_predicted(point)
    assert mean <= symbol <= 3.0 * mean
    assert errors.worst_row_error_rate_predicted(point) >= symbol
    assert errors.typical_row_error_rate_predicted(point) <= symbol


def test_the_light_for_a_target_meets_it_on_the_same_chip() -> None:
    point = at(streamed="forward", target_error_rate=1e-5)
    found_w = errors.laser_power_for_target_w(point)
    scaled = errors._scaled(point.chip, found_w / point.machine.design.laser.power_w)
    rates = [predict(a, point.work).error_probability.mean() for a in compiled(scaled).values()]
    assert math.log10(max(rates)) == pytest.approx(-5, abs=0.3)


def test_no_light_makes_up_for_leaks() -> None:
    leaky = at(changes={"multiplier.switch.detuning_m": 1e-9})
    assert errors.laser_power_for_target_w(leaky) == math.inf
    assert errors.wrong_without_noise(leaky) > 0.01


def test_phase_errors_are_the_sum_of_what_repeats_and_what_does_not() -> None:
    point = at()
    whole = errors.phase_error_share(point)
    parts = math.hypot(errors.repeated_error_share(point), errors.random_error_share(point))
    # The worst modulus of each may be another.
    assert whole <= parts * 1.001
    assert whole >= errors.repeated_error_share(point)


def test_the_ideal_machine_makes_no_errors() -> None:
    ideal = at("isca2024-ideal")
    for name, metric in metrics().items():
        if "error_rate_predicted" in name:
            assert metric.of(ideal) == pytest.approx(errors.LEAST_RATE)
    assert errors.wrong_without_noise(ideal) == 0.0
    # None of so many readings counts as half a one.
    assert errors.symbol_error_rate_counted(ideal) == 0.5 / (40 * 2)


def test_targets_are_above_what_is_worked_out() -> None:
    """Below, any light would seem to miss them."""
    with pytest.raises(InputError, match="target_error_rate"):
        Conditions(target_error_rate=errors.LEAST_RATE)
