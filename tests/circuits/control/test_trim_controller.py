"""What a calibration sets can be set: every trim in steps, and within its range."""

from __future__ import annotations

import math

import pytest
import torch

from circuits import ArrayShape, calibrate, calibrate_with_report, fabricate
from circuits.control.estimate import Estimate, Unknowns
from circuits.control.trim_controller import TrimController
from circuits.receiver.by_design import gain_control
from devices.heat.trimmer import Trimmer
from tests.circuits.control.calibration_designs import flawed_design
from tests.tolerance import Z


@pytest.mark.parametrize("drive", ["shared", "per-digit"])
@pytest.mark.parametrize(
    "trimmer",
    [Trimmer(range_rad=7.0, bits=10), Trimmer(range_rad=2.0, bits=6), Trimmer(bits=8)],
    ids=["a turn and room", "too short", "a turn"],
)
def test_every_setting_is_a_step_of_its_trimmer_and_within_its_range(
    trimmer: Trimmer, drive: str
) -> None:
    plan = {"trimmer": trimmer, "reads": 600, "drive_step": 3e-4, "receiver_step": 2e-3}
    plan |= {"accept": "any"}
    multiplier = {"drive": drive, "coherence_length_m": 1e-06, "index_rms": 0.0}
    design = flawed_design(43, plan=plan, multiplier=multiplier)
    trims = calibrate(fabricate(design, (32,), ArrayShape(1, 8, 2), seed=1)).trims[32]
    for phase_rad in (trims.digit_rad, trims.row_rad, trims.quadrature_rad):
        assert_steps(phase_rad, trimmer.lsb_rad)
        assert float(phase_rad.min()) >= 0.0
        assert float(phase_rad.max()) <= trimmer.range_rad * (1.0 + 1e-12)
    assert_steps(trims.drive_gain, 3e-4)
    assert_steps(trims.gain, 2e-3)
    # Offsets are shares of the common mode, which is largest behind the brightest pattern.
    assert_steps(trims.offset * gain_control(design, 32, 2).largest_common_mode, 2e-3)
    # Shorter ones are driven to their ends, so that the bounds above are put to the test.
    at_end = (trims.digit_rad == 0.0) | (trims.digit_rad > trimmer.range_rad - trimmer.lsb_rad / 2)
    assert bool(at_end.any()) == (trimmer.range_rad < 7.0)


def test_a_coarse_trimmer_leaves_its_steps_and_says_so() -> None:
    """Readings without noise tell phases far better than 7 rad / 2^7 can set them."""
    trimmer = Trimmer(range_rad=7.0, bits=7, neighbour_coupling=0.0)
    design = flawed_design(2000, extra_bits=8, plan={"trimmer": trimmer, "reads": 600})
    rows = 64
    chip = fabricate(design, (31,), ArrayShape(1, rows, 2), seed=1)
    report = calibrate_with_report(chip)[1].arrays[31]
    # Uniform over a step: a mean square of 1/12, whose own spread over digits is √0.8 of that.
    step = trimmer.lsb_rad / math.sqrt(12.0)
    allowed = Z * math.sqrt(0.8 / (rows * 2 * 5)) / 2
    assert report.after.rms()["digit_rad"] == pytest.approx(step, rel=allowed)
    assert report.digit_error_rad == pytest.approx(step, rel=0.02)


@pytest.mark.parametrize("which", ["digit", "row", "quadrature"])
def test_every_trimmer_that_falls_short_is_told_of(which: str) -> None:
    """One line of four asks for 5 rad of a trimmer that gives 4 rad."""
    trimmer = Trimmer(range_rad=4.0, bits=20, neighbour_coupling=0.0)
    chip = fabricate(flawed_design(43, plan={"trimmer": trimmer}), (31,), ArrayShape(2, 2, 3), 0)
    optics = chip.arrays(31).optics
    unknowns = Unknowns(optics, 3)
    mean = torch.zeros(unknowns.count, 4, dtype=torch.float64)
    # Static phases are taken off, and what is missing of a right angle is added.
    place, wrong_rad = {
        "digit": (7, -4.1),
        "row": (unknowns.row, -5.0),
        "quadrature": (unknowns.receiver.start + 1, 5.0),
    }[which]
    mean[place, 2] = wrong_rad
    covariance = torch.eye(unknowns.count, dtype=torch.float64)
    controller = TrimController(chip, 31, unknowns)
    controller.adjust(Estimate(unknowns, mean, covariance))
    # Digits move by a turn where they would miss more than 0.2 rad.
    short_rad = 0.1 if which == "digit" else 1.0
    assert controller.short_rad == pytest.approx(short_rad, abs=trimmer.lsb_rad)


def assert_steps(setting: torch.Tensor, step: float) -> None:
    """A setting takes more than two values, each a multiple of a step."""
    steps = setting / step
    assert float((steps - steps.round()).abs().max()) < 1e-6
    assert len(steps.round().unique()) > 2
