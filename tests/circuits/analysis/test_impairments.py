"""Every impairment can be taken to its limit alone, by the settings that the table lists."""

from __future__ import annotations

import math
from functools import cache

import pytest

from circuits.analysis import optical_errors as optical
from circuits.analysis import receiver_errors as receiver
from circuits.analysis.error_budget import ErrorBudget, error_budget
from circuits.analysis.impairments import SPLITTER, impairments
from circuits.chip.compiling import digit_tables
from circuits.chip.drift import drifted
from devices import RingSwitch
from mirage_core import load_machine
from tests.circuits.analysis.budget_helpers import SIZE, offset_free, rounding, workload
from tests.machines import together

IMPAIRMENTS = impairments(RingSwitch())
EVERYTHING = (
    *SIZE,
    # What is read does not change where rings are found.
    "multiplier.switch.trimmer.spread_rms_m=0",
    "drift.heat_data=sparse",
    "moduli=[31, 32, 33]",
    "clock_hz=4e9",
    "laser.power_w=1e-2",
    "receiver.photodiode.dark_current_a=1e-6",
    "receiver.rail_mismatch_s=1e-12",
    "receiver.clock_jitter_s=1e-12",
    "receiver.sampling_guard_s=5e-12",
    "receiver.tia.bandwidth_hz=1.5e9",
    "receiver.gain=per-symbol",
    "receiver.full_scale_ratio=0.85",
    "receiver.stage.step_db=0.25",
    "receiver.adc_inl_rms_lsb=0.3",
    "receiver.adc_noise_lsb=0.2",
    "receiver.hybrid.splitter.imbalance_rms_db=0.2",
    "receiver.hybrid.coupler.imbalance_rms_db=0.2",
    "receiver.hybrid.quadrature_rms_rad=0.02",
    "receiver.hybrid.responsivity_rms=0.02",
    "multiplier.coherence_length_m=166.0",
    "multiplier.index_rms=0",
    "multiplier.bypass_phase_rms_rad=1e-2",
    "multiplier.drive_gain_rms=2e-5",
    "multiplier.drive_inl_rms=1e-3",
    "multiplier.shifter_gain_rms=3e-5",
    "multiplier.switch.detuning_m=2e-9",
    "multiplier.heat.coupling.global_coupling=1e-5",
    "multiplier.heat.row_pitch_m=100e-6",
    "multiplier.heat.coupling_error_rms=0.02",
    "multiplier.heat.switch_share=1e-3",
    "drift.common_rms_k=0.02",
    "drift.rail_rms_k=0.003",
)
M = 32
# Few, as converters of 17 bits compare every reading with each of their transitions.
VECTORS = 20


@cache
def budget(*switched: str) -> tuple[ErrorBudget, float]:
    """Budget with everything on but for what is switched, and the rounding in it."""
    made = load_machine("isca2024", together(EVERYTHING, switched))
    chip = offset_free(made, M)
    return error_budget(drifted(chip), M, workload(VECTORS)), rounding(chip, M)


def test_everything_is_on() -> None:
    found, _ = budget()
    assert {c.name for c in found.contributions} == set(IMPAIRMENTS)
    for one in found.contributions:
        # Drives without steps have no codes: see test_optical_errors.
        assert one.name in (SPLITTER, optical.CODES) or one.rms_rad > 1e-7, one
    assert found.splitter_loss_db > 1e-4
    rms = [c.rms_rad for c in found.contributions]
    assert rms == sorted(rms, reverse=True)
    assert found.dominant.rms_rad == max(rms)


@pytest.mark.parametrize("name", IMPAIRMENTS)
def test_a_switch_takes_out_its_contribution_and_no_other(name: str) -> None:
    impairment = IMPAIRMENTS[name]
    (on, rounding_on), (off, rounding_off) = budget(), budget(*impairment.overrides)
    # Tables with fewer flaws have a finer grid.
    allowed = max(rounding_on, rounding_off)
    assert allowed < 1e-4
    for one in on.contributions:
        left = off.contribution(one.name).rms_rad
        if one.name == name:
            assert left <= 1e-3 * one.rms_rad + _leak_grid_rad(name), (left, one)
        elif one.name not in impairment.moves:
            assert left == pytest.approx(one.rms_rad, rel=1e-9, abs=allowed), one
    if name == SPLITTER:
        assert off.splitter_loss_db == 0.0


def _leak_grid_rad(name: str) -> float:
    """Rms of what rounding leaves of a leak, which is found on the coarse grid that heat needs."""
    if name != optical.LEAK:
        return 0.0
    chip = offset_free(load_machine("isca2024", EVERYTHING), M)
    digits = 16 * chip.design.multiplier.code(M).count
    return 1.5 * digit_tables(chip.arrays(M)).step[2] * math.sqrt(2 * digits / 12)


def test_what_moves_is_no_pretext() -> None:
    """Contributions that are said to move with a switch do so, or are said to for no reason."""
    for name in (receiver.AMPLIFIER, receiver.STEPS, receiver.MEMORY, receiver.SHOT):
        (on, _), (off, _) = budget(), budget(*IMPAIRMENTS[name].overrides)
        for other in IMPAIRMENTS[name].moves:
            assert off.contribution(other).rms_rad < 0.9 * on.contribution(other).rms_rad, other


def test_leak_follows_the_phases_that_it_meets() -> None:
    (on, _), (off, _) = budget(), budget(*IMPAIRMENTS[optical.GAIN].overrides)
    leak = on.contribution(optical.LEAK).rms_rad
    assert off.contribution(optical.LEAK).rms_rad == pytest.approx(leak, rel=0.05)
