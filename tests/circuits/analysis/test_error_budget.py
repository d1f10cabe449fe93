"""Every contribution to the error budget against the model with that source alone."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch

from circuits.analysis import optical_errors as optical
from circuits.analysis import receiver_errors as receiver
from circuits.analysis.error_budget import error_budget
from circuits.analysis.optical_errors import optical_errors, wrapped
from circuits.chip.arrays import ThermalDrift
from circuits.chip.chip import Chip
from circuits.chip.compiling import digit_tables
from circuits.chip.trims import Trims
from circuits.coding.phase_code import drive_level, level_angle_rad
from circuits.control.procedure import calibrate
from circuits.optics.hybrid import Hybrid
from circuits.receiver.by_design import converter
from photonics.errors import InputError
from tests.circuits.analysis.budget_helpers import (
    ROWS,
    SMALL,
    UNITS,
    budget_of,
    chip_of,
    machine,
    measured,
    offset_free,
    rounding,
    workload,
)
from tests.tolerance import Z

BAND = ("receiver.tia.bandwidth_hz=1e9",)
QUIET = ("receiver.tia.noise_a_per_rthz=0",)


def assert_rms(error_rad: torch.Tensor, rms_rad: float) -> None:
    """Mean square within z of its own error, symbols (G, N, .) being independent."""
    square = error_rad.square().mean(-1).flatten()
    allowed = Z * float(square.std()) / math.sqrt(square.numel())
    assert abs(float(square.mean()) - rms_rad**2) <= allowed
    assert allowed < 0.25 * rms_rad**2


@pytest.mark.parametrize(
    ("name", "overrides"),
    [
        (receiver.SHOT, QUIET),
        (receiver.AMPLIFIER, ("receiver.tia.noise_a_per_rthz=2e-10",)),
        (
            receiver.STAGE,
            (
                "receiver.tia.noise_a_per_rthz=2e-11",
                "receiver.stage.noise_figure_db=22",
                "receiver.stage.step_db=0",
            ),
        ),
        (receiver.DARK, (*QUIET, "receiver.photodiode.dark_current_a=1e-1")),
        (receiver.CONVERTER_NOISE, (*QUIET, "receiver.adc_noise_lsb=0.5")),
    ],
)
def test_white_noise_is_that_of_the_receiver_with_one_source(
    name: str, overrides: tuple[str, ...]
) -> None:
    made, work = machine("isca2024-ideal", *BAND, *overrides), workload()
    budget = budget_of(made, work, 31)
    found = measured(chip_of(made), work, 31).angle()
    others = [c.rms_rad for c in budget.contributions if c.name not in (name, receiver.STEPS)]
    share = budget.contribution(name).rms_rad
    # Light has shot noise whatever else there is; the rest is nothing beside the one source.
    assert sum(x * x for x in others) < 0.02 * share**2
    assert_rms(found, math.hypot(share, *others))
    assert budget.contribution(name).tail_rad > 1.1 * share


@pytest.mark.parametrize(
    ("name", "lit"),
    [
        (receiver.LINEWIDTH, ("laser.linewidth_hz=1e8", "receiver.rail_mismatch_s=2e-12")),
        (receiver.JITTER, ("receiver.clock_jitter_s=2e-12",)),
        (receiver.INTENSITY, ("laser.rin_db_per_hz=-130",)),
    ],
)
def test_shared_noise_is_what_the_source_adds_to_the_same_readings(
    name: str, lit: tuple[str, ...]
) -> None:
    base = (*QUIET, "receiver.tia.bandwidth_hz=0.5e9")
    if name == receiver.JITTER:
        base = (*base, "receiver.memory=filtered", "receiver.sampling_guard_s=1e-11")
    if name == receiver.INTENSITY:
        base = (*base, "receiver.hybrid.responsivity_rms=0.05")
    work = workload(400 if name == receiver.LINEWIDTH else 2000)
    chips = [offset_free(machine("isca2024-ideal", *base, *x), 31) for x in (lit, ())]
    with_it, without = (measured(chip, work, 31) for chip in chips)
    found = (with_it / without).angle()
    expected = error_budget(chips[0], 31, work).contribution(name)
    assert expected.kind == "shared by rows"
    assert_rms(found, expected.rms_rad)
    assert error_budget(chips[1], 31, work).contribution(name).rms_rad < 1e-12


def test_systematic_errors_of_the_receiver_are_those_of_its_readings() -> None:
    flaws = {
        receiver.HYBRID: (
            "receiver.hybrid.coupler_imbalance_rms_db=0.3",
            "receiver.hybrid.splitter_imbalance_rms_db=0.3",
            "receiver.hybrid.quadrature_rms_rad=0.05",
            "receiver.hybrid.responsivity_rms=0.02",
        ),
        receiver.MEMORY: ("receiver.tia.bandwidth_hz=0.4e9", "receiver.memory=filtered"),
    }
    work = workload()
    for name, overrides in flaws.items():
        # So much light that shot noise is nothing.
        made = machine("isca2024-ideal", *QUIET, *overrides, "laser.power_w=100")
        found = measured(chip_of(made), work, 33).angle()
        expected = budget_of(made, work, 33).contribution(name)
        assert expected.rms_rad > 0.01
        assert float(found.square().mean().sqrt()) == pytest.approx(expected.rms_rad, rel=1e-4)
        assert float(found.mean(1).square().mean().sqrt()) == pytest.approx(
            expected.offset_rad, rel=1e-3
        )


def test_converters_step_clip_and_bend_as_they_do() -> None:
    work = workload()
    for name, overrides in {
        receiver.STEPS: ("receiver.adc_extra_bits=3",),
        receiver.CLIPPING: (
            "receiver.adc_extra_bits=9",
            "receiver.full_scale_ratio=0.9",
            "receiver.gain=per-symbol",
        ),
        receiver.CONVERTER_INL: ("receiver.adc_extra_bits=7", "receiver.adc_inl_rms_lsb=20"),
    }.items():
        made = machine("isca2024-ideal", *overrides)
        chip = chip_of(made)
        ratio = measured(chip, work, 31)
        level = level_angle_rad(31) * work.residue(31)
        turned = ratio * torch.polar(torch.ones_like(level), level)
        converters = chip.arrays(31).converters
        transitions = None if converters is None else converters.transitions[:, None]
        codes = converter(made.design, 31).codes(turned.real, turned.imag, transitions)
        read = torch.complex(*(x.double() + 0.5 for x in codes))
        expected = error_budget(chip, 31, work).contribution(name).rms_rad
        found = wrapped(read.angle() - turned.angle())
        assert_rms(found, expected)
        if name != receiver.STEPS:
            # These repeat: they are known for every reading, up to a step.
            light = optical_errors(chip, 31, work)
            reception = receiver.Reception(made.design, light.arrays, work)
            each = receiver.repeated_errors(reception, light.intended)[name]
            assert float((found - each).square().mean().sqrt()) < 0.2 * expected


def test_optical_errors_are_closed_forms_of_the_chip() -> None:
    made, work, m = machine("isca2024", "array.units=2", "array.rows=16"), workload(), 33
    chip = chip_of(made)
    errors = optical_errors(chip, m, work).turned_rad
    statics = chip.fabricated[m].statics
    drives = drive_level(work.drives, m)
    streamed = torch.remainder(work.streamed, m).double()
    level = level_angle_rad(m)
    gain = level * streamed @ (drives * statics.drive_gain[..., 0]).transpose(1, 2)
    assert_equal(errors[optical.GAIN], wrapped(gain), rounding(chip, m))
    uneven = machine("isca2024", "array.units=2", "array.rows=16", "multiplier.drive_inl_rms=0.01")
    curve = chip_of(uneven).fabricated[m].statics.drive_inl[..., 0, :]
    picked = torch.take_along_dim(curve, (drives + m // 2)[..., None], -1)[..., 0]
    bent = level * streamed @ picked.transpose(1, 2)
    found = optical_errors(chip_of(uneven), m, work).turned_rad[optical.INL]
    assert_equal(found, wrapped(bent), rounding(chip, m))
    mismatch = "multiplier.shifter_gain_rms=1e-3"
    matched = chip_of(machine("isca2024", "array.units=2", "array.rows=16", mismatch))
    # Either rail turns by half of it, the other way.
    each = matched.fabricated[m].statics.shifter_gain.mean(-1)
    bits = matched.design.multiplier.code(m).digits(work.streamed).double()
    weighted = torch.tensor(matched.design.multiplier.code(m).weights) * each
    turned = level * torch.einsum("njd,gmjd,gmj->gnm", bits, weighted, drives.double())
    found = optical_errors(matched, m, work).turned_rad[optical.SHIFTER_GAIN]
    assert_equal(found, wrapped(turned), 1e-9)


def assert_equal(found: torch.Tensor, expected: torch.Tensor, within: float) -> None:
    assert float(wrapped(found - expected).abs().max()) <= within
    assert within < 0.2 * float(expected.square().mean().sqrt())


HEATED = (
    "multiplier.heat.coupling.global_coupling=1e-4",
    "multiplier.heat.row_pitch_m=100e-6",
    "multiplier.heat.coupling_error_rms=0.02",
    "multiplier.heat.ring_share=2e-3",
)


def test_optical_errors_add_up_to_the_whole() -> None:
    made = machine("robust", "array.units=2", "array.rows=16", *HEATED)
    chip, work, m = chip_of(made), workload(), 33
    drift = ThermalDrift(
        torch.full((2, 16, 2), 2e-12, dtype=torch.float64)
        * torch.tensor([1.0, 0.5], dtype=torch.float64),
        torch.full((2, 16), 0.1, dtype=torch.float64),
        torch.full((2, 16), 0.07, dtype=torch.float64),
        torch.zeros(2, 16, 16, made.design.multiplier.code(33).count, dtype=torch.float64),
    )
    light = optical_errors(replace(chip, drifts={m: drift}), m, work)
    parts = sum(light.turned_rad[name] for name in light.turned_rad if "drift" not in name)
    undrifted = optical_errors(chip, m, work)
    whole = wrapped(undrifted.found.phase_rad - undrifted.intended.phase_rad)
    # Statics, gain, and the intended part of the whole are rounded; with heat, to a coarser grid.
    digits = 16 * made.design.multiplier.code(m).count
    assert_equal(parts, whole, 4 * (digits + 2) / 2 * digit_tables(chip.arrays(m)).step[2])
    # Rail + is ahead by what the pilots have not set back, and by its rings.
    budget = error_budget(replace(chip, drifts={m: drift}), m, work)
    assert budget.contribution(optical.DRIFT_RAILS).kind == "per calibration"
    static = replace(drift, ring_offset_m=0.0 * drift.ring_offset_m)
    alone = error_budget(replace(chip, drifts={m: static}), m, work)
    rails = alone.contribution(optical.DRIFT_RAILS)
    assert rails.rms_rad == pytest.approx(0.03, abs=1e-4)
    assert rails.offset_rad == pytest.approx(0.03, abs=1e-4)
    assert alone.contribution(optical.DRIFT_COMMON).rms_rad < 1e-5
    assert budget.contribution(optical.DRIFT_RAILS).rms_rad > 0.2


FLAWS = {
    "drive_gain": optical.GAIN,
    "shifter_gain": optical.SHIFTER_GAIN,
    "drive_inl": optical.INL,
}
SINGLE = (*SMALL, "multiplier.rails=single", "multiplier.bypass_phase_rad=0.7")


@pytest.mark.parametrize("calibrated", [False, True])
def test_optical_errors_add_up_on_a_single_rail(calibrated: bool) -> None:
    made, work, m = machine("robust", *SINGLE, "multiplier.drive_gain_rms=1e-3"), workload(), 33
    chip = calibrate(chip_of(made)) if calibrated else chip_of(made)
    light = optical_errors(chip, m, work)
    whole = wrapped(light.found.phase_rad - light.intended.phase_rad)
    # Whole and intended paths are rounded alike; beyond them mismatch acts on the gain.
    grid = (
        (16 * made.design.multiplier.code(m).count + 2) / 2 * digit_tables(chip.arrays(m)).step[2]
    )
    assert_equal(sum(light.turned_rad.values()), whole, 2 * grid)


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


def worked_example(m: int, *overrides: str) -> Chip:
    """10 µW against 1 mW of a reference, with diodes that reject 25 dB and a trimmed offset."""
    made = machine(
        "isca2024-ideal",
        "multiplier.bend.loss_db=0",
        "multiplier.rails=single",
        "laser.power_w=1.01e-3",
        f"signal_share={10 / 1010}",
        "laser.rin_db_per_hz=-150",
        "receiver.photodiode.responsivity_a_per_w=1",
        "receiver.photodiode.dark_current_a=20e-9",
        "receiver.photodiode.bandwidth_hz=1e18",
        f"receiver.tia.bandwidth_hz={2e10 / math.pi}",
        "receiver.tia.noise_a_per_rthz=15e-12",
        "receiver.rail_mismatch_s=14.010e-12",
        "receiver.adc_extra_bits=12",
        *overrides,
    )
    chip = chip_of(made)
    apart = 10 ** (-25 / 20)
    sides = torch.tensor([1 + apart, 1 - apart] * 2, dtype=torch.float64)
    uneven = Hybrid(chip.fabricated[m].hybrid.transfer, sides.expand(UNITS, ROWS, 4))
    chip = replace(chip, fabricated={m: replace(chip.fabricated[m], hybrid=uneven)})
    # 28.398 µA of the 505 µA of both rails.
    offset = torch.full((UNITS, ROWS, 2, 2), apart, dtype=torch.float64)
    trims = Trims.none((UNITS, ROWS), 16, made.design.multiplier.code(m).count, 1, 2)
    return chip.with_trims({m: trims.changed(offset=offset)})


def test_the_worked_example() -> None:
    """Variances in A² of a receiver of 10 GHz at an amplitude of 100 µA."""
    budget = error_budget(worked_example(32, "laser.linewidth_hz=1e5"), 32, workload())
    for name, variance_a2, rel in (
        (receiver.SHOT, 1.61820e-12, 1e-5),
        (receiver.DARK, 1.28174e-16, 1e-5),
        (receiver.AMPLIFIER, 2.25e-12, 1e-5),
        # The mean over the phases that the data happen to give.
        (receiver.INTENSITY, 8.06460e-15, 0.02),
    ):
        expected = math.sqrt(variance_a2) / 1e-4
        assert budget.contribution(name).rms_rad == pytest.approx(expected, rel=rel)
    # 2π Δν τ would be 2.967 mrad; the receiver's band of 10 GHz sees 1.554.
    assert budget.contribution(receiver.LINEWIDTH).rms_rad == pytest.approx(1.554e-3, rel=5e-4)
    assert budget.dominant.name == receiver.AMPLIFIER
    # Shot noise that the uneven diodes add is of second order.
    rates = {31: 2.7704e-7, 32: 6.4118e-7, 33: 1.3792e-6}
    for m, rate in rates.items():
        alone = error_budget(worked_example(m, "laser.linewidth_hz=0"), m, workload())
        assert alone.random_rms_rad == pytest.approx(19.6886e-3, rel=1e-4)
        assert alone.symbol_error_rate == pytest.approx(rate, rel=5e-3)


def test_a_workload_must_fit_the_chip() -> None:
    chip, work = chip_of(machine("isca2024-ideal")), workload(8)
    with pytest.raises(InputError, match="rows"):
        error_budget(chip, 31, replace(work, drives=work.drives.repeat(1, 2, 1)))
    with pytest.raises(InputError, match="vectors as long"):
        error_budget(chip, 31, replace(work, streamed=work.streamed[:, :8]))
