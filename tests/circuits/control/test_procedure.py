"""Calibration: exact in the limit, and no wiser than a controller."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch

from circuits import (
    ArrayShape,
    ModularDotProduct,
    RowPosition,
    calibrate,
    calibrate_with_report,
    fabricate,
)
from circuits.chip.trims import Trims
from circuits.control.controller import CalibrationError
from circuits.optics.hybrid import HybridDesign
from devices.heat.trimmer import Trimmer
from photonics.errors import InputError
from photonics.random import NoiseKey
from photonics.statistics import symbol_error_rate
from tests.circuits.control.calibration_designs import (
    EXACT,
    SHAPE,
    UNFLAWED,
    calibrated,
    flawed_design,
)
from tests.tolerance import Z

PERFECT: dict[str, Any] = {
    "coherence_length_m": None,
    "index_rms": 0.0,
    "bypass_phase_rms_rad": 0.0,
    "drive_gain_rms": 0.0,
}


@pytest.mark.parametrize("drive", ["shared", "per-digit"])
@pytest.mark.parametrize("rails", ["dual", "single"])
@pytest.mark.parametrize("modulus", [31, 32, 33])
def test_without_noise_every_pair_is_decided_right(modulus: int, drive: str, rails: str) -> None:
    multiplier = {"drive": drive, "rails": rails}
    design = flawed_design(math.inf, extra_bits=14, plan=EXACT, multiplier=multiplier)
    raw = fabricate(design, (modulus,), SHAPE, seed=1)
    chip, report = calibrate_with_report(raw)
    # What the trimmers' last moves of about 1e-4 rad do to their neighbours, a hundredth of it.
    assert report.arrays[modulus].after.rms()["digit_rad"] < 1e-5
    every = torch.arange(modulus)
    x, w = (v.flatten() for v in torch.meshgrid(every, every, indexing="ij"))
    x, w = torch.stack((x, every[-1] - x), -1), torch.stack((w, w), -1)
    wanted = torch.remainder((x * w).sum(-1), modulus)
    wrong = {}
    for name, made in (("raw", raw), ("calibrated", chip)):
        row = ModularDotProduct(modulus, 2, chip=made, position=RowPosition(0, 3))
        wrong[name] = int((row.read(x, w) != wanted).sum())
    assert wrong["calibrated"] == 0
    assert wrong["raw"] > modulus**2 / 2


STAGES: dict[str, tuple[dict[str, float], HybridDesign]] = {
    "digit_rad": ({**PERFECT, "coherence_length_m": 0.000664, "index_rms": 0.0}, UNFLAWED),
    "drive": ({**PERFECT, "drive_gain_rms": 5e-3}, UNFLAWED),
    "gain": (PERFECT, UNFLAWED.changed({"splitter.imbalance_rms_db": 0.5})),
    "quadrature_rad": (PERFECT, UNFLAWED.changed({"quadrature_rms_rad": 0.1})),
    "offset": (PERFECT, UNFLAWED.changed({"responsivity_rms": 0.03})),
}


@pytest.mark.parametrize("error", STAGES)
def test_each_error_alone_is_found(error: str) -> None:
    multiplier, hybrid = STAGES[error]
    report = calibrated(
        32,
        SHAPE,
        snr=math.inf,
        extra_bits=14,
        plan=EXACT,
        multiplier=multiplier,
        hybrid=hybrid,
    )[1]
    before, after = report.before.rms(), report.after.rms()
    assert before[error] > 1e-3
    assert all(x < 1e-5 for x in after.values()), after


def test_a_chip_with_nothing_wrong_stays_as_it_is() -> None:
    design = flawed_design(math.inf, extra_bits=14, multiplier=PERFECT, hybrid=UNFLAWED)
    design = design.changed({"rail_splitter.imbalance_rms_db": 0.0})
    chip, report = calibrate_with_report(fabricate(design, (33,), SHAPE, seed=0))
    trims, plan = chip.trims[33], design.calibration
    after = report.arrays[33].after
    assert torch.equal(trims.drive_gain, torch.zeros_like(trims.drive_gain))
    assert torch.equal(trims.offset, torch.zeros_like(trims.offset))
    assert float((trims.gain - 1.0).abs().max()) <= plan.receiver_step * 1.001
    half_step = plan.trimmer.lsb_rad / 2
    assert float(after.digit_rad.abs().max()) <= half_step * 1.01
    assert float(after.quadrature_rad.abs().max()) <= half_step * 1.01


def test_a_raw_chip_errs_heavily_and_a_calibrated_one_as_theory_says() -> None:
    modulus, snr = 33, 24.0
    design = flawed_design(snr, extra_bits=6)
    raw = fabricate(design, (modulus,), ArrayShape(1, 4, 16), seed=3)
    chip = calibrate(raw)
    generator = torch.Generator().manual_seed(0)
    x, w = torch.randint(0, modulus, (2, 25_000, 16), generator=generator)
    right = torch.remainder((x * w).sum(-1), modulus)
    row = ModularDotProduct(modulus, 16, chip=chip)
    errors = int((row.read(x, w, key=NoiseKey.from_seed(0)) != right).sum())
    # Without noise, each readout shows how far calibration has left it off its level.
    clean = row.ratios(x, w)
    off = torch.atan2(clean[:, 1], clean[:, 0]) - 2 * math.pi / modulus * right
    off = torch.remainder(off + math.pi, 2 * math.pi) - math.pi
    amplitude = clean.square().sum(1).sqrt() / 0.8
    gamma = (amplitude * snr).square() / 2
    expected = symbol_error_rate(gamma.numpy(), modulus, off.numpy()).sum()
    assert errors >= 400
    assert abs(errors - expected) < Z * math.sqrt(expected)
    unspoilt = 25_000 * float(symbol_error_rate(snr**2 / 2, modulus))
    assert 1.0 < expected / unspoilt < 4.0
    untrimmed = ModularDotProduct(modulus, 16, chip=raw)
    some = slice(0, 1000)
    assert int((untrimmed.read(x[some], w[some]) != right[some]).sum()) > 900


def test_trimmers_warm_their_neighbours() -> None:
    trimmer = Trimmer(neighbour_coupling=0.02)
    design = flawed_design(43, plan={"trimmer": trimmer})
    chip = fabricate(design, (31,), SHAPE, seed=0)
    none = Trims.none((1, 8), 2, 5, 1)
    digit_rad = torch.zeros_like(none.digit_rad)
    digit_rad[0, 3, 0, 4] = 1.5
    warmed = chip.with_trims({31: none.changed(digit_rad=digit_rad)}).arrays(31)
    change = warmed.statics.shifter_phase_rad - chip.arrays(31).statics.shifter_phase_rad
    expected = torch.zeros(1, 8, 10, 2, dtype=torch.float64)
    expected[0, 3, 3:6, 0] = 1.5 * torch.tensor([0.02, 1.0, 0.02], dtype=torch.float64)
    assert torch.allclose(change.flatten(2, 3), expected, atol=1e-12)


def test_more_noise_than_signal_does_no_harm() -> None:
    report = calibrated(31, ArrayShape(1, 16, 8), snr=0.35, plan={"reads": 400, "accept": "any"})[1]
    before, after = report.before.rms(), report.after.rms()
    assert after["digit_rad"] < 1.1 * before["digit_rad"]
    assert after["drive"] < 1.1 * before["drive"]


def test_it_repeats_and_hangs_on_the_key_alone() -> None:
    design = flawed_design(43)
    first, other = (
        calibrate(fabricate(design, moduli, SHAPE, seed=5)) for moduli in ((31,), (33, 31))
    )
    again = calibrate(fabricate(design, (31,), SHAPE, seed=5), NoiseKey.from_seed(1))
    for name, value in vars(first.trims[31]).items():
        assert torch.equal(value, getattr(other.trims[31], name)), name
    assert not torch.equal(first.trims[31].digit_rad, again.trims[31].digit_rad)


def test_earlier_trims_do_not_matter() -> None:
    raw = fabricate(flawed_design(43), (31,), SHAPE, seed=5)
    once = calibrate(raw)
    assert torch.equal(calibrate(once).trims[31].digit_rad, once.trims[31].digit_rad)


def test_without_a_policy_nothing_is_trimmed() -> None:
    raw = fabricate(flawed_design(43, plan={"policy": "none"}), (31,), SHAPE, seed=0)
    chip, report = calibrate_with_report(raw)
    assert chip.trims == {}
    assert report.arrays == {}


def test_too_few_reads_are_refused() -> None:
    design = flawed_design(43, plan={"reads": 240})
    chip = fabricate(design, (31,), ArrayShape(1, 1, 16), seed=0)
    with pytest.raises(InputError, match=r"calibration\.reads.*at least") as refusal:
        calibrate(chip)
    assert "\n" not in str(refusal.value)
    # No chip of such a design could be calibrated.
    assert not isinstance(refusal.value, CalibrationError)
