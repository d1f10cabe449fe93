"""Predicted error rates against errors that the compact engine makes."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy.special import erfc
from scipy.stats import ttest_1samp
from torch import Tensor

from circuits.analysis import optical_errors as optical
from circuits.analysis import receiver_errors as receiver
from circuits.analysis.error_budget import ErrorBudget, error_budget
from circuits.analysis.predicted_errors import PredictedReadings, predict
from circuits.analysis.workload import Workload
from circuits.chip.chip import Chip
from circuits.chip.compiling import compile_chip
from circuits.chip.drift import drifted
from circuits.control.procedure import calibrate
from circuits.receiver.by_design import laser_noise, symbol_memory
from mirage_core import load_machine
from photonics.statistics import symbol_error_rate
from tests.circuits.analysis.budget_helpers import (
    SIZE,
    TRIMMED,
    chip_of,
    errors,
    errors_by_seed,
    workload,
)
from tests.machines import LINEAR, together
from tests.measured_heaters import by_row, by_stencil
from tests.tolerance import binomial_p_value, holm_rejections

QUARTER_WAVE = ("multiplier.bypass_phase_rad=1.5708", "multiplier.switch.detuning_m=4.5e-9")


CONFIGURATIONS = {
    "robust, dimmed": ("robust", "laser.power_w=3.4e-3"),
    "the paper's, at more power": (
        "isca2024",
        *QUARTER_WAVE,
        "laser.power_w=0.1",
        "receiver.adc_extra_bits=6",
        "clock_hz=5e9",
        "receiver.clock_jitter_s=1e-12",
        "receiver.sampling_guard_s=5e-12",
    ),
    "a drive for every digit": ("robust", "multiplier.drive=per-digit", "laser.power_w=1e-3"),
    "a single rail": (
        "robust",
        "multiplier.rails=single",
        "multiplier.polarity=zero-coupled",
        "multiplier.switch.detuning_m=4.5e-9",
        "multiplier.bypass_phase_rms_rad=0",
        "multiplier.bypass_phase_rad=0",
        "laser.power_w=1e-3",
    ),
    "heaters": (
        "robust",
        "multiplier.heat.coupling.global_coupling=1e-5",
        "multiplier.heat.coupling_error_rms=0.01",
        "multiplier.heat.switch_share=0.02",
        "laser.power_w=2e-3",
    ),
    "heaters that were measured": (
        "robust",
        *by_stencil(0.01),
        "multiplier.heat.switch_coupling.law.nearest_coupling=1e-4",
        "multiplier.heat.coupling_error_rms=0.01",
        "laser.power_w=2e-3",
    ),
    "heaters of a row that were measured": (
        "thermo-optic",
        *by_row(0.01, 80),
        "multiplier.heat.coupling.law=none",
        "multiplier.encoding=twos-complement",
        "multiplier.heat.switch_coupling.law.nearest_coupling=2.5e-4",
        "laser.power_w=1e-3",
    ),
    "beams that share a drive": (
        "robust",
        "multiplier.shifter.kind=noems",
        "multiplier.shifter.loss_db_per_m=300",
        "multiplier.shifter.loss_db_per_pi=0.05",
        "laser.power_w=8e-3",
    ),
    "a converter of eleven bits": (
        "robust",
        "multiplier.drive_inl_rms=0",
        "multiplier.dac.bits=11",
        "multiplier.dac.inl_rms_lsb=0.12",
        "laser.power_w=8e-3",
    ),
    "a coarse converter for bent curves": (
        "robust",
        "multiplier.drive_inl_rms=0",
        "multiplier.dac.bits=13",
        "multiplier.rail_drive=own",
        "multiplier.shifter.kind=noems",
        "multiplier.shifter.loss_db_per_m=300",
        "laser.power_w=8e-3",
    ),
    "interferometers that leak": (
        "robust",
        "multiplier.switch.kind=mzi",
        "multiplier.switch.coupler.excess_loss_db=0.01",
        "multiplier.switch.coupler.imbalance_rms_db=0.7",
        "multiplier.switch.arm.loss_db_per_m=5",
        "multiplier.switch.spread_turns=0",
        "laser.power_w=6e-4",
    ),
    "heaters with drives of their own": (
        "thermo-optic",
        "multiplier.shifter.loss_db_per_pi=0.05",
        "laser.power_w=1e-3",
    ),
    "a receiver with flaws": (
        "robust",
        "receiver.hybrid.coupler.imbalance_rms_db=0.1",
        "receiver.hybrid.quadrature_rms_rad=0.03",
        "receiver.hybrid.responsivity_rms=0.01",
        "receiver.adc_inl_rms_lsb=2",
        "receiver.adc_noise_lsb=2",
        "receiver.stage.step_db=0.5",
        "laser.power_w=2e-3",
    ),
}


def test_a_calibrated_chip_that_has_drifted_errs_as_predicted() -> None:
    dim = [*SIZE, "moduli=[31, 32, 33]", "laser.power_w=2e-3"]
    made = load_machine("robust", [*dim, "drift.common_rms_k=0.05", "drift.rail_rms_k=2e-3"])
    raw, work = chip_of(made), workload()
    chip = drifted(calibrate(raw))
    budget, count = error_budget(chip, 33, work), errors(chip, work, 33, 8)
    readings = 8 * len(work.streamed) * work.drives[..., 0].numel()
    assert count >= 400
    assert holm_rejections([binomial_p_value(count, readings, budget.symbol_error_rate)]) == []
    # What is trimmed shows as what is left of it.
    before = error_budget(raw, 33, work)
    for name in (optical.STATIC, optical.GAIN):
        assert budget.contribution(name).rms_rad < 0.1 * before.contribution(name).rms_rad
    assert budget.contribution(optical.DRIFT_RAILS).rms_rad > 1e-3


def compared(name: str, *overrides: str, seeds: int = 8) -> tuple[ErrorBudget, int, int]:
    """Budget of the arrays of 33, readings that err, readings."""
    trimmed = TRIMMED
    if any(change.startswith("multiplier.switch.kind=") for change in overrides):
        trimmed = [change for change in TRIMMED if not change.startswith("multiplier.switch.")]
    made = load_machine(name, together(trimmed, ["moduli=[31, 32, 33]"], overrides))
    chip, work = chip_of(made), workload()
    readings = seeds * len(work.streamed) * work.drives[..., 0].numel()
    return error_budget(chip, 33, work), errors(chip, work, 33, seeds), readings


@pytest.mark.slow  # 15 s
def test_as_many_readings_err_as_predicted() -> None:
    found = [compared(*settings) for settings in CONFIGURATIONS.values()]
    assert all(count >= 400 for _, count, _ in found)
    p_values = [binomial_p_value(c, n, budget.symbol_error_rate) for budget, c, n in found]
    assert holm_rejections(p_values) == [], dict(zip(CONFIGURATIONS, p_values, strict=True))
    # One Gaussian for all readings would be far off: amplitude and offset go together.
    budget = found[0][0]
    single = erfc(budget.half_cell_rad / (math.sqrt(2.0) * budget.total_rms_rad))
    assert not 0.8 < single / budget.symbol_error_rate < 1.25


@pytest.mark.slow  # 4 s
def test_the_jitter_of_the_clock_is_in_the_prediction() -> None:
    # A slow receiver read far from the end of a symbol, where its output still moves.
    slow = ("clock_hz=0.75e9", "receiver.sampling_guard_s=6.6e-10")
    bright = ("laser.power_w=20e-3",)
    work, rates = workload(), {}
    for jitter_s in (1.3e-10, 0.0):
        jitter = f"receiver.clock_jitter_s={jitter_s}"
        made = load_machine("robust", [*TRIMMED, "moduli=[31, 32, 33]", *slow, *bright, jitter])
        chip = chip_of(made)
        # The rows of a symbol share its jitter: repetitions are what is independent.
        counts = errors_by_seed(chip, work, 33, 24)
        assert sum(counts) >= 400
        readings = len(work.streamed) * work.drives[..., 0].numel()
        rates[jitter_s] = error_budget(chip, 33, work).symbol_error_rate
        assert ttest_1samp(np.array(counts) / readings, rates[jitter_s]).pvalue > 1e-3
    assert rates[1.3e-10] > 1.3 * rates[0.0]


def test_shot_noise_of_a_reading_is_that_of_its_own_symbol() -> None:
    # A receiver that has not settled, and in which nothing but shot noise counts.
    restless = ("clock_hz=1.5e9", "receiver.tia.bandwidth_hz=1.2e9")
    silent = ("receiver.tia.noise_a_per_rthz=0", "receiver.photodiode.dark_current_a=0")
    dim = ("laser.power_w=200e-6", "receiver.adc_extra_bits=8")
    budget, count, readings = compared("robust", *restless, *silent, *dim)
    assert symbol_memory(load_machine("robust", restless).design).depth > 0
    assert budget.dominant.name == receiver.SHOT
    assert count >= 400
    assert binomial_p_value(count, readings, budget.symbol_error_rate) > 1e-3


WORK = workload()


ONE_ROW = Workload(WORK.streamed, WORK.drives[:, :1], WORK.unit)


MODULUS = 33


# Rings that never leak, bits that turn by a quarter wave, and light enough to drown all noise.
BRIGHT = (
    *TRIMMED,
    "multiplier.bypass_phase_rad=1.5708",
    "multiplier.switch.detuning_m=4.5e-9",
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
    return predict(compile_chip(chip).arrays[modulus], work)


def excess(count: int, probabilities: Tensor, seeds: int) -> float:
    """Errors beyond the expected, in standard deviations, of readings (...) by probability."""
    expected = float(probabilities.sum())
    variance = float((probabilities * (1.0 - probabilities)).sum())
    return (count - seeds * expected) / math.sqrt(seeds * variance)


@pytest.mark.parametrize("modulus", [31, 32, 33])
def test_a_machine_without_noise_never_errs(modulus: int) -> None:
    chip = chip_of(load_machine("isca2024-ideal", SIZE))
    assert float(predicted(chip, modulus, WORK).error_probability.max()) < 1e-15
    # Though the steps of its converters turn the phase, no reading lies on the wrong side of one.
    budget = error_budget(chip, modulus, WORK)
    assert budget.dominant.name == receiver.STEPS
    assert budget.symbol_error_rate < 1e-15


@pytest.mark.parametrize("bits", [0, 1, 3])
def test_coarse_steps_decide_as_predicted(bits: int) -> None:
    # A full scale for the largest amplitude: few codes are left for the others.
    chip = chip_of(load_machine("isca2024", [*LINEAR, *BRIGHT, f"receiver.adc_extra_bits={bits}"]))
    assert error_budget(chip, MODULUS, WORK).dominant.name == receiver.STEPS
    found, count = predicted(chip, MODULUS, WORK), errors(chip, WORK, MODULUS, 6)
    assert count >= 400
    # One in 3000 correct builds would fail each.
    assert abs(excess(count, found.error_probability, 6)) < 3.6
    # Steps taken for Gaussian noise would be off beyond chance.
    gamma = 0.5 / found.random_rad.square()
    gaussian = symbol_error_rate(gamma.numpy(), MODULUS, found.offset_rad.numpy(), 100)
    readings = 6 * gaussian.size
    sigma = math.sqrt(readings * gaussian.mean() * (1.0 - gaussian.mean()))
    assert abs(count - readings * gaussian.mean()) > 5.0 * sigma


def test_phase_noise_of_the_laser_errs_as_its_normal_law() -> None:
    # Converters as good as continuous, and hardly any other noise.
    made = load_machine("isca2024-ideal", [*LINEWIDTH, "receiver.adc_extra_bits=14"])
    few = Workload(ONE_ROW.streamed[:50], ONE_ROW.drives, ONE_ROW.unit)
    found = predicted(chip_of(made), MODULUS, few)
    (rms_rad,) = laser_noise(made.design, MODULUS, 16).phase_rms_rad
    assert found.random_rad.numpy() == pytest.approx(rms_rad, rel=1e-3)
    exact = erfc(math.pi / MODULUS / (math.sqrt(2.0) * rms_rad))
    assert found.error_probability.numpy() == pytest.approx(exact, rel=5e-3)


def test_shared_noise_on_coarse_steps_errs_as_predicted() -> None:
    made = load_machine("isca2024-ideal", [*LINEWIDTH, "receiver.adc_extra_bits=1"])
    chip = chip_of(made)
    probabilities = predicted(chip, MODULUS, ONE_ROW).error_probability
    count = errors(chip, ONE_ROW, MODULUS, 48)
    assert count >= 400
    assert abs(excess(count, probabilities, 48)) < 3.6


# Nothing else turns a single rail much: leaks by half as much.
ONE_RAIL = (
    *LINEWIDTH,
    "moduli=[31, 32, 33]",
    "multiplier.rails=single",
    "multiplier.polarity=zero-coupled",
    "multiplier.switch.detuning_m=4.55e-9",
    "multiplier.switch.trimmer.spread_rms_m=0",
    "multiplier.bypass_phase_rad=0",
    "multiplier.bypass_phase_rms_rad=0",
    "multiplier.coherence_length_m=16600.0",
    "multiplier.index_rms=0",
    "receiver.adc_extra_bits=4",
    "receiver.rail_mismatch_s=1e-13",
    "laser.power_w=2",
    "laser.linewidth_hz=4e6",
)


def test_a_single_rail_errs_by_the_delay_of_each_symbol() -> None:
    made = load_machine("robust", together(TRIMMED, ONE_RAIL))
    chip = chip_of(made)
    budget, found = error_budget(chip, MODULUS, ONE_ROW), predicted(chip, MODULUS, ONE_ROW)
    line = budget.contribution(receiver.LINEWIDTH)
    assert line == budget.dominant
    laser = laser_noise(made.design, MODULUS, 16)
    ones = made.design.multiplier.code(MODULUS).digits(ONE_ROW.streamed).sum((1, 2))
    rms_rad = torch.tensor([laser.phase_rms_rad[n] for n in ones.tolist()], dtype=torch.float64)
    assert line.rms_rad == pytest.approx(float(rms_rad.square().mean().sqrt()))
    count = errors(chip, ONE_ROW, MODULUS, 24)
    assert count >= 400
    assert abs(excess(count, found.error_probability, 24)) < 3.6
    # One rms for all symbols errs too often or too seldom.
    assert float(rms_rad.max()) > 1.5 * line.rms_rad > 2.0 * float(rms_rad.min())
