"""Probes: as telling as can be, and never brighter than data."""

from __future__ import annotations

import math
from typing import Any

import pytest

from circuits import ArrayShape, calibrate_with_report, fabricate
from devices.electronics.variable_gain import VariableGain
from mirage_core import load_machine
from tests.circuits.control.calibration_designs import (
    EXACT,
    UNBOOSTED,
    calibrated,
    mean_square_tolerance,
)
from tests.machines import LINEAR


def test_near_a_null_the_steps_of_the_converters_hardly_count() -> None:
    found = {}
    for name, plan in (("anywhere", EXACT | UNBOOSTED), ("nulled", EXACT)):
        report = calibrated(31, ArrayShape(1, 64, 8), snr=60, plan=plan)[1]
        found[name] = report.after.rms()["digit_rad"]
    step, noise = 2.0 / 32 / 0.97, 1.0 / 60.0
    anywhere = noise**2 + step**2 / 12.0
    # At most three readings of four, which then have the receiver's noise alone.
    best = 1.0 / math.sqrt(anywhere * (0.25 / anywhere + 0.75 / noise**2))
    allowed = mean_square_tolerance(64 * 40, 64 * 40) / 2
    assert best - allowed < found["nulled"] / found["anywhere"] < 0.85


def test_a_gain_is_raised_only_where_the_machine_can() -> None:
    """One gain for all symbols, and a stage at its end, leave the probes as they come."""
    shape = ArrayShape(1, 32, 8)
    left: dict[str, float] = {}
    end = VariableGain(min_gain_db=0.0, max_gain_db=0.0, step_db=0.0, noise_figure_db=0.0)
    cases: tuple[tuple[str, dict[str, Any]], ...] = (
        ("free", {}),
        ("one gain", {"gain": "fixed"}),
        ("at its end", {"stage": end}),
    )
    for name, receiver in cases:
        report = calibrated(31, shape, snr=60, plan=EXACT, receiver=receiver)[1]
        left[name] = report.after.rms()["digit_rad"]
    assert left["free"] < 0.85 * left["one gain"]
    assert left["at its end"] == pytest.approx(left["one gain"], rel=1e-9)


@pytest.mark.parametrize("detuning_m", [1e-9, 2e-9, 4e-9])
def test_no_pattern_of_a_calibration_is_brighter_than_data(detuning_m: float) -> None:
    """With the paper's polarity 31 = 11111 would be, but it is no residue modulo 31."""
    changes = [f"multiplier.switch.detuning_m={detuning_m}", "laser.power_w=1e-2"]
    machine = load_machine("isca2024", [*LINEAR, *changes])
    raw = fabricate(machine.design, (31,), ArrayShape(1, 16, 16), seed=1)
    report = calibrate_with_report(raw)[1].arrays[31]
    # Readings are as the controller reckons, and what is left is what it expects.
    assert report.misfit < 1.5
    digits = report.after.digit_rad
    allowed = mean_square_tolerance(digits.numel()) / 2
    assert report.after.rms()["digit_rad"] == pytest.approx(
        report.digit_error_rad, rel=allowed + 0.05
    )
