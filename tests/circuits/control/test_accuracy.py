"""Calibration is as accurate as theory says, whatever the converters and the neighbours do."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch

from circuits import ArrayShape, fabricate
from circuits.chip.trims import Trims
from circuits.control.interface import ControllerInterface, ProbeSequence
from circuits.design.heat_layout import HeatLayout
from devices.heat.thermal_crosstalk import ExponentialCoupling, HeaterCoupling
from photonics.random import NoiseKey
from tests.circuits.control.calibration_designs import (
    EXACT,
    FINE,
    SHAPE,
    UNBOOSTED,
    UNFLAWED,
    calibrated,
    flawed_design,
    mean_square_tolerance,
)


def test_the_residual_vanishes_with_the_step_of_the_converters() -> None:
    alone = EXACT | {"trimmer": FINE.model_copy(update={"neighbour_coupling": 0.0})}
    coarse, fine = (
        calibrated(31, SHAPE, snr=math.inf, extra_bits=bits, plan=alone)[1].after.rms()["digit_rad"]
        for bits in (6, 12)
    )
    # Errors of cells passed at random: in proportion to the step; 80 digits.
    assert coarse / fine == pytest.approx(64.0, rel=mean_square_tolerance(80, 80) / 2)


@pytest.mark.parametrize(("modulus", "snr"), [(31, 33), (31, 60), (32, 33), (33, 33), (33, 60)])
def test_two_thousand_reads_leave_no_more_than_is_asked(modulus: int, snr: float) -> None:
    """1.6 mrad of a digit at five and six bits, at A/σ of 33 and up."""
    report = calibrated(modulus, ArrayShape(1, 112, 16), snr=snr)[1]
    assert report.reads == 2000
    # The controller knows how well it does, to the accuracy of the sample and of the theory of
    # uniform converter errors (a few percent).
    assert report.digit_error_rad < 1.6e-3
    found = report.after.digit_rad
    ratio = float(found.square().mean()) / report.digit_error_rad**2
    assert ratio == pytest.approx(1.0, abs=mean_square_tolerance(found.numel()))
    # The digits of a multiplier share a drive.
    drive = report.after.drive[..., :1]
    ratio = float(drive.square().mean()) / report.drive_error**2
    assert ratio == pytest.approx(1.0, abs=mean_square_tolerance(drive.numel()))


@pytest.mark.parametrize(("modulus", "bits"), [(31, 5), (33, 6)])
def test_the_residual_is_twice_the_noise_over_the_root_of_the_reads(
    modulus: int, bits: int
) -> None:
    snr, length, reads = 33.0, 16, 2000
    plan = EXACT | UNBOOSTED
    report = calibrated(modulus, ArrayShape(1, 112, length), snr=snr, plan=plan)[1]
    step = 2.0 / 2**bits / 0.97
    noise_rad2 = 1.0 / snr**2 + step**2 / 12.0
    digits = length * (5 if modulus < 33 else 6)
    # A turn and a look at every digit find the way; each unknown takes up a read of the rest.
    used = reads - 64 - digits - (digits + 1 + length + 4)
    found = report.after.digit_rad
    assert float(found.square().mean()) == pytest.approx(
        4.0 * noise_rad2 / used, rel=mean_square_tolerance(found.numel())
    )


def residual(reads: int, averages: int = 1, **design: Any) -> tuple[float, int]:
    plan = EXACT | UNBOOSTED | {"reads": reads, "averages": averages}
    report = calibrated(31, ArrayShape(1, 64, 4), snr=43, plan=plan, **design)[1]
    return report.after.rms()["digit_rad"], report.after.digit_rad.numel()


def test_the_residual_shrinks_as_one_over_the_root_of_the_reads() -> None:
    (few, count), (many, _) = residual(500), residual(8000)
    # 84 reads are spent on finding the way, and 29 unknowns take up as many.
    expected = math.sqrt((8000 - 84 - 29) / (500 - 84 - 29))
    assert few / many == pytest.approx(expected, rel=mean_square_tolerance(count, count) / 2)


@pytest.mark.parametrize("averages", [4, 64])
def test_the_residual_shrinks_as_one_over_the_root_of_the_averages(averages: int) -> None:
    """Symbols are drawn one by one up to eight, and gathered beyond."""
    (one, count), (several, _) = (residual(1000, averages=n, extra_bits=6) for n in (1, averages))
    expected = math.sqrt(averages)
    assert one / several == pytest.approx(expected, rel=mean_square_tolerance(count, count) / 2)


def repeated(interface: ControllerInterface, dithered: bool, count: int) -> torch.Tensor:
    """Error of the mean phase of one pattern, read again and again on many rows: (L,)."""
    turn = torch.arange(count, dtype=torch.float64) * (2.0 * math.pi / count * dithered)
    ones = torch.ones(count, interface.shape.length, interface.gain.code.count, dtype=torch.int64)
    level = torch.zeros(1, interface.shape.length, dtype=torch.int64)
    load, gain_boost = torch.zeros(count, dtype=torch.int64), torch.ones_like(turn)
    probes = ProbeSequence(ones, level, load, turn, gain_boost)
    trims = Trims.none(
        (1, interface.shape.rows), interface.shape.length, interface.gain.code.count, 1
    )
    readings = interface.read(trims, probes)
    phase = torch.atan2(readings[..., 1], readings[..., 0]) - turn[:, None]
    found = torch.polar(torch.ones_like(phase), phase).mean(0).angle()
    arrays = interface.chip.arrays(interface.modulus)
    shifter_rad = arrays.statics.shifter_phase_rad
    sent = (shifter_rad[..., 0] - shifter_rad[..., 1]).sum((2, 3)).flatten()
    return torch.remainder(found - sent + math.pi, 2 * math.pi) - math.pi


def test_repeating_one_pattern_stalls_where_dither_does_not() -> None:
    """A fixed phase stays in its converter cell; the same reads at turning phases do not."""
    design = flawed_design(64.0, multiplier={"drive_gain_rms": 0.0}, hybrid=UNFLAWED)
    design = design.changed({"rail_splitter.imbalance_rms_db": 0.0})
    chip = fabricate(design, (31,), ArrayShape(1, 1024, 1), seed=0)
    interface = ControllerInterface(chip, 31, NoiseKey.from_seed(0))
    still, turning = repeated(interface, False, 1000), repeated(interface, True, 1000)
    averaging = design.calibration.model_copy(update={"averages": 10**6})
    endless = ControllerInterface(
        fabricate(design.model_copy(update={"calibration": averaging}), (31,), SHAPE, seed=0),
        31,
        NoiseKey.from_seed(0),
    )
    still_rad = torch.zeros(1, dtype=torch.float64)
    bright = ProbeSequence(
        torch.ones(1, 1, 5, dtype=torch.int64),
        torch.zeros(1, 1, dtype=torch.int64),
        torch.zeros(1, dtype=torch.int64),
        still_rad,
        still_rad + 1.0,
    )
    stalled, noise = (float(b.known(bright).variance_rad2) for b in (endless, interface))
    tolerance = mean_square_tolerance(1024)
    assert float(still.square().mean()) == pytest.approx(stalled + noise / 1000, rel=tolerance)
    assert float(turning.square().mean()) == pytest.approx(noise / 1000, rel=tolerance)
    assert math.sqrt(stalled) > 4e-3


def test_random_patterns_refine_the_receivers_too() -> None:
    """Beyond what the receiver's turn of 64 reads has found."""
    snr, reads, rows = 30.0, 2000, 256
    plan = EXACT | {"reads": reads}
    report = calibrated(31, ArrayShape(1, rows, 4), snr=snr, extra_bits=6, plan=plan)[1]
    after, used = report.after.rms(), reads - 84 - 29
    # Half of sin 2φ, and cos² φ about its mean, have a mean square of 1/8; sin φ of 1/2.
    fitted = math.sqrt(8.0 / used) / snr
    allowed = mean_square_tolerance(rows) / 2
    assert after["gain"] == pytest.approx(fitted, rel=allowed)
    assert after["quadrature_rad"] == pytest.approx(fitted, rel=allowed)
    allowed = mean_square_tolerance(2 * rows) / 2
    assert after["offset"] == pytest.approx(math.sqrt(2.0 / used) / snr, rel=allowed)


