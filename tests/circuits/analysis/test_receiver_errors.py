"""Phase errors of the receiver, source by source, against the model with that source alone."""

from __future__ import annotations

import math

import pytest
import torch

from circuits.analysis import receiver_errors as receiver
from circuits.analysis.error_budget import error_budget
from circuits.analysis.optical_errors import optical_errors
from circuits.analysis.workload import wrapped
from circuits.chip.compiling import compile_chip
from circuits.coding.phase_code import level_angle_rad
from circuits.receiver.by_design import converter
from tests.circuits.analysis.budget_helpers import (
    budget_of,
    chip_of,
    machine,
    measured,
    offset_free,
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
                "receiver.gain=per-symbol",
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
    work = workload(800 if name == receiver.LINEWIDTH else 2000)
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
            "receiver.hybrid.coupler.imbalance_rms_db=0.3",
            "receiver.hybrid.splitter.imbalance_rms_db=0.3",
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


@pytest.mark.slow  # 3 s
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
            reception = receiver.Reception(compile_chip(chip).arrays[31], work)
            each = receiver.repeated_errors(reception, light.intended)[name]
            assert float((found - each).square().mean().sqrt()) < 0.2 * expected
