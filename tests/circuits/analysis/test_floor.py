"""What a chip without noise does to the phase."""

from __future__ import annotations

import math

import pytest
import torch

from circuits.analysis.floor import systematic_floor
from circuits.analysis.workload import Workload
from circuits.chip.chip import ArrayShape, fabricate
from circuits.chip.compiling import compile_chip
from circuits.design.circuit import Design, ideal_design
from circuits.optics.digit import section_m
from photonics.random import NoiseKey

ROWS, LENGTH, MODULUS = 16, 16, 31


def workload(vectors: int) -> Workload:
    uniform = NoiseKey.from_seed(3).uniform(0, (vectors + ROWS) * LENGTH).view(-1, LENGTH)
    numbers = (uniform * 31).long() - 15
    return Workload(numbers[:vectors], numbers[None, vectors:], torch.zeros(1, dtype=torch.int64))


def with_statics(rms_rad: float) -> Design:
    """Paths that turn light by so much, rms over the digits of a multiplier."""
    design = ideal_design()
    mean_m = sum(section_m(design.multiplier, MODULUS)) / 5
    coherence_m = 2.0 * mean_m / rms_rad**2 if rms_rad else None
    multiplier = design.multiplier.model_copy(update={"coherence_length_m": coherence_m})
    return design.model_copy(update={"multiplier": multiplier})


@pytest.mark.parametrize("rms_rad", [0.0, 2e-3, 1e-2])
def test_the_floor_is_that_of_the_statics(rms_rad: float) -> None:
    shape = ArrayShape(units=1, rows=ROWS, length=LENGTH)
    chip = fabricate(with_statics(rms_rad), (MODULUS,), shape, 5)
    floor = systematic_floor(compile_chip(chip).arrays[MODULUS], workload(500))
    # One of the two paths of 80 digits on each of two rails; 16 rows know the rms of a row's sum
    # to 1/sqrt(2·16), and what the data change adds to that.
    expected_rad = rms_rad * math.sqrt(2 * 5 * LENGTH)
    assert floor.rms_rad == pytest.approx(expected_rad, rel=5 / math.sqrt(2 * ROWS), abs=1e-9)
    assert floor.half_cell_rad == math.pi / MODULUS
    assert floor.rms_rad <= floor.worst_rad <= math.pi
    # A normal phase of that rms errs so often; rows differ, and eight thousand readings count.
    wrong = math.erfc(floor.half_cell_rad / math.sqrt(2) / max(floor.rms_rad, 1e-9))
    assert floor.wrong == pytest.approx(wrong, rel=0.2, abs=1e-3)
