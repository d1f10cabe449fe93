"""Trims as expected of a chip, against those of chips that are really calibrated."""

from __future__ import annotations

import math

import pytest
import torch

from circuits import ArrayShape, calibrate_with_report, fabricate
from circuits.control.expected_trims import expected_trims
from circuits.control.trim_controller import placed_rad
from devices.heat.trimmer import wrapped_rad
from mirage_core import load_machine
from tests.tolerance import Z, assert_variance

TURN_RAD = 2.0 * math.pi


@pytest.mark.parametrize(
    ("machine", "seed"),
    [
        (("robust",), 0),
        (("robust",), 1),
        (("robust", "multiplier.rails=single"), 2),
        (("thermo-optic",), 3),
    ],
    ids=str,
)
def test_a_calibrated_chip_has_the_trims_that_are_expected(
    machine: tuple[str, ...], seed: int
) -> None:
    design = load_machine(machine[0], machine[1:]).design
    raw = fabricate(design, (33,), ArrayShape(1, 4, 16), seed)
    report = calibrate_with_report(raw)[1].arrays[33]
    found, expected = report.trims, expected_trims(raw, 33)
    trimmer = design.calibration.trimmer
    more_rad = (found.digit_rad - expected.digit_rad).flatten(2)
    # Readings may put a phase that lies about where trims turn on its other side, and warm or cool
    # its neighbours by that.
    turned_rad = TURN_RAD * (more_rad / TURN_RAD).round()
    more_rad = more_rad - turned_rad + trimmer.crosstalk_rad(turned_rad)
    # Both are rounded to steps.
    rms_rad = math.hypot(report.digit_error_rad, trimmer.lsb_rad / math.sqrt(12.0))
    assert_variance(more_rad, rms_rad**2)
    got_rad = expected.digit_rad.flatten(2)
    got_rad = (got_rad + trimmer.crosstalk_rad(got_rad))[turned_rad != 0.0]
    lowest_rad = float(placed_rad(trimmer, torch.linspace(0.0, TURN_RAD, 10_001)).min())
    # A digit is placed by two readings, each of which may be off by so much.
    off_rad = wrapped_rad(got_rad - lowest_rad).abs()
    assert not off_rad.numel() or float(off_rad.max()) < Z * math.sqrt(2.0) * report.reading_rad
    # A row gives what half of its digits, which are 1 on the mean, are off by.
    row_rad = wrapped_rad(found.row_rad - expected.row_rad)
    assert float(row_rad.abs().max()) < Z * rms_rad * math.sqrt(more_rad.shape[-1]) / 2.0
    hybrid_rad = wrapped_rad(found.quadrature_rad - expected.quadrature_rad)
    left_rad = 2.0 * report.reading_rad / math.sqrt(report.reads)
    assert float(hybrid_rad.abs().max()) < Z * left_rad + trimmer.lsb_rad


def test_small_phases_of_either_sign_lie_near_a_whole_turn() -> None:
    """No trimmer cools: what is to be taken back is given a turn less that."""
    design = load_machine("robust").design
    raw = fabricate(design, (33,), ArrayShape(1, 16, 16), seed=0)
    # Beyond the shortest digit, phases spread by more, and some lie above the room below.
    shortest_rad = expected_trims(raw, 33).digit_rad[..., 0]
    trimmer = design.calibration.trimmer
    # From either side a neighbour of about a turn gives its share.
    mean_rad = TURN_RAD * (1.0 - 2.0 * trimmer.neighbour_coupling)
    assert float(shortest_rad.mean()) == pytest.approx(mean_rad, rel=0.02)
    assert float((shortest_rad > TURN_RAD - 1.0).double().mean()) > 0.99
