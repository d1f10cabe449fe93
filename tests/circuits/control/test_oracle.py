"""The controller that knows the truth leaves what it says, and a chip that errs as predicted."""

from __future__ import annotations

import pytest
import torch

from circuits import ArrayShape, calibrate, calibrate_with_report, fabricate
from circuits.analysis.error_budget import error_budget
from circuits.control.oracle import OracleController
from devices.heat.trimmer import wrapped_rad
from mirage_core import load_machine
from photonics.errors import InputError
from tests.circuits.analysis.budget_helpers import SIZE, chip_of, errors, workload
from tests.tolerance import (
    assert_mean,
    assert_uncorrelated,
    assert_variance,
    binomial_p_value,
    holm_rejections,
)

SHAPE = ArrayShape(2, 16, 16)


@pytest.mark.parametrize(
    "settings",
    [
        ("robust",),
        ("isca2024", "calibration.trimmer.neighbour_coupling=0.05"),
        ("thermo-optic",),
        ("robust", "multiplier.rails=single", "multiplier.bypass_phase_rad=0"),
        ("robust", "multiplier.encoding=twos-complement", "multiplier.shifter_gain_rms=0"),
    ],
    ids=lambda settings: " ".join(settings),
)
def test_what_is_left_is_what_was_stated(settings: tuple[str, ...]) -> None:
    design = load_machine(settings[0], settings[1:]).design
    raw = fabricate(design, (33,), SHAPE, seed=2)
    oracle = OracleController(residual_rad=3e-3, residual_drive=1e-4)
    report = calibrate_with_report(raw, controller=oracle)[1].arrays[33]
    left = report.after
    for name in ("digit_rad", "row_rad", "quadrature_rad", "gain", "offset"):
        sample = getattr(left, name)
        if name == "offset":
            # Over all of the common mode: shares of it are apart from each other.
            sample = sample.sum(-1) / sample.shape[-1] ** 0.5
        assert_mean(sample, 0.0, 3e-3)
        assert_variance(sample, 9e-6)
    # Digits that share a drive get its error, and what their shifters differ by.
    drive = left.drive
    if design.multiplier.drive == "shared" and design.multiplier.shifter_gain_rms == 0.0:
        drive = drive[..., 0]
    assert_mean(drive, 0.0, 3e-4)
    if design.multiplier.shifter_gain_rms == 0.0:
        assert_variance(drive, 1e-8)
    assert (report.digit_error_rad, report.drive_error) == (3e-3, 1e-4)
    assert (report.reads, report.loads) == (0, 0)
    assert float(report.trims.digit_rad.min()) >= 0.0


def test_nothing_is_left_where_nothing_is_stated() -> None:
    raw = fabricate(load_machine("robust").design, (33,), SHAPE, seed=2)
    report = calibrate_with_report(raw, controller=OracleController(0.0, 0.0))[1].arrays[33]
    left = report.after
    for name in ("digit_rad", "row_rad", "quadrature_rad", "gain", "offset"):
        assert float(getattr(left, name).abs().max()) < 1e-6, name
        assert float(getattr(report.before, name).abs().max()) > 1e-3, name
    assert float(wrapped_rad(left.row_rad).abs().max()) < 1e-6


def test_a_chip_that_it_has_calibrated_errs_as_predicted() -> None:
    made = load_machine("robust", [*SIZE, "moduli=[31, 32, 33]", "laser.power_w=2e-3"])
    raw, work = chip_of(made, 33), workload()
    chip = calibrate(raw, controller=OracleController(residual_rad=4e-3))
    budget, count = error_budget(chip, 33, work), errors(chip, work, 33, 8)
    readings = 8 * len(work.streamed) * work.drives[..., 0].numel()
    assert count >= 400
    assert holm_rejections([binomial_p_value(count, readings, budget.symbol_error_rate)]) == []
    # More that is left means more errors.
    better = calibrate(raw, controller=OracleController(residual_rad=1e-3))
    assert error_budget(better, 33, work).symbol_error_rate < 0.8 * budget.symbol_error_rate


def test_the_same_key_leaves_the_same() -> None:
    raw = fabricate(load_machine("robust").design, (31, 33), ArrayShape(1, 4, 16), seed=2)
    one, again = (calibrate(raw, controller=OracleController()).trims for _ in range(2))
    alone = fabricate(raw.design, (33,), raw.shape, seed=2)
    apart = calibrate(alone, controller=OracleController()).trims
    for name, setting in vars(one[33]).items():
        assert torch.equal(setting, getattr(again[33], name))
        assert torch.equal(setting, getattr(apart[33], name))
    other = calibrate(
        fabricate(raw.design, (33,), raw.shape, seed=3), controller=OracleController()
    ).trims
    assert not torch.equal(one[33].row_rad, other[33].row_rad)


@pytest.mark.parametrize("name", ["residual_rad", "residual_drive"])
@pytest.mark.parametrize("value", [-1e-3, 2.0, float("nan")])
def test_what_cannot_be_left_is_refused(name: str, value: float) -> None:
    with pytest.raises(InputError, match=f"{name} = .*between 0 and 1"):
        OracleController(**{name: value})


def test_what_is_left_of_one_modulus_tells_nothing_of_another() -> None:
    raw = fabricate(load_machine("robust").design, (31, 32), SHAPE, seed=2)
    reports = calibrate_with_report(raw, controller=OracleController())[1].arrays
    for name in ("digit_rad", "row_rad", "quadrature_rad", "gain", "offset"):
        # Digits of both have places, and numbers of them, in common.
        one, other = (getattr(reports[m].after, name) for m in (31, 32))
        assert_uncorrelated(one, other)