def test_crosstalk_of_trimmers_is_taken_up() -> None:
    shape, plan = ArrayShape(1, 32, 8), EXACT | {"reads": 2000}
    found = {}
    for coupling in (0.0, 0.02):
        trimmer = FINE.model_copy(update={"neighbour_coupling": coupling})
        report = calibrated(31, shape, snr=60, plan=plan | {"trimmer": trimmer})[1]
        found[coupling] = report.after.rms()["digit_rad"]
    allowed = mean_square_tolerance(32 * 40, 32 * 40) / 2
    assert found[0.02] / found[0.0] == pytest.approx(1.0, rel=allowed)


def test_nonlinear_converters_are_dithered_out() -> None:
    shape, fine = ArrayShape(1, 32, 8), UNBOOSTED | {"trimmer": FINE}
    plain = calibrated(31, shape, snr=60, plan=fine)[1].after.rms()["digit_rad"]
    flaws = {"adc_inl_rms_lsb": 0.3, "adc_noise_lsb": 0.3}
    spoilt = calibrated(31, shape, snr=60, plan=fine, receiver=flaws)[1].after.rms()["digit_rad"]
    # In squares of a step that is 0.0625/0.97 of the amplitude: noise of 1/60, a step's own
    # 1/12, and twice 0.3².
    noise = (0.97 / 0.0625 / 60) ** 2
    expected = math.sqrt((noise + 1 / 12 + 2 * 0.3**2) / (noise + 1 / 12))
    allowed = mean_square_tolerance(32 * 40, 32 * 40) / 2
    assert spoilt / plain == pytest.approx(expected, rel=allowed)


def test_heaters_that_warm_each_other_do_not_stop_it() -> None:
    coupling = HeaterCoupling(law=ExponentialCoupling(nearest_coupling=0.002))
    # Ideal rings have no width, and nothing may move them.
    heat = HeatLayout(coupling=coupling, coupling_error_rms=0.05, switch_share=0.0)
    report = calibrated(31, ArrayShape(1, 16, 8), snr=60, multiplier={"heat": heat})[1]
    assert report.after.rms()["digit_rad"] < 1.6e-3
    # Fitting explains all but what the controller misjudges of the crosstalk.
    assert report.misfit < 1.5
