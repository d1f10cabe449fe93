"""The machines that are put to the test, against numbers by hand."""

from __future__ import annotations

import math

import pytest

from circuits.analysis.link import LinkBudget
from mirage_core.machine.loading import load_machine
from photonics.statistics import symbol_error_rate
from studies.verification import machines
from tests.constants import CHARGE_C
from tests.studies.verification.findings import IDEAL


def test_noise_of_an_ideal_machine_by_hand() -> None:
    changes = {
        "laser.power_w": 2e-3,
        "receiver.photodiode.responsivity_a_per_w": 1.0,
        "receiver.photodiode.dark_current_a": 1e-6,
        "receiver.photodiode.bandwidth_hz": 30e9,
        "receiver.tia.bandwidth_hz": 10e9,
        "receiver.tia.noise_a_per_rthz": 15e-12,
    }
    machine = machines.wide_ideal(IDEAL, changes)
    # Half of 2 mW reaches either pair, at 1 A/W; poles at 30 and 10 GHz are as one at 7.5 GHz.
    assert machines.amplitude_a(machine) == pytest.approx(1e-3)
    assert machines.amplifier_band_hz(machine) == pytest.approx(15.70796e9, rel=1e-6)
    assert machines.light_band_hz(machine) == pytest.approx(math.pi / 2 * 7.5e9)
    shot_a2 = 2 * CHARGE_C * (1e-3 + 2e-6) * math.pi / 2 * 7.5e9
    amplifier_a2 = 225e-24 * math.pi / 2 * 10e9
    assert machines.white_variance_a2(machine) == pytest.approx(shot_a2 + amplifier_a2)
    assert machines.gamma(machine) == pytest.approx(1e-6 / 2 / (shot_a2 + amplifier_a2))


@pytest.mark.parametrize("source", ["amplifier", "shot"])
def test_noise_is_set_for_the_error_rate_that_is_asked(source: str) -> None:
    machine = machines.noisy(IDEAL, source, 1e-4, 32)
    rate = float(symbol_error_rate(machines.gamma(machine), 32))
    assert rate == pytest.approx(1e-4, rel=1e-6)
    assert (machine.design.receiver.tia.noise_a_per_rthz == 0.0) == (source == "shot")


def test_a_quiet_machine_has_no_noise_left() -> None:
    noisy = load_machine("robust", ["array.units=1", "receiver.adc_noise_lsb=0.5"])
    quiet = machines.noise_free(noisy)
    assert machines.white_variance_a2(quiet) < 1e-10 * machines.white_variance_a2(noisy)
    assert quiet.design.laser.linewidth_hz == quiet.design.receiver.adc_noise_lsb == 0.0
    # What is wrong of its parts stays wrong.
    assert quiet.design.multiplier == noisy.design.multiplier


def test_redundant_moduli_are_tested_as_plain_ones() -> None:
    mended = ["redundancy.policy=correct", "redundancy.redundant_moduli=[35, 37]"]
    like = load_machine("robust", ["moduli=[31, 32, 33]", *mended])
    made = machines.of_preset("isca2024-ideal", like, {"array.rows": 3})
    assert made.moduli == (31, 32, 33, 35, 37)
    assert (made.redundancy.policy, made.array.rows) == ("none", 3)


def test_each_modulus_gets_the_light_that_it_needs() -> None:
    machine = machines.powered(load_machine("robust", ["array.units=1"]), 1e-3)
    for modulus in machine.moduli:
        budget = LinkBudget(machine.design, modulus, 16)
        loss_db = 16 * float(budget.gain.residue_loss_db().mean())
        rate = float(symbol_error_rate(budget.at_loss(loss_db).rho ** 2 / 2, modulus))
        # Powers are rounded to three digits.
        assert rate == pytest.approx(1e-3, rel=0.05)
