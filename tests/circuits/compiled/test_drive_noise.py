"""Derivatives by which a load turns rows, and how often its noise makes readings err."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy.stats import ttest_1samp

from circuits.analysis.error_budget import error_budget
from circuits.analysis.impairments import DRIVE_NOISE
from circuits.chip.compiling import compile_arrays
from circuits.coding.phase_code import drive_level
from circuits.compiled.drive_noise import DriveNoise
from mirage_core import load_machine
from photonics.random import NoiseKey
from tests.circuits.analysis.budget_helpers import (
    ROWS,
    TRIMMED,
    UNITS,
    chip_of,
    errors_by_seed,
    workload,
)
from tests.machines import together

M, NOISE_V = 33, 6e-5
CONVERTERS = (
    "multiplier.drive_inl_rms=0",
    "multiplier.dac.bits=14",
    f"multiplier.dac.noise_v={NOISE_V}",
)
KINDS = {
    "shared": (),
    "per digit": ("multiplier.drive=per-digit",),
    "per rail": ("multiplier.rail_drive=own",),
    "each its own": ("multiplier.drive=per-digit", "multiplier.rail_drive=own"),
}


def machine(*overrides: str):  # type: ignore[no-untyped-def]
    dim = ("moduli=[31, 32, 33]", "laser.power_w=8e-3")
    return load_machine("robust", together(TRIMMED, dim, CONVERTERS, overrides))


@pytest.mark.parametrize("kind", KINDS)
def test_the_rms_of_readings_is_that_of_many_loads(kind: str) -> None:
    """And that of a closed form: half a phase from each rail, unreduced where digits share."""
    made = machine(*KINDS[kind])
    chip, work = chip_of(made, M), workload(30)
    noise = compile_arrays(chip.arrays(M), made.design).drive_noise
    assert noise is not None
    code = made.design.multiplier.code(M)
    bits, level = code.digits(work.streamed), drive_level(work.drives, M)
    expected = noise.rms_rad(bits, work.unit, level)
    unit, row = work.unit[:, None].expand(-1, ROWS), torch.arange(ROWS)
    loads, square = 2000, torch.zeros(expected.shape, dtype=torch.float64)
    sent, key = bits.flatten(1).double(), NoiseKey.from_seed(1)
    shape = (*level.shape, *noise.converters)
    for n in range(loads):
        normals = key.normal(n * math.prod(shape), math.prod(shape)).view(shape)
        by_place, by_digit = noise.turned_rad(normals, unit, row, level)
        turned = by_place.sum(-1)[:, None] + sent @ by_digit.double().transpose(1, 2)
        square += turned.square()
    ratio = (square / loads).sqrt() / expected
    # Readings of 32 rows, each of its own numbers.
    assert float(ratio.std()) < 1.2 / math.sqrt(2 * loads)
    assert abs(float(ratio.mean()) - 1.0) < 5.0 / math.sqrt(2 * loads * UNITS * ROWS)
    dac = made.design.multiplier.dac
    step_v = math.floor(1.08 / (M // 2) / dac.lsb_v) * dac.lsb_v
    shared = made.design.multiplier.drive == "shared"
    each = bits * torch.tensor(code.weights) if shared else bits
    turns = each.sum(-1).square().sum(-1) if shared else each.sum((1, 2))
    rails = 0.5 if noise.converters[1] == 2 else 1.0
    closed = 2.0 * math.pi / M * NOISE_V / step_v * (rails * turns.double()).sqrt()
    # Leaks move it by a percent.
    torch.testing.assert_close(
        expected, closed[None, :, None].expand_as(expected), rtol=0.03, atol=1e-5
    )


def test_no_row_is_turned_further_than_is_said() -> None:
    noise = DriveNoise(7, (1, 1, 2), torch.tensor([[[[1.0]]]]), torch.tensor([[[[2.0, 3.0]]]]))
    assert noise.reach_rad == 7.0 * 2 * 6.0


@pytest.mark.slow  # 5 s
def test_as_many_readings_err_as_predicted_over_many_loads() -> None:
    """Noise of drives makes most errors.  Those of a load go together: repetitions count."""
    made = machine("laser.power_w=4e-3", "multiplier.dac.noise_v=3e-4")
    chip, work = chip_of(made, M), workload()
    budget = error_budget(chip, M, work)
    rate = budget.symbol_error_rate
    assert budget.dominant.name == DRIVE_NOISE
    silent = chip_of(machine("laser.power_w=4e-3", "multiplier.dac.noise_v=0"), M)
    assert error_budget(silent, M, work).symbol_error_rate < 0.5 * rate
    counts = np.array(errors_by_seed(chip, work, M, 40))
    readings = len(work.streamed) * UNITS * ROWS
    assert counts.sum() >= 1500
    assert ttest_1samp(counts / readings, rate).pvalue > 1e-3
    assert 0.9 < counts.mean() / readings / rate < 1.1
