"""Offsets of flawed receivers go with the light: trims follow it, whatever the full scale does."""

from __future__ import annotations

import math

import pytest
import torch

from circuits import ArrayShape, ModularDotProduct, RowPosition, calibrate_with_report, fabricate
from circuits.control.interface import ControllerInterface
from circuits.control.report import ArraysReport
from circuits.optics.hybrid import HybridDesign
from circuits.receiver.by_design import gain_control
from mirage_core import MachineConfig, load_machine
from photonics.random import NoiseKey
from tests.circuits.designs import HYBRID_DB

M, LENGTH = 33, 12
SETTLED = (
    "drift.common_rms_k=0",
    "drift.rail_rms_k=0",
    # Rings so far detuned that leaks stay far below half a level.
    "multiplier.switch.detuning_m=4e-9",
    # Fine enough for the darkest symbol of a fixed gain.
    "receiver.adc_extra_bits=8",
)


def machine(rails: str, gain: str, polarity: str, *overrides: str) -> MachineConfig:
    """The robust machine, its hybrids flawed as they are delivered."""
    given = [f"multiplier.rails={rails}", f"receiver.gain={gain}"]
    return load_machine("robust", [*SETTLED, *given, f"multiplier.polarity={polarity}", *overrides])


def operands(length: int) -> tuple[torch.Tensor, torch.Tensor]:
    """400 dot products, from all zeros to none."""
    key, count = NoiseKey.from_seed(0), 400
    x, w = (
        (M * key.fold(name).uniform(0, count * length)).long().view(count, length) for name in "xw"
    )
    kept = key.fold("kept").uniform(0, count * length).view(count, length)
    return x * (kept < torch.linspace(0.0, 1.0, count)[:, None]), w


def wrong(made: MachineConfig, length: int) -> tuple[int, ArraysReport]:
    """Residues that four calibrated rows decide wrongly without noise."""
    raw = fabricate(made.design, (M,), ArrayShape(1, 4, length), seed=1)
    chip, report = calibrate_with_report(raw)
    x, w = operands(length)
    right = torch.remainder((x * w).sum(-1), M)
    rows = (ModularDotProduct(M, length, chip=chip, position=RowPosition(0, r)) for r in range(4))
    return sum(int((row.read(x, w) != right).sum()) for row in rows), report.arrays[M]


@pytest.mark.parametrize("polarity", ["one-coupled", "zero-coupled"])
@pytest.mark.parametrize("gain", ["fixed", "per-symbol"])
@pytest.mark.parametrize("rails", ["dual", "single"])
def test_a_calibrated_chip_decides_right_whatever_the_light_does(
    rails: str, gain: str, polarity: str
) -> None:
    errors, report = wrong(machine(rails, gain, polarity), LENGTH)
    assert errors == 0
    assert report.misfit < 2.0


def test_offsets_beyond_the_full_scale_are_found() -> None:
    """Behind 28 dB on one rail, the reference shows more than the converters hold."""
    made = machine("single", "fixed", "zero-coupled")
    assert gain_control(made.design, M, 20).largest_common_mode.max() > 8.0
    errors, report = wrong(made, 20)
    assert report.reads == made.design.calibration.reads
    assert report.before.rms()["offset"] > 20 * report.after.rms()["offset"]
    assert errors == 0
    assert report.misfit < 2.0


@pytest.mark.parametrize("gain", ["fixed", "per-symbol"])
@pytest.mark.parametrize("rails", ["dual", "single"])
def test_the_common_mode_is_what_lit_diodes_carry(rails: str, gain: str) -> None:
    """Half of the current of all four diodes, by the fields of a row that leaks nothing.

    Where the data dims one rail only, half of each rail's.
    """
    made = machine(
        rails,
        gain,
        "one-coupled",
        "multiplier.switch.coupling_power=1e-4",
        "multiplier.switch.loss_db_per_m=0",
        "calibration.policy=none",
    )
    lossless = HybridDesign(splitter={"excess_loss_db": 0.0}, coupler={"excess_loss_db": 0.0})
    design = made.design.changed({"receiver.hybrid": lossless})
    row = ModularDotProduct(M, LENGTH, design=design)
    x, w = operands(LENGTH)
    bits = row.gain.code.digits(x)
    light_w = row.fields(x, w).abs().square()
    torch.testing.assert_close(light_w.sum(-1), row.powers(x, w).sum(-1))
    if rails == "dual":
        light_w = light_w.sum(-1, keepdim=True)
    current_a = made.design.receiver.photodiode.responsivity_a_per_w * light_w / 2.0
    found = row.gain.common_mode(bits)
    full_scale_a = row.gain.full_scale_a(bits)[:, None]
    torch.testing.assert_close(found, current_a / full_scale_a, rtol=1e-3, atol=0)
    apart = float(found[:, -1].max() / found[:, -1].min())
    assert (apart < 1.0 + 1e-12) == ((rails == "dual") == (gain == "per-symbol"))


def test_an_offset_of_light_is_taken_off_exactly() -> None:
    """Unlike diodes shift I by a share of the common mode: the trim of that share undoes it."""
    made = machine("dual", "fixed", "one-coupled", "calibration.policy=none")
    chip = fabricate(made.design, (M,), ArrayShape(1, 4, LENGTH), seed=1)
    interface = ControllerInterface(chip, M, NoiseKey.from_seed(0))
    alpha, beta, _ = chip.arrays(M).hybrid.difference()
    bits = interface.gain.code.digits(operands(LENGTH)[0])
    first_w, second_w = interface.gain.arriving_w(interface.gain.rail_loss_db(bits))
    shown_a = alpha[0, 0] * first_w[:, None] + beta[0, 0] * second_w[:, None]
    shown_a = (
        made.design.receiver.photodiode.responsivity_a_per_w * shown_a * 10 ** (-HYBRID_DB / 10)
    )
    share = (alpha + beta)[0, 0] * interface.gain.common_mode(bits)
    full_scale_a = interface.gain.full_scale_a(bits)[:, None]
    torch.testing.assert_close(share, shown_a / full_scale_a, rtol=1e-12, atol=0)
    assert math.isclose(
        float(interface.gain.largest_common_mode), 1.0 / made.design.receiver.full_scale_ratio
    )


def test_a_single_rail_and_its_reference_are_taken_off_each_by_itself() -> None:
    """Unlike couplers show them with opposite signs, and the data dims one of them alone."""
    # The laser turns such a rail by more than a step of the trim, and says nothing of offsets.
    made = machine("single", "fixed", "one-coupled", "laser.linewidth_hz=0")
    _, report = wrong(made, LENGTH)
    before, after = report.before.offset, report.after.offset
    assert before.shape == (1, 4, 2, 2)
    for rail in (0, 1):
        assert float(before[..., rail].abs().min()) > 1e-3
        assert float(after[..., rail].abs().max()) < 0.25 * float(before[..., rail].abs().max())
    # A step of the trim is a thousandth of the full scale.
    assert float(after.square().mean().sqrt()) < 1e-3
