"""What is left on a chip, as a report measures it, against what was fabricated."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from circuits import fabricate, ideal_design
from circuits.control.report import Residual
from circuits.optics.hybrid import Hybrid
from circuits.receiver.by_design import gain_control
from photonics.random import NoiseKey
from tests.circuits.control.calibration_designs import calibrated
from tests.circuits.designs import SHAPE

KEY = NoiseKey.from_seed(31)


def test_residual_errors_are_those_that_were_fabricated() -> None:
    """Without loss or leak: a bit exchanges the bypass for the shifter, on one rail less the other.

    A hybrid with imbalances adds to Q over I what its couplers make of it: √(b c) of either.
    """
    ideal = ideal_design()
    multiplier = ideal.multiplier.model_copy(
        update={"coherence_length_m": 0.0166, "index_rms": 0.0, "drive_gain_rms": 1e-3}
    )
    chip = fabricate(ideal.model_copy(update={"multiplier": multiplier}), (31,), SHAPE, seed=3)
    made = chip.fabricated[31]
    places = SHAPE.units, SHAPE.rows
    quadrature = 0.05 * KEY.fold("quadrature").normal(0, 6).view(places)
    coupler_db = torch.zeros(*places, 2, dtype=torch.float64)
    coupler_db[..., 1] = 1.0
    hybrid = Hybrid.build(
        0.0 * coupler_db, coupler_db, quadrature, torch.ones(*places, 4, dtype=torch.float64)
    )
    chip = replace(chip, fabricated={31: replace(made, hybrid=hybrid)})
    found = Residual.of(chip.arrays(31), gain_control(chip.design, 31, SHAPE.length))
    statics = made.statics
    path = statics.shifter_phase_rad - statics.bypass_phase_rad
    # Rings that hardly leak: 1e-6 of the field.
    allowed = {"rtol": 0.0, "atol": 1e-5}
    torch.testing.assert_close(found.digit_rad, path[..., 0] - path[..., 1], **allowed)
    rest = statics.bypass_phase_rad.sum((2, 3))
    torch.testing.assert_close(found.row_rad, rest[..., 0] - rest[..., 1], **allowed)
    torch.testing.assert_close(
        found.drive, statics.drive_gain.expand_as(found.drive), rtol=1e-9, atol=0
    )
    ratio = 10.0**0.1
    beat = 2.0 * ratio**0.5 / (1.0 + ratio)
    torch.testing.assert_close(found.gain, torch.full_like(found.gain, beat - 1.0))
    torch.testing.assert_close(found.quadrature_rad.abs(), quadrature.abs(), rtol=0, atol=1e-9)
    assert found.rms()["digit_rad"] > 0.1


def test_an_ideal_chip_has_nothing_left() -> None:
    chip = fabricate(ideal_design(), (31,), SHAPE, seed=0)
    left = Residual.of(chip.arrays(31), gain_control(chip.design, 31, SHAPE.length)).rms()
    assert set(left) == {"digit_rad", "row_rad", "drive", "gain", "quadrature_rad", "offset"}
    assert max(left.values()) < 1e-5


def test_readings_take_their_time() -> None:
    """Trimmers settle before each probe, and shifters before those of another set of drives."""
    report = calibrated(31, SHAPE, snr=43, plan={"averages": 3})[1]
    design = report.raw.design
    settling_s = design.calibration.trimmer.settling_s, design.multiplier.load_s
    expected = report.reads * (settling_s[0] + 3 / design.clock_hz) + report.loads * settling_s[1]
    assert report.time_s == report.numbers()["time_s"] == pytest.approx(expected)
    assert report.reads > report.loads > 0
