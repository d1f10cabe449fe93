"""Pilots take out of a row what the temperatures of its rails have put in."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from circuits import ArrayShape, Chip, Design, bring_up, calibrate, drifted, fabricate, tracked
from circuits.chip.drift import at_temperatures, guide_rad_per_k
from circuits.control import bring_up as making
from circuits.control.interface import ControllerInterface
from circuits.control.pilots import pilot_probes
from circuits.control.pilots import tracked as track
from circuits.design.calibration import CalibrationPlan, Drift
from mirage_core import load_machine
from photonics.random import NoiseKey

SHAPE = ArrayShape(units=2, rows=8, length=16)
UNFLAWED = (
    "multiplier.coherence_length_m=none",
    "multiplier.index_rms=0",
    "multiplier.drive_gain_rms=0",
    "multiplier.bypass_phase_rms_rad=0",
    "multiplier.switch.trimmer.spread_rms_m=0",
    "rail_splitter.imbalance_rms_db=0",
    "receiver.hybrid.splitter.imbalance_rms_db=0",
    "receiver.hybrid.coupler.imbalance_rms_db=0",
    "receiver.hybrid.quadrature_rms_rad=0",
    "receiver.hybrid.responsivity_rms=0",
)


def warm(pilots: int, rail_k: float = 2e-3) -> tuple[Chip, Design]:
    """A chip without other flaws whose rows differ in the temperature of their rails."""
    design = load_machine("robust", [*UNFLAWED, f"drift.pilots={pilots}"]).design
    chip = fabricate(design, (31,), SHAPE, 0)
    apart = rail_k * NoiseKey.from_seed(3).normal(0, 16).reshape(2, 8)
    return replace(chip, drifts={31: at_temperatures(chip, 31, 0 * apart, apart)}), design


def left_rad(chip: Chip) -> tuple[torch.Tensor, torch.Tensor]:
    """What is left of the phase of a row, and of that of each coupled digit, by the design."""
    drift, ring = chip.drifts[31], chip.design.multiplier.switch
    shift_m = drift.switch_offset[..., 0] - drift.switch_offset[..., 1]
    wavelength_m = chip.design.laser.wavelength_m
    through = ring.through_slope_rad_per_m(ring.detuning_m, wavelength_m)
    drop = ring.drop_slope_rad_per_m(0.0, wavelength_m)
    digits = 16 * chip.design.multiplier.code(31).count
    row = drift.rail_rad + 2 * digits * through * shift_m - drift.tracked_rad
    return row, 2 * (drop - through) * shift_m - drift.tracked_digit_rad.mean((2, 3))


def test_pilots_find_the_phase_of_rows_and_of_coupled_digits() -> None:
    chip, _ = warm(pilots=64)
    before, after = left_rad(chip), left_rad(tracked(chip))
    # The digits' own noise on a fit of 64 pilots: two thousandths of a radian of a row, and a
    # thirtieth of that of a digit; the leak of the rings adds as much.
    assert float(before[0].abs().max()) > 0.02
    assert float(before[1].abs().max()) > 1.5e-3
    assert float(after[0].abs().max()) < 0.01
    assert float(after[1].abs().max()) < 3e-4


def test_more_pilots_find_them_better() -> None:
    few, many = (left_rad(tracked(warm(pilots=n)[0])) for n in (16, 1024))
    for one, other in zip(few, many, strict=True):
        assert float(other.square().mean()) < 0.5 * float(one.square().mean())


def test_without_pilots_or_drift_nothing_is_set() -> None:
    chip, _ = warm(pilots=0)
    assert track(chip) is chip
    still = replace(warm(pilots=64)[0], drifts={})
    assert track(still) is still


def test_pilots_keep_to_their_key() -> None:
    chip, _ = warm(pilots=32)
    one, again, other = (
        tracked(chip, NoiseKey.from_seed(seed)).drifts[31].tracked_rad for seed in (1, 1, 2)
    )
    assert torch.equal(one, again)
    assert not torch.equal(one, other)


def test_a_chip_that_is_brought_up_is_calibrated_drifted_and_tracked() -> None:
    machine = load_machine("robust", ["array.units=1", "array.rows=4"])
    found = bring_up(machine.design, (33,), machine.array_shape, 5)
    by_hand = tracked(drifted(calibrate(fabricate(machine.design, (33,), machine.array_shape, 5))))
    assert torch.equal(found.trims[33].digit_rad, by_hand.trims[33].digit_rad)
    assert torch.equal(found.drifts[33].tracked_rad, by_hand.drifts[33].tracked_rad)
    # It is made once, and whoever asks has a copy.
    made = making._bring_up.cache_info().misses
    again = bring_up(machine.design, (33,), machine.array_shape, 5)
    assert making._bring_up.cache_info().misses == made
    assert torch.equal(again.trims[33].digit_rad, found.trims[33].digit_rad)
    # The clock is the machine's.
    assert found.design.symbol_s == machine.design.symbol_s


def test_a_raw_and_still_chip_is_brought_up_as_it_is() -> None:
    design = Design(calibration=CalibrationPlan(policy="none"), drift=Drift())
    found = bring_up(design, (7,), ArrayShape(1, 2, 4), 0)
    assert (found.trims, found.drifts) == ({}, {})


@pytest.mark.parametrize("rail_k", [1e-3])
def test_the_guide_is_as_long_as_its_parts(rail_k: float) -> None:
    design = Design()
    # 12.8 mm of a chain of 16 multipliers of 0.8 mm: 9.7 mrad for a millikelvin.
    assert guide_rad_per_k(design, 33, 16) * rail_k == pytest.approx(9.7e-3, rel=0.05)


def test_trimmers_are_set_back_on_their_steps() -> None:
    chip = tracked(warm(pilots=64)[0])
    trimmer = chip.design.calibration.trimmer
    drift = chip.drifts[31]
    # What cannot go below zero is a turn away, which is no multiple of a step.
    for tracked_rad in (drift.tracked_rad, drift.tracked_digit_rad):
        steps = torch.remainder(-tracked_rad, 2 * torch.pi) / trimmer.lsb_rad
        assert float((steps - steps.round()).abs().max()) < 1e-6
    assert float(drift.tracked_digit_rad.abs().max()) > 0.0


def test_pilots_count_for_as_much_as_they_tell() -> None:
    """Where the gain is fixed, dim pilots are noisier than bright ones: least squares weigh them.

    Rows that have not drifted are moved by the noise of the fit alone: that of the best weights,
    which is far below that of equal ones.
    """
    rows, count = 400, 64
    machine = load_machine("robust", ["receiver.gain=fixed", f"drift.pilots={count}", *UNFLAWED])
    chip = fabricate(machine.design, (31,), ArrayShape(1, rows, 16), 0)
    still = torch.zeros(1, rows, dtype=torch.float64)
    chip = replace(chip, drifts={31: at_temperatures(chip, 31, still, still)})
    key = NoiseKey.from_seed(1)
    interface = ControllerInterface(chip, 31, key)
    probes = pilot_probes(interface, count, key.fold(31))
    ones = probes.bits.sum((1, 2)).double()
    columns = torch.stack((torch.ones_like(ones), ones), dim=1)
    variance_rad2 = interface.known(probes).variance_rad2 + interface.leak_rad2(probes.bits)
    weighed = torch.linalg.inv(columns.T @ (columns / variance_rad2[:, None]))[0, 0]
    alike = torch.linalg.pinv(columns)[0].square() @ variance_rad2
    assert float(alike / weighed) > 4.0
    found = float(tracked(chip, key).drifts[31].tracked_rad.square().mean())
    step_rad2 = chip.design.calibration.trimmer.residual_variance_rad2
    assert found == pytest.approx(float(weighed) + step_rad2, rel=5.0 * (2.0 / rows) ** 0.5)
