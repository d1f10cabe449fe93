"""Constants and decibels against the SI definitions."""

import math

import pytest

from photonics import units


def test_constants_are_those_of_the_si():
    assert units.ELEMENTARY_CHARGE_C == 1.602176634e-19
    assert units.BOLTZMANN_J_PER_K == 1.380649e-23
    assert units.PLANCK_J_S == 6.62607015e-34
    assert units.SPEED_OF_LIGHT_M_PER_S == 299792458.0


@pytest.mark.parametrize("level_db", [-300.0, -20.0, -3.0, 0.0, 0.2, 10.0, 57.3])
def test_decibels_go_both_ways(level_db):
    assert units.power_to_db(units.db_to_power(level_db)) == pytest.approx(level_db, abs=1e-12)


def test_a_decibel_is_a_ratio_of_powers_and_a_field_takes_the_root():
    assert units.db_to_power(20.0) == pytest.approx(100.0, rel=1e-15, abs=0)
    assert units.loss_to_power(20.0) == pytest.approx(0.01, rel=1e-15, abs=0)
    assert units.loss_to_amplitude(20.0) == pytest.approx(0.1, rel=1e-15, abs=0)
    assert units.loss_to_amplitude(3.7) ** 2 == pytest.approx(
        units.loss_to_power(3.7), rel=1e-15, abs=0
    )


def test_dbm_counts_from_one_milliwatt():
    assert units.watt_to_dbm(1e-3) == 0.0
    assert units.watt_to_dbm(10e-6) == pytest.approx(-20.0, abs=1e-12)


def test_no_power_is_infinitely_far_down():
    assert units.power_to_db(0.0) == -math.inf
