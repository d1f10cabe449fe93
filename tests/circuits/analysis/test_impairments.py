"""Every impairment can be taken to its limit alone, by the settings that the table lists."""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import pytest

from circuits.analysis import optical_errors as optical
from circuits.analysis import receiver_errors as receiver
from circuits.analysis.error_budget import ErrorBudget, error_budget
from circuits.analysis.impairments import DRIVE_NOISE, SPLITTER, impairments
from circuits.chip.compiling import compile_chip, digit_tables
from circuits.chip.drift import drifted
from devices.parameters.overrides import parse_overrides
from mirage_core import MachineConfig, load_machine
from mirage_core.arithmetic.rns import ModuliSet
from mirage_core.engines import CompactEngine, FieldEngine
from photonics.random import NoiseKey
from tests.circuits.analysis.budget_helpers import (
    SIZE,
    chip_of,
    offset_free,
    operands,
    rounding,
    workload,
)
from tests.machines import LINEAR, together
from tests.parameter_machines import coupler_rows, switch_rows

EVERYTHING = (
    *SIZE,
    *LINEAR,
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
# Of every kind, with flaws of its own; those of rings are above.
SWITCHES: dict[str, dict[str, Any]] = {
    "ring": {},
    "mzi": {
        "multiplier.switch.kind": "mzi",
        "multiplier.switch.coupler.excess_loss_db": 0.01,
        "multiplier.switch.coupler.imbalance_rms_db": 0.3,
        "multiplier.switch.coupler.cross_power": 0.49,
        "multiplier.switch.coupler.phase_error_rad": 0.002,
        "multiplier.switch.arm.loss_db_per_m": 5.0,
    },
    "mzi of measured couplers": {
        "multiplier.switch.kind": "mzi",
        "multiplier.switch.coupler.measured": coupler_rows(0.48),
        "multiplier.switch.arm.loss_db_per_m": 5.0,
    },
    "measured": {
        "multiplier.switch.kind": "measured",
        "multiplier.switch.measured_coupled": switch_rows(detuned=False),
        "multiplier.switch.measured_detuned": switch_rows(detuned=True),
    },
}
M = 32
# Few, as converters of 17 bits compare every reading with each of their transitions.
VECTORS = 20


def everything(switch: str = "ring", *switched: str) -> MachineConfig:
    """A machine with everything on but for what is switched."""
    of_rings = ("multiplier.switch.", "drift.heat_data=")
    kept = [one for one in EVERYTHING if switch == "ring" or not one.startswith(of_rings)]
    made = load_machine("isca2024", together(kept)).changed(SWITCHES[switch])
    return made.changed(parse_overrides(switched))


IMPAIRMENTS = impairments(everything().design.multiplier)


@cache
def budget(*switched: str, switch: str = "ring") -> tuple[ErrorBudget, float]:
    """Budget with everything on but for what is switched, and the rounding in it."""
    made = everything(switch, *switched)
    chip = offset_free(made, M)
    return error_budget(drifted(chip), M, workload(VECTORS)), rounding(chip, M)


def test_everything_is_on() -> None:
    found, _ = budget()
    assert {c.name for c in found.contributions} == set(IMPAIRMENTS)
    for one in found.contributions:
        # Drives without steps have no codes, and no noise: see test_optical_errors and the last.
        assert one.name in (SPLITTER, optical.CODES, DRIVE_NOISE) or one.rms_rad > 1e-7, one
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
    chip = offset_free(everything(), M)
    digits = 16 * chip.design.multiplier.code(M).count
    return 1.5 * digit_tables(chip.arrays(M)).step[2] * math.sqrt(2 * digits / 12)


def test_measured_switches_that_nothing_warms_are_moved_nowhere() -> None:
    """Their spectra are known near the light alone."""
    name = optical.HEAT_ON_SWITCHES
    overrides = impairments(everything("measured").design.multiplier)[name].overrides
    found, _ = budget(*overrides, switch="measured")
    assert found.contribution(name).rms_rad == 0.0


# What goes with a kind of switch.
OF_SWITCHES = (optical.STATIC, optical.LEAK, optical.HEAT_ON_SWITCHES, optical.DRIFT_COMMON)


@pytest.mark.slow  # 20 s
@pytest.mark.parametrize("name", OF_SWITCHES)
@pytest.mark.parametrize("switch", [kind for kind in SWITCHES if kind != "ring"])
def test_it_does_with_every_kind_of_switch(switch: str, name: str) -> None:
    impairment = impairments(everything(switch).design.multiplier)[name]
    (on, rounding_on), (off, rounding_off) = (
        budget(*switched, switch=switch) for switched in ((), impairment.overrides)
    )
    before, after = (found.contribution(name).rms_rad for found in (on, off))
    grid = max(rounding_on, rounding_off)
    # A leak is found on the coarse grid of all entries.
    assert after <= 1e-3 * before + (grid if name == optical.LEAK else 0.0)
    assert before > 2e-6
    for one in on.contributions:
        if one.name not in (name, *impairment.moves):
            left = off.contribution(one.name).rms_rad
            assert left == pytest.approx(one.rms_rad, rel=1e-9, abs=grid), one


@pytest.mark.parametrize("fidelity", ["compact", "field"])
@pytest.mark.parametrize("switch", SWITCHES)
def test_with_all_of_them_at_their_limits_a_machine_decides_exactly(
    switch: str, fidelity: str
) -> None:
    """Every limit is reached by settings that a machine takes, and nothing else is left."""
    made = everything(switch)
    for one in impairments(made.design.multiplier).values():
        made = made.changed(parse_overrides(one.overrides))
    chip, work, moduli = drifted(chip_of(made, M)), workload(40), ModuliSet((M,))
    found = error_budget(chip, M, work)
    assert found.symbol_error_rate == 0.0
    # Steps of converters of 17 bits are all that is left.
    assert found.total_rms_rad < 1e-5
    engine = (
        CompactEngine(compile_chip(chip), moduli)
        if fidelity == "compact"
        else FieldEngine(chip, moduli)
    )
    key = NoiseKey.from_seed(0)
    assert sum(block.errors[M] for block in engine.blocks(operands(work), key)) == 0
    assert budget(switch=switch)[0].symbol_error_rate > 0.5


@pytest.mark.parametrize("preset", ["robust", "isca2024", "thermo-optic"])
def test_settings_of_a_remedy_are_those_that_a_machine_takes(preset: str) -> None:
    """Of all that turns its phase at all, and may be what turns it most."""
    made = load_machine(preset, [*SIZE, "moduli=[31, 32, 33]"])
    listed = impairments(made.design.multiplier)
    for one in error_budget(chip_of(made, M), M, workload(VECTORS)).contributions:
        if one.rms_rad > 0.0:
            assert made.changed(parse_overrides(listed[one.name].overrides))


@pytest.mark.slow  # 4 s
def test_what_moves_is_no_pretext() -> None:
    """Contributions that are said to move with a switch do so, or are said to for no reason."""
    for name in (receiver.AMPLIFIER, receiver.STEPS, receiver.MEMORY, receiver.SHOT):
        (on, _), (off, _) = budget(), budget(*IMPAIRMENTS[name].overrides)
        for other in IMPAIRMENTS[name].moves:
            assert off.contribution(other).rms_rad < 0.9 * on.contribution(other).rms_rad, other


def test_noise_of_drives_goes_with_their_converters() -> None:
    noisy, plain = (
        ("multiplier.dac.bits=14", "multiplier.dac.noise_v=1e-4"),
        "multiplier.drive_inl_rms=0",
    )
    impairment = IMPAIRMENTS[DRIVE_NOISE]
    assert impairment.overrides == ("multiplier.dac=none",)
    (on, grid), (off, _) = budget(*noisy, plain), budget(plain)
    assert on.contribution(DRIVE_NOISE).kind == "per load"
    assert on.contribution(DRIVE_NOISE).rms_rad > 1e-3
    assert off.contribution(DRIVE_NOISE).rms_rad == 0.0
    assert on.random_rms_rad > 1.02 * off.random_rms_rad
    for one in on.contributions:
        if one.name not in (DRIVE_NOISE, *impairment.moves):
            left = off.contribution(one.name).rms_rad
            assert left == pytest.approx(one.rms_rad, rel=1e-9, abs=grid), one


def test_leak_follows_the_phases_that_it_meets() -> None:
    (on, _), (off, _) = budget(), budget(*IMPAIRMENTS[optical.GAIN].overrides)
    leak = on.contribution(optical.LEAK).rms_rad
    assert off.contribution(optical.LEAK).rms_rad == pytest.approx(leak, rel=0.05)
