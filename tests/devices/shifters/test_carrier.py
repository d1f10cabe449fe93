"""Carrier shifters: depletion and injection, their phase and what they absorb."""

from __future__ import annotations

import math

import pytest

from devices.shifters.carrier import DepletionShifter, InjectionShifter
from photonics.carriers import absorption_to_db_per_m, depletion_width_m, junction_potential_v
from photonics.errors import InputError


def test_depletion_shifter_has_the_usual_efficiency_and_loss() -> None:
    """1 to 2 V cm and more than 10 dB/cm, from doping alone."""
    shifter = DepletionShifter()
    v_pi_l_vcm = 2.0 * math.pi / float(shifter.phase_rad(2.0)) * shifter.length_m * 100
    assert 1.0 < v_pi_l_vcm < 2.5
    assert 10.0 < float(shifter.loss_db()) / shifter.length_m / 100 < 20.0


def test_depletion_by_hand() -> None:
    """1e18/1e18: V_bi = 0.9542 V, W = 49.7 nm √(1 + V/V_bi), half on each side of a 500 nm core."""
    shifter = DepletionShifter(
        donors_per_cm3=1e18, acceptors_per_cm3=1e18, overlap=1.0, length_m=1e-3, loss_db_per_m=0.0
    )
    widening_m = 49.7e-9 * (math.sqrt(1.0 + 2.0 / 0.9542) - 1.0)
    index = widening_m / 2 / 500e-9 * 3.015e-3
    assert float(shifter.phase_rad(2.0)) == pytest.approx(
        2 * math.pi * index * 1e-3 / 1550e-9, rel=3e-3
    )
    # The carriers that leave take their absorption along: 8.5 and 6.0 per cm.
    leaving_db = absorption_to_db_per_m(1450.0) * 1e-3 * widening_m / 2 / 500e-9
    at_rest, biased = shifter.loss_db(0.0), shifter.loss_db(shifter.phase_rad(2.0))
    assert float(at_rest - biased) == pytest.approx(leaving_db, rel=3e-3)


def test_an_uneven_junction_depletes_its_weaker_side() -> None:
    """Charges balance: with four times the donors, 4/5 of the zone lies on the p side."""
    shifter = DepletionShifter(
        donors_per_cm3=1e18, acceptors_per_cm3=2.5e17, overlap=1.0, loss_db_per_m=0.0, v_max_v=2.0
    )
    built_in_v = junction_potential_v(1e18, 2.5e17)
    at_rest_m = depletion_width_m(built_in_v, 1e18, 2.5e17)
    widening_m = depletion_width_m(built_in_v + 2.0, 1e18, 2.5e17) - at_rest_m
    index = widening_m / 500e-9 * (0.2 * 8.8e-22 * 1e18 + 0.8 * 8.5e-18 * (2.5e17) ** 0.8)
    phase = 2.0 * math.pi * index * 3e-3 / 1550e-9
    assert shifter.phase_range_rad[1] == pytest.approx(phase, rel=1e-9)
    # Power absorption, averaged over the core: 8.5 /cm over the n side, 1.5 /cm over the p side.
    left = (250e-9 - 0.2 * at_rest_m) * 850.0 + (250e-9 - 0.8 * at_rest_m) * 150.0
    loss_db = absorption_to_db_per_m(left / 500e-9) * 3e-3
    assert float(shifter.loss_db()) == pytest.approx(loss_db, rel=1e-9)


def test_depletion_refuses_a_zone_wider_than_the_core() -> None:
    with pytest.raises(InputError, match="v_max_v"):
        DepletionShifter(donors_per_cm3=1e17, acceptors_per_cm3=1e17, v_max_v=10.0)


def test_injection_reproduces_the_worked_example() -> None:
    """1e18/1e18 over 257.1 µm: -π and 1.62 dB."""
    shifter = InjectionShifter(length_m=257.1e-6, loss_db_per_m=0.0)
    volume_cm3 = 500e-7 * 220e-7 * 257.1e-4
    current_a = 1e18 * 1.602176634e-19 * volume_cm3 / 1e-9
    assert float(shifter.phase_rad(current_a)) == pytest.approx(-math.pi, rel=1e-3)
    assert float(shifter.loss_db(-math.pi)) == pytest.approx(1.62, abs=0.005)


def test_injection_default_is_what_its_source_says() -> None:
    """6 mA for 1 ns in 500 nm x 220 nm x 300 µm: 1.13e18 cm⁻³, a little more than a half wave."""
    shifter = InjectionShifter()
    assert shifter.pairs_per_cm3_a * shifter.current_max_a == pytest.approx(1.13e18, rel=0.01)
    assert -1.5 * math.pi < shifter.phase_range_rad[0] < -math.pi


def test_injection_loss_grows_faster_than_its_phase() -> None:
    shifter = InjectionShifter(loss_db_per_m=0.0)
    half, full = shifter.loss_db(-math.pi / 2), shifter.loss_db(-math.pi)
    assert float(full / half) > 2.0
