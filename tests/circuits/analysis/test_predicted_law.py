"""Predicted error rates that no Gaussian gives: coarse converters, and noise that rows share."""

from __future__ import annotations

import math

import pytest
from scipy.special import erfc
from torch import Tensor

from circuits.analysis import receiver_errors as receiver
from circuits.analysis.error_budget import error_budget
from circuits.analysis.optical_errors import Workload, optical_errors
from circuits.analysis.predicted_errors import PredictedReadings, predict
from circuits.analysis.receiver_errors import Reception
from circuits.chip.chip import Chip
from mirage_core import load_machine
from photonics.statistics import symbol_error_rate
from tests.circuits.analysis.budget_helpers import SMALL, TRIMMED, chip_of, errors, workload

WORK = workload()
ONE_ROW = Workload(WORK.streamed, WORK.drives[:, :1], WORK.unit)
MODULUS = 33
# Rings that never leak, bits that turn by a quarter wave, and light enough to drown all noise.
BRIGHT = (
    *TRIMMED,
    "multiplier.bypass_phase_rad=1.5708",
    "multiplier.ring.detuning_m=4.5e-9",
    "laser.power_w=2",
    "clock_hz=5e9",
)
LINEWIDTH = (
    "array.units=2",
    "array.rows=1",
    "clock_hz=1e9",
    "receiver.tia.bandwidth_hz=1e10",
    "laser.power_w=1",
    "laser.linewidth_hz=2.5e7",
    "receiver.rail_mismatch_s=2e-11",
)


def predicted(chip: Chip, modulus: int, work: Workload) -> PredictedReadings:
    light = optical_errors(chip, modulus, work)
    return predict(Reception(chip.design, light.arrays, work), light.found)


def excess(count: int, odds: Tensor, seeds: int) -> float:
    """Errors beyond the expected, in standard deviations of readings with odds of their own."""
    expected, variance = float(odds.sum()), float((odds * (1.0 - odds)).sum())
    return (count - seeds * expected) / math.sqrt(seeds * variance)


@pytest.mark.parametrize("modulus", [31, 32, 33])
def test_a_machine_without_noise_never_errs(modulus: int) -> None:
    chip = chip_of(load_machine("isca2024-ideal", SMALL))
    assert float(predicted(chip, modulus, WORK).error_odds.max()) < 1e-15
    # Though the steps of its converters turn the phase, no reading lies on the wrong side of one.
    budget = error_budget(chip, modulus, WORK)
    assert budget.dominant.name == receiver.STEPS
    assert budget.symbol_error_rate < 1e-15


@pytest.mark.parametrize("bits", [0, 1, 3])
def test_coarse_steps_decide_as_predicted(bits: int) -> None:
    # A full scale for the largest amplitude: few codes are left for the others.
    chip = chip_of(load_machine("isca2024", [*BRIGHT, f"receiver.adc_extra_bits={bits}"]))
    assert error_budget(chip, MODULUS, WORK).dominant.name == receiver.STEPS
    found, count = predicted(chip, MODULUS, WORK), errors(chip, WORK, MODULUS, 4)
    assert count >= 400
    # One in 3000 correct builds would fail each.
    assert abs(excess(count, found.error_odds, 4)) < 3.6
    # Steps taken for Gaussian noise would be off beyond chance.
    gamma = 0.5 / found.random_rad.square()
    gaussian = symbol_error_rate(gamma.numpy(), MODULUS, found.offset_rad.numpy(), 100)
    readings = 4 * gaussian.size
    sigma = math.sqrt(readings * gaussian.mean() * (1.0 - gaussian.mean()))
    assert abs(count - readings * gaussian.mean()) > 5.0 * sigma


def test_phase_noise_of_the_laser_errs_as_its_normal_law() -> None:
    # Converters as good as continuous, and hardly any other noise.
    made = load_machine("isca2024-ideal", [*LINEWIDTH, "receiver.adc_extra_bits=14"])
    few = Workload(ONE_ROW.streamed[:50], ONE_ROW.drives, ONE_ROW.unit)
    found = predicted(chip_of(made), MODULUS, few)
    light = optical_errors(chip_of(made), MODULUS, few)
    rms_rad = Reception(made.design, light.arrays, few).receiver.laser.phase_rms_rad
    assert found.random_rad.numpy() == pytest.approx(rms_rad, rel=1e-3)
    exact = erfc(math.pi / MODULUS / (math.sqrt(2.0) * rms_rad))
    assert found.error_odds.numpy() == pytest.approx(exact, rel=5e-3)


def test_shared_noise_on_coarse_steps_errs_as_predicted() -> None:
    made = load_machine("isca2024-ideal", [*LINEWIDTH, "receiver.adc_extra_bits=1"])
    chip = chip_of(made)
    odds, count = predicted(chip, MODULUS, ONE_ROW).error_odds, errors(chip, ONE_ROW, MODULUS, 48)
    assert count >= 400
    assert abs(excess(count, odds, 48)) < 3.6
