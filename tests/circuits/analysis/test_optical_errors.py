"""Phase errors of the light, source by source, against the model with that source alone."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch

from circuits.analysis import optical_errors as optical
from circuits.analysis.error_budget import error_budget
from circuits.analysis.optical_errors import optical_errors
from circuits.analysis.workload import Light, wrapped
from circuits.chip.arrays import ThermalDrift
from circuits.chip.chip import Chip
from circuits.chip.compiling import compile_chip, digit_tables
from circuits.coding.phase_code import drive_level, level_angle_rad
from circuits.control.procedure import calibrate
from tests.circuits.analysis.budget_helpers import SIZE, chip_of, machine, rounding, workload
from tests.machines import LINEAR
from tests.measured_heaters import by_row, by_stencil, row


def test_heat_on_rings_is_what_rings_add_to_the_whole() -> None:
    """Against the same chip with rings that stay cold; leaks are little and much the same."""
    work, m = workload(), 33
    heated = (
        "multiplier.heat.compensated=false",
        "multiplier.heat.coupling.law.nearest_coupling=2e-3",
        "array.units=2",
        "array.rows=16",
    )
    chips = [
        chip_of(machine("thermo-optic", *heated, *off))
        for off in ((), ("multiplier.heat.switch_share=0",))
    ]
    warm, cold = (optical_errors(chip, m, work) for chip in chips)
    warm_light, cold_light = (Light.read(compile_chip(chip).arrays[m], work) for chip in chips)
    added = wrapped(warm_light.phase_rad - cold_light.phase_rad)
    found = warm.turned_rad[optical.HEAT_ON_SWITCHES]
    rms = float(added.square().mean().sqrt())
    assert rms > 0.01
    assert float((found - added).square().mean().sqrt()) < 0.1 * rms
    assert not bool(cold.turned_rad[optical.HEAT_ON_SWITCHES].any())
    # Warm rings lose light, whatever drives are set to.
    lost_np = float((cold.intended.plus_np - warm.intended.plus_np).mean())
    lost_as_read_np = float((cold_light.plus_np - warm_light.plus_np).mean())
    assert lost_np == pytest.approx(lost_as_read_np, rel=0.1)
    assert lost_np > 1e-3


def assert_equal(found: torch.Tensor, expected: torch.Tensor, within: float) -> None:
    assert float(wrapped(found - expected).abs().max()) <= within
    assert within < 0.2 * float(expected.square().mean().sqrt())


HEATED = (
    "multiplier.heat.coupling.global_coupling=1e-4",
    "multiplier.heat.row_pitch_m=100e-6",
    "multiplier.heat.coupling_error_rms=0.02",
    "multiplier.heat.switch_share=2e-3",
)


FLAWS = {
    "drive_gain": optical.GAIN,
    "shifter_gain": optical.SHIFTER_GAIN,
    "drive_inl": optical.INL,
}


SINGLE = (
    *SIZE,
    "multiplier.rails=single",
    "multiplier.bypass_phase_rad=0.7",
    "calibration.accept=any",
)


def test_optical_errors_are_closed_forms_of_the_chip() -> None:
    made, work, m = machine("isca2024", *LINEAR, "array.units=2", "array.rows=16"), workload(), 33
    chip = chip_of(made)
    errors = optical_errors(chip, m, work).turned_rad
    statics = chip.fabricated[m].statics
    drives = drive_level(work.drives, m)
    streamed = torch.remainder(work.streamed, m).double()
    level = level_angle_rad(m)
    gain = level * streamed @ (drives * statics.drive_gain[..., 0]).transpose(1, 2)
    assert_equal(errors[optical.GAIN], wrapped(gain), rounding(chip, m))
    uneven = machine(
        "isca2024", *LINEAR, "array.units=2", "array.rows=16", "multiplier.drive_inl_rms=0.01"
    )
    curve = chip_of(uneven).fabricated[m].statics.drive_inl[..., 0, 0, :]
    picked = torch.take_along_dim(curve, (drives + m // 2)[..., None], -1)[..., 0]
    bent = level * streamed @ picked.transpose(1, 2)
    found = optical_errors(chip_of(uneven), m, work).turned_rad[optical.INL]
    assert_equal(found, wrapped(bent), rounding(chip, m))
    mismatch = "multiplier.shifter_gain_rms=1e-3"
    matched = chip_of(machine("isca2024", *LINEAR, "array.units=2", "array.rows=16", mismatch))
    # Either rail turns by half of it, the other way.
    each = matched.fabricated[m].statics.shifter_gain.mean(-1)
    bits = matched.design.multiplier.code(m).digits(work.streamed).double()
    weighted = torch.tensor(matched.design.multiplier.code(m).weights) * each
    turned = level * torch.einsum("njd,gmjd,gmj->gnm", bits, weighted, drives.double())
    found = optical_errors(matched, m, work).turned_rad[optical.SHIFTER_GAIN]
    assert_equal(found, wrapped(turned), 1e-9)


def test_optical_errors_add_up_to_the_whole() -> None:
    made = machine("robust", "array.units=2", "array.rows=16", *HEATED)
    chip, work, m = chip_of(made), workload(), 33
    drift = ThermalDrift(
        torch.full((2, 16, 2), 2e-12, dtype=torch.float64)
        * torch.tensor([1.0, 0.5], dtype=torch.float64),
        torch.full((2, 16), 0.1, dtype=torch.float64),
        torch.zeros(2, 16, 16, made.design.multiplier.code(33).count, 2, 2, dtype=torch.float64),
        torch.full((2, 16), 0.07, dtype=torch.float64),
        torch.zeros(2, 16, 16, made.design.multiplier.code(33).count, dtype=torch.float64),
    )
    light = optical_errors(replace(chip, drifts={m: drift}), m, work)
    parts = sum(light.turned_rad[name] for name in light.turned_rad if "drift" not in name)
    undrifted = optical_errors(chip, m, work)
    found = Light.read(compile_chip(chip).arrays[m], work)
    whole = wrapped(found.phase_rad - undrifted.intended.phase_rad)
    # Statics, gain, and the intended part of the whole are rounded; with heat, to a coarser grid.
    digits = 16 * made.design.multiplier.code(m).count
    assert_equal(parts, whole, 4 * (digits + 2) / 2 * digit_tables(chip.arrays(m)).step[2])
    # Rail + is ahead by what the pilots have not set back, and by its rings.
    budget = error_budget(replace(chip, drifts={m: drift}), m, work)
    assert budget.contribution(optical.DRIFT_RAILS).kind == "per calibration"
    static = replace(drift, switch_offset=0.0 * drift.switch_offset)
    alone = error_budget(replace(chip, drifts={m: static}), m, work)
    rails = alone.contribution(optical.DRIFT_RAILS)
    assert rails.rms_rad == pytest.approx(0.03, abs=1e-4)
    assert rails.offset_rad == pytest.approx(0.03, abs=1e-4)
    assert alone.contribution(optical.DRIFT_COMMON).rms_rad < 1e-5
    assert budget.contribution(optical.DRIFT_RAILS).rms_rad > 0.2


SIX_DIGITS = 96
COLD = ("multiplier.heat.compensated=false", "multiplier.heat.switch_share=0")


def heated(*heat: str) -> Chip:
    """Rows of 33 alone, whose heaters are those that were measured."""
    return chip_of(machine("robust", *SIZE, "moduli=[33, 61, 59]", "bfp.mantissa_bits=3", *heat))


def test_heat_of_a_row_is_that_of_its_matrix() -> None:
    work, m = workload(100), 33
    chip = heated(*by_row(0.002, SIX_DIGITS), *COLD)
    found = optical_errors(chip, m, work).turned_rad
    optics = chip.arrays(m).optics
    drives = drive_level(work.drives, m).double()[..., None] * torch.tensor(optics.code.weights)
    # Each rail is asked for half of the phase: heaters of rail +, then those of rail -.
    own_rad = 0.5 * level_angle_rad(m) * drives.flatten(2)
    matrix = torch.tensor(row(0.002, SIX_DIGITS), dtype=torch.float64)
    added = torch.cat((own_rad, -own_rad), -1) @ (matrix / matrix.diagonal() - torch.eye(192)).T
    plus, minus = added.chunk(2, -1)
    bits = optics.code.digits(work.streamed).flatten(-2).double()
    expected = bits @ (plus - minus).transpose(1, 2)
    torch.testing.assert_close(found[optical.HEAT_IN_ROW], expected, rtol=0, atol=1e-9)
    assert float(expected.square().mean().sqrt()) > 0.1
    assert not bool(found[optical.HEAT_BETWEEN_ROWS].any())
    assert not bool(found[optical.HEAT_ON_SWITCHES].any())


def test_rows_of_a_stencil_that_are_not_counted_warm_no_other() -> None:
    work, m = workload(100), 33
    whole, apart = (
        optical_errors(heated(*by_stencil(0.002), *COLD, *rows), m, work).turned_rad
        for rows in ((), ("multiplier.heat.reach_rows=0",))
    )
    assert float(whole[optical.HEAT_BETWEEN_ROWS].square().mean().sqrt()) > 1e-2
    assert not bool(apart[optical.HEAT_BETWEEN_ROWS].any())
    torch.testing.assert_close(apart[optical.HEAT_IN_ROW], whole[optical.HEAT_IN_ROW])


@pytest.mark.parametrize("heat", [by_row(0.002, SIX_DIGITS), by_stencil(0.002)])
def test_what_was_measured_adds_up_to_the_whole(heat: tuple[str, ...]) -> None:
    rings = "multiplier.heat.switch_coupling.law.nearest_coupling=1e-5"
    chip, work, m = heated(*heat, rings), workload(100), 33
    light = optical_errors(chip, m, work)
    whole = wrapped(Light.read(compile_chip(chip).arrays[m], work).phase_rad)
    digits = 16 * chip.design.multiplier.code(m).count
    grid = 4 * (digits + 2) / 2 * digit_tables(chip.arrays(m)).step[2]
    parts = sum(light.turned_rad.values())
    assert_equal(parts, wrapped(whole - light.intended.phase_rad), grid)


@pytest.mark.parametrize("calibrated", [False, True])
def test_optical_errors_add_up_on_a_single_rail(calibrated: bool) -> None:
    made, work, m = machine("robust", *SINGLE, "multiplier.drive_gain_rms=1e-3"), workload(), 33
    chip = calibrate(chip_of(made)) if calibrated else chip_of(made)
    light = optical_errors(chip, m, work)
    found = Light.read(compile_chip(chip).arrays[m], work)
    whole = wrapped(found.phase_rad - light.intended.phase_rad)
    # Whole and intended paths are rounded alike; beyond them mismatch acts on the gain.
    grid = (
        (16 * made.design.multiplier.code(m).count + 2) / 2 * digit_tables(chip.arrays(m)).step[2]
    )
    assert_equal(sum(light.turned_rad.values()), whole, 2 * grid)


@pytest.mark.parametrize("drive", ["shared", "per-digit"])
def test_what_codes_leave_is_that_of_the_chip_without_any_other_flaw(drive: str) -> None:
    coarse = ("multiplier.dac.bits=10", "multiplier.drive_inl_rms=0", f"multiplier.drive={drive}")
    flaws = ("index_rms", "bypass_phase_rms_rad", "drive_gain_rms", "shifter_gain_rms")
    perfect = (
        "multiplier.coherence_length_m=none",
        *(f"multiplier.{x}=0" for x in flaws),
        "multiplier.switch.coupling_power=1e-6",
        "multiplier.switch.loss_db_per_m=0",
        "multiplier.switch.detuning_m=4.5e-9",
        "multiplier.switch.trimmer.spread_rms_m=0",
        "rail_splitter.imbalance_rms_db=0",
    )
    beams = (
        *SIZE,
        *coarse,
        "multiplier.shifter.kind=noems",
        "multiplier.shifter.loss_db_per_m=100",
    )
    work, m = workload(), 33
    chip = chip_of(machine("robust", *beams, *perfect))
    light = optical_errors(chip, m, work)
    whole = Light.read(compile_chip(chip).arrays[m], work).phase_rad - light.intended.phase_rad
    found = light.turned_rad[optical.CODES]
    assert float(found.square().mean().sqrt()) > 0.01
    assert_equal(found, wrapped(whole), 2.0 * rounding(chip, m))
    # On a chip with all its flaws it is the same, and nothing of it is counted twice.
    chip = chip_of(machine("robust", *beams))
    light = optical_errors(chip, m, work)
    assert_equal(light.turned_rad[optical.CODES], found, 1e-9)
    whole = Light.read(compile_chip(chip).arrays[m], work).phase_rad - light.intended.phase_rad
    assert_equal(sum(light.turned_rad.values()), wrapped(whole), 4.0 * rounding(chip, m))
    none = optical_errors(chip_of(machine("robust", *SIZE)), m, work).turned_rad
    assert not bool(none[optical.CODES].any())


@pytest.mark.parametrize("source", ["drive_gain", "shifter_gain", "drive_inl"])
def test_tiny_flaws_turn_a_single_rail_by_little(source: str) -> None:
    """As much as on two rails: no phase of the design is taken for the flaw's."""
    rms: dict[str, list[float]] = {}
    work = workload()
    for rails in ("dual", "single"):
        tiny = [f"multiplier.{x}_rms={1e-6 * (x == source)}" for x in FLAWS]
        made = machine("robust", *SINGLE, f"multiplier.rails={rails}", *tiny)
        turned = optical_errors(chip_of(made), 33, work).turned_rad
        rms[rails] = [float(turned[n].square().mean().sqrt()) for n in FLAWS.values()]
    own = list(FLAWS).index(source)
    # A millionth of at most 2π/33 times 32 times 16 in each of 16 multipliers, added in squares.
    assert 0.0 < rms["single"][own] < 4e-4
    # Two rails have shifters of their own, whose errors are independent halves.
    ratio = math.sqrt(2.0) if source == "shifter_gain" else 1.0
    assert rms["single"][own] == pytest.approx(ratio * rms["dual"][own], rel=0.1)
    for others in rms.values():
        assert all(x == 0.0 for i, x in enumerate(others) if i != own)
