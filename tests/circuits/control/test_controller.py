"""Calibrations that do not do what they should are refused, unless any will do."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
import torch

from circuits import ArrayShape, Chip, bring_up, calibrate, calibrate_with_report, fabricate
from circuits.chip.trims import Trims
from circuits.control.controller import CalibrationError, check_calibration
from circuits.control.oracle import OracleController
from circuits.control.report import CalibrationReport
from mirage_core import load_machine, preset_names
from photonics.errors import InputError
from photonics.random import NoiseKey

SHAPE = ArrayShape(1, 8, 4)
QUICK = ["bfp.group_size=4", "calibration.reads=800"]
# Trimmers that reach a turn, and have no room to follow when their neighbours warm them.
SHORT = ["calibration.trimmer.range_rad=6.283185307179586", "calibration.trimmer.bits=12"]
# Rings that leak more than their design says.
LEAKY = ["multiplier.switch.trimmer.bits=6"]
# So little light that noise turns readings by radians.
DARK = ["laser.power_w=1e-6"]
# Drives that err by more than readings can tell from a turn.
LOOSE = ["multiplier.drive_gain_rms=0.2"]
BAD = {
    "dark": (DARK, r"laser.power_w = 1e-06: readings modulo 33 err by .* rad rms, and 0.5 rad"),
    "loose": (LOOSE, r"multiplier.drive_gain_rms = 0.2: readings modulo 33 at the least drives .*"),
    "short": (SHORT, r"calibration.trimmer.range_rad = 6.28\d*: trimmers modulo 33 end up to .*"),
    "leaky": (LEAKY, r"calibration.accept = .*good.*: readings modulo 33 scatter .* times more"),
}


def raw(*overrides: str) -> Chip:
    return fabricate(load_machine("robust", [*QUICK, *overrides]).design, (33,), SHAPE, 0)


@pytest.mark.parametrize("name", BAD)
def test_bad_calibrations_are_refused_wherever_a_chip_is_made(name: str) -> None:
    overrides, message = BAD[name]
    chip = raw(*overrides)
    for make in (
        lambda: calibrate(chip),
        lambda: calibrate_with_report(chip),
        lambda: bring_up(chip.design, (33,), SHAPE, 0),
    ):
        with pytest.raises(CalibrationError, match=message) as caught:
            make()
        assert re.search(r"(is|are) the most; .*calibration.accept=any", str(caught.value))
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", BAD)
def test_any_will_do_where_it_is_asked_for(name: str) -> None:
    chip = raw(*BAD[name][0], "calibration.accept=any")
    assert calibrate(chip).trims
    assert bring_up(chip.design, (33,), SHAPE, 0).trims


def test_good_ones_pass() -> None:
    report = calibrate_with_report(raw())[1].arrays[33]
    assert report.short_rad < 0.51 * report.raw.design.calibration.trimmer.lsb_rad
    assert 0.5 < report.misfit < 2.0


def test_limits_are_where_they_are_stated() -> None:
    """A twentieth of half the angle between residues short; a tenth and twice as much scatter of
    all rows, two tenths of one, and half a radian of noise."""
    chip = raw()
    good = calibrate_with_report(chip)[1].arrays[33]
    half_rad = 3.141592653589793 / 33
    for passes, change in (
        (True, {"short_rad": 0.0499 * half_rad}),
        (False, {"short_rad": 0.0501 * half_rad}),
        (True, {"misfit": 3.99, "worst_misfit": 3.99, "reading_rad": 0.499}),
        (False, {"reading_rad": 0.501}),
        (True, {"misfit": 10.0, "worst_misfit": 10.0, "reading_rad": 0.0333 * half_rad}),
        (False, {"misfit": 10.0, "worst_misfit": 10.0, "reading_rad": 0.0334 * half_rad}),
        (True, {"worst_misfit": 10.0, "reading_rad": 0.0666 * half_rad}),
        (False, {"worst_misfit": 10.0, "reading_rad": 0.0667 * half_rad}),
    ):
        report = CalibrationReport({33: replace(good, **change)})
        if passes:
            check_calibration(chip, report)
        else:
            with pytest.raises(InputError):
                check_calibration(chip, report)


def test_one_bad_row_is_not_lost_among_good_ones() -> None:
    """A row whose drives bend by 4e-3 of a level, which no trim takes out."""
    good = raw()
    statics = good.fabricated[33].statics
    bent = torch.zeros(statics.drive_gain.shape[:2], dtype=torch.float64)
    bent[0, 5] = 0.0043
    zigzag = torch.tensor([-1.0, 1.0]).repeat(17)[:33]
    inl = statics.drive_inl + bent[..., None, None, None, None] * zigzag
    made = replace(good.fabricated[33], statics=replace(statics, drive_inl=inl))
    with pytest.raises(InputError, match="readings modulo 33 of row 5 of unit 0 scatter"):
        calibrate(replace(good, fabricated={33: made}))


@pytest.mark.parametrize("bad", [33, 32])
def test_every_modulus_is_checked(bad: int) -> None:
    chip = raw()
    good = calibrate_with_report(chip)[1].arrays[33]
    reports = {m: replace(good, modulus=m) for m in (33, 32)}
    check_calibration(chip, CalibrationReport(reports))
    short = replace(reports[bad], short_rad=1.0)
    scattered = replace(reports[bad], misfit=9.0, reading_rad=0.4)
    for report, message in (
        (short, f"trimmers modulo {bad} end up to 1 rad short"),
        (scattered, f"readings modulo {bad} scatter 3 times more"),
    ):
        with pytest.raises(InputError, match=message):
            check_calibration(chip, CalibrationReport(reports | {bad: report}))


def test_steps_of_trimmers_do_not_count_as_their_range() -> None:
    chip = raw("calibration.trimmer.bits=8")
    report = calibrate_with_report(chip)[1].arrays[33]
    assert report.short_rad > 0.1 * (3.141592653589793 / 33)


def test_a_controller_of_ones_own_is_asked_once() -> None:
    class Idle:
        asked = 0

        def calibrate(
            self, chip: Chip, key: NoiseKey
        ) -> tuple[dict[int, Trims], CalibrationReport]:
            self.asked += 1
            assert not chip.trims
            return {m: chip.untrimmed(m) for m in chip.moduli}, CalibrationReport({})

    idle, chip = Idle(), raw()
    done = calibrate(calibrate(chip, controller=OracleController()), controller=idle)
    assert idle.asked == 1
    assert float(done.trims[33].digit_rad.abs().max()) == 0.0
    still = load_machine("robust", ["calibration.policy=none"]).design
    assert calibrate(fabricate(still, (33,), SHAPE, 0), controller=idle).trims == {}
    assert idle.asked == 1


def test_only_the_machine_of_the_paper_takes_any() -> None:
    found = {n for n in preset_names() if load_machine(n).design.calibration.accept == "any"}
    assert found == {"isca2024"}
