"""The checks of chips, raw and calibrated, and what they notice."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from circuits.chip.chip import Chip, fabricate
from circuits.coding.array_shape import ArrayShape
from circuits.control.procedure import calibrate_with_report
from circuits.receiver.by_design import converter
from mirage_core.machine.loading import load_machine
from studies.verification import chips, equivalence
from tests.studies.verification.findings import IDEAL


def _scaled(chip: Chip, factor: float) -> Chip:
    made = {}
    for modulus, arrays in chip.fabricated.items():
        shifter, bypass = arrays.statics.shifter_phase_rad, arrays.statics.bypass_phase_rad
        statics = replace(
            arrays.statics, shifter_phase_rad=factor * shifter, bypass_phase_rad=factor * bypass
        )
        made[modulus] = replace(arrays, statics=statics)
    return replace(chip, fabricated=made)


def test_a_calibration_must_help_and_must_suffice() -> None:
    machine = load_machine(
        "isca2024-ideal",
        ["array.units=1", "multiplier.coherence_length_m=0.415", "multiplier.index_rms=0"],
    )
    moduli = machine.all_moduli.moduli
    raw = fabricate(machine.design, moduli, machine.array_shape, 1)
    good = chips.raw_and_calibrated(machine, raw, _scaled(raw, 0.02), 32)
    assert [c.status for c in good.checks] == ["passed"] * len(moduli)
    assert set(good.figures) == {f"calibration_{m}" for m in moduli}
    assert all(c.points[0]["wrong"][0] > 0 for c in good.checks)
    same = chips.raw_and_calibrated(machine, raw, raw, 32)
    assert {c.status for c in same.checks} == {"failed"}


def test_a_residue_that_is_wrong_beyond_doubt_is_noticed() -> None:
    chip = fabricate(IDEAL.design, IDEAL.moduli, IDEAL.array_shape, 1)
    found = chips._read(IDEAL, chip, 32)
    lied = replace(found, dots=found.dots + 1)
    for modulus in IDEAL.moduli:
        receiver = converter(IDEAL.design, modulus)
        assert chips.wrong_beyond_doubt(found, receiver) == 0
        # Without any flaw every reading lies in the middle of its cell, where none is in doubt.
        assert chips.wrong_beyond_doubt(lied, receiver) == found.exact.numel()


@pytest.mark.parametrize(
    ("moduli", "bits"), [((29, 32, 33), 4), ((31, 32, 33), 4), ((63, 64, 65), 5)]
)
def test_calibration_leaves_what_its_controller_expects(moduli: tuple[int, ...], bits: int) -> None:
    like = load_machine("isca2024-ideal", [f"moduli={list(moduli)}", f"bfp.mantissa_bits={bits}"])
    machine = equivalence.flawed(like, "robust")
    raw = fabricate(machine.design, moduli, ArrayShape(1, 16, 16), machine.chip_seed)
    report = calibrate_with_report(raw)[1]
    for modulus, arrays in report.arrays.items():
        check = chips.as_expected(modulus, arrays)
        assert check.status == "passed", check
        assert "at most 1.6" in check.detail
        # A controller that takes its readings for half as noisy, or for twice, is found out.
        for factor in (0.5, 2.0):
            wrong = replace(arrays, digit_error_rad=factor * arrays.digit_error_rad)
            assert chips.as_expected(modulus, wrong).status == "failed"
        # So is a receiver twice as noisy as the design says, whose readings scatter more.
        noisier = replace(arrays, misfit=4.0 * arrays.misfit)
        assert chips.as_expected(modulus, noisier).status == "failed"
        # And one that has all but its fit of the digits.
        far = replace(arrays, digit_error_rad=1.7e-3)
        left = torch.full_like(arrays.after.digit_rad, 1.7e-3)
        vars(far)["after"] = replace(arrays.after, digit_rad=left)
        assert chips.as_expected(modulus, far).status == "failed"
