"""A chip is what its parts are: rings, splitters, trims, drift; and it is the same from disk."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import torch

from circuits import ArrayShape, ModularDotProduct, RowPosition, fabricate, load_chip, save_chip
from circuits.chip.arrays import ThermalDrift
from circuits.chip.trims import Trims
from circuits.design.circuit import Design, ideal_design
from circuits.design.multiplier import MultiplierDesign
from circuits.optics.digit import DigitOptics, DigitStatics, unit_section
from circuits.receiver.by_design import amplitude_error
from devices.electronics.dac import Dac
from devices.electronics.variable_gain import VariableGain
from devices.heat.thermal_crosstalk import HeaterCoupling
from devices.passive.coupler import Splitter
from devices.shifters.noems import NoemsShifter
from devices.switches.ring import RingSwitch
from devices.switches.ring_trimmer import RingTrimmer
from photonics.errors import InputError
from photonics.optics import power_w
from photonics.random import NoiseKey
from tests.circuits.designs import SHAPE, beat_rad, ideal_but, with_multiplier
from tests.tolerance import assert_mean, assert_uncorrelated, assert_variance


def test_rings_off_their_place_turn_the_light_by_their_fields() -> None:
    ring = RingSwitch(trimmer=RingTrimmer(bits=9))
    chip = fabricate(ideal_but(switch=ring), (31,), SHAPE, 0)
    offset_m = chip.fabricated[31].statics.switch_offset[1, 2]
    assert offset_m.shape == (4, 5, 2, 2, 1)
    offset_m = offset_m[..., 0]
    x = torch.tensor([0, 30, 5, 17])
    mdpu = ModularDotProduct(31, 4, chip=chip, position=RowPosition(1, 2))
    found = mdpu.fields(x, torch.zeros(4, dtype=torch.int64))
    bits = mdpu.gain.code.digits(x)[..., None, None]
    coupled = ring.transfer(offset_m, 1550e-9)
    passed = ring.transfer(ring.detuning_m + offset_m, 1550e-9, 1.0)
    through, drop = (torch.where(bits == 0, c, p) for c, p in zip(coupled, passed, strict=True))
    # With both paths of a digit alike and without phase, the two ways through it add up.
    digit = through.prod(-1) + drop.prod(-1)
    launched = torch.tensor(mdpu.design.rail_powers_w(31), dtype=torch.complex128).sqrt()
    torch.testing.assert_close(found, launched * digit.prod(0).prod(0), rtol=1e-12, atol=0)


def test_the_splitter_shares_the_light_and_keeps_it() -> None:
    chip = fabricate(
        ideal_design().changed({"rail_splitter.imbalance_rms_db": 0.5}), (7,), SHAPE, 0
    )
    field = chip.arrays(7).input_field
    power = power_w(field)
    torch.testing.assert_close(power.sum(-1), torch.full((2, 3), 2.0, dtype=torch.float64))
    imbalance_db = 10 * (power[..., 0] / power[..., 1]).log10()
    torch.testing.assert_close(imbalance_db, chip.fabricated[7].splitter_db)
    assert float(imbalance_db.abs().max()) > 0.1


def test_an_uneven_splitter_keeps_the_light_too() -> None:
    multiplier = Design().multiplier.model_copy(update={"rails": "single"})
    design = Design().model_copy(
        update={
            "multiplier": multiplier,
            "signal_share": 0.2,
            "rail_splitter": Splitter(imbalance_rms_db=1.0),
        }
    )
    chip = fabricate(design, (7,), ArrayShape(1, 50, 1), seed=2)
    designed_w = torch.tensor(design.rail_powers_w(7), dtype=torch.float64)
    rail_w = power_w(chip.arrays(7).input_field) * designed_w
    torch.testing.assert_close(rail_w.sum(-1), designed_w.sum().expand(1, 50))
    shift_db = 10.0 * (rail_w[..., 0] / rail_w[..., 1] * 4.0).log10()
    torch.testing.assert_close(shift_db, chip.fabricated[7].splitter_db)


def test_spreads_are_those_of_the_design() -> None:
    many = ArrayShape(units=4, rows=32, length=16)
    made = fabricate(Design(), (31,), many, 1).fabricated[31]
    multiplier = Design().multiplier
    assert_variance(made.statics.drive_gain, multiplier.drive_gain_rms**2)
    assert_mean(made.statics.drive_gain, 0.0, multiplier.drive_gain_rms)
    # Steps of the trimmers, and the readings by which the resonances are found.
    ring = multiplier.switch
    assert isinstance(ring, RingSwitch)
    found_m = amplitude_error(Design(), 31, 16, 16) * ring.linewidth_m(1550e-9)
    assert found_m > 0.1 * ring.trimmer.lsb_m
    assert_variance(made.statics.switch_offset, found_m**2 + ring.trimmer.lsb_m**2 / 12.0)
    assert_variance(made.splitter_db, 0.2**2)


def test_every_level_of_a_drive_departs_by_its_own_draw() -> None:
    many = ArrayShape(units=2, rows=32, length=16)
    made = fabricate(ideal_but(drive_inl_rms=0.1), (31,), many, 1).fabricated[31]
    levels = made.statics.drive_inl.flatten(0, 4).T
    assert levels.shape == (31, 2 * 32 * 16)
    for level in levels:
        assert_mean(level, 0.0, 0.1)
        assert_variance(level, 0.1**2)
    for lower, upper in pairwise(levels):
        assert_uncorrelated(lower, upper)


def test_a_shifter_errs_by_its_share_of_the_unreduced_phase() -> None:
    chip = fabricate(ideal_but(shifter_gain_rms=1e-3), (31,), SHAPE, 0)
    gain = chip.fabricated[31].statics.shifter_gain[1, 2]
    assert gain.shape == (4, 5, 2)
    x, w = torch.tensor([0, 8, 0, 0]), torch.tensor([0, 15, 0, 0])
    mdpu = ModularDotProduct(31, 4, chip=chip, position=RowPosition(1, 2))
    turn = 2 * math.pi / 31 * 8 * 15
    # Digit 3 of multiplier 1 is lit; half of its phase comes from each rail.
    expected = turn * (1 + float(gain[1, 3].mean()))
    found = float(beat_rad(mdpu.fields(x, w)))
    assert math.remainder(found - expected, 2 * math.pi) == pytest.approx(0.0, abs=1e-6)
    assert abs(turn * float(gain[1, 3].mean())) > 1e-4


def everything() -> Design:
    base = Design()
    heat = base.multiplier.heat.model_copy(
        update={"coupling": HeaterCoupling(), "switch_share": 0.01}
    )
    multiplier = base.multiplier.model_copy(update={"heat": heat, "drive": "per-digit"})
    receiver = base.receiver.model_copy(
        update={"adc_inl_rms_lsb": 0.3, "gain": "per-symbol", "stage": VariableGain()}
    )
    return base.model_copy(update={"multiplier": multiplier, "receiver": receiver})


def test_a_chip_from_disk_reads_the_same(tmp_path: Path) -> None:
    chip = fabricate(everything(), (15, 16), SHAPE, 7)
    trims = Trims.none((2, 3), 4, 4, 4)
    trims = trims.changed(row_rad=NoiseKey.from_seed(0).normal(0, 6).reshape(2, 3))
    row = torch.full((2, 3), 0.01, dtype=torch.float64)
    drift = ThermalDrift(
        1e-12 * torch.ones(2, 3, 2, dtype=torch.float64),
        row,
        1e-12 * row.new_ones(2, 3, 4, 4, 2, 2),
        2.0 * row,
        row.new_ones(2, 3, 4, 4),
    )
    chip = replace(chip.with_trims({15: trims}), drifts={15: drift})
    save_chip(chip, tmp_path / "a.chip")
    again = load_chip(tmp_path / "a.chip")
    assert again.design == chip.design
    assert (again.shape, again.seed, again.moduli) == (chip.shape, chip.seed, chip.moduli)
    x = (NoiseKey.from_seed(1).uniform(0, 800) * 15).long().reshape(200, 4)
    w = (NoiseKey.from_seed(2).uniform(0, 800) * 15).long().reshape(200, 4)
    for modulus in (15, 16):
        codes = [
            ModularDotProduct(modulus, 4, chip=c, position=RowPosition(1, 1)).codes(
                x, w, NoiseKey.from_seed(3)
            )
            for c in (chip, again)
        ]
        assert torch.equal(*codes)
    assert list(tmp_path.iterdir()) == [tmp_path / "a.chip"]


RAW = fabricate(Design(), (31,), ArrayShape(2, 3, 4), seed=1)


def test_moduli_and_shapes_of_no_chip_are_refused() -> None:
    with pytest.raises(InputError, match="one array for each modulus"):
        fabricate(Design(), (31, 31), ArrayShape(1, 1, 2), 0)
    with pytest.raises(InputError, match="at least one"):
        fabricate(Design(), (), ArrayShape(1, 1, 2), 0)
    with pytest.raises(InputError, match=r"array.rows = 1.5: must be a whole number"):
        ArrayShape(1, 1.5, 2)  # type: ignore[arg-type]


def test_a_chip_says_which_it_is_in_a_line() -> None:
    assert repr(RAW) == "Chip(moduli=(31,), 2 x 3 x 4, seed=1, raw)"
    assert RAW in [RAW]
    assert RAW.copied() != RAW


def test_a_chip_is_the_same_for_its_seed_and_another_for_another() -> None:
    shape = ArrayShape(2, 4, 8)
    first, again, other = (fabricate(Design(), (31, 33), shape, seed) for seed in (5, 5, 6))
    assert torch.equal(
        first.fabricated[31].statics.shifter_phase_rad,
        again.fabricated[31].statics.shifter_phase_rad,
    )
    assert not torch.equal(
        first.fabricated[31].statics.shifter_phase_rad,
        other.fabricated[31].statics.shifter_phase_rad,
    )
    # What else is made with it does not change an array.
    alone = fabricate(Design(), (33,), shape, 5).fabricated
    assert torch.equal(first.fabricated[33].statics.drive_gain, alone[33].statics.drive_gain)
    assert first.fabricated[33].statics.shifter_phase_rad.shape == (2, 4, 8, 6, 2)


@pytest.mark.parametrize("drive", ["shared", "per-digit"])
def test_the_converter_of_a_drive_is_nonlinear_at_its_codes(drive: str) -> None:
    """At 63 of 64 codes, all but an end, at which no curve departs from its straight line."""
    dac = Dac(bits=6, full_scale_v=1.0, inl_rms_lsb=0.4, gain_error=0.02)
    design = with_multiplier(dac=dac, drive=drive)
    chip = fabricate(design, (63,), ArrayShape(units=2, rows=3, length=4), seed=1)
    inl = chip.fabricated[63].statics.drive_inl
    assert inl.shape == (2, 3, 4, 6 if drive == "per-digit" else 1, 1, 63)
    # A level is one code; the gain error stretches its steps.
    rms = inl.square().mean(-1).sqrt()
    assert torch.allclose(rms, torch.full_like(rms, 0.4 * 1.02 * math.sqrt(64 / 63)), rtol=1e-9)
    assert float(inl[..., -1].abs().max()) < 1e-12
    assert closest(inl) > 0.01


def closest(inl: torch.Tensor) -> float:
    """Largest departure of those two curves (..., V) that are most alike."""
    curves = inl.flatten(0, -2)
    return float((curves[:, None] - curves).abs().amax(-1).fill_diagonal_(1.0).min())


@pytest.mark.parametrize("dac", [None, Dac(bits=8, full_scale_v=1.2, inl_rms_lsb=0.4)])
def test_converters_of_either_rail_are_nonlinear_by_themselves(dac: Dac | None) -> None:
    """Where rails have one each: no two curves of a chip are alike, nor correlate."""
    inl_rms = 0.1 if dac is None else 0.0
    beams = NoemsShifter()
    design = with_multiplier(dac=dac, drive_inl_rms=inl_rms, rail_drive="own", shifter=beams)
    chip = fabricate(design, (31,), ArrayShape(units=1, rows=8, length=16), seed=1)
    inl = chip.fabricated[31].statics.drive_inl
    assert inl.shape == (1, 8, 16, 1, 2, 31)
    assert closest(inl) > 0.01
    plus, minus = inl.unbind(-2)
    if dac is not None:
        key = NoiseKey.from_seed(1).fold("chip", 31, "drive inl")
        section = unit_section(design.multiplier, 31)
        assert section.code is not None
        assert not torch.equal(*section.code.T)
        for rail, found in enumerate((plus, minus)):
            curve = dac.inls_lsb(key, 256)[rail::2].view(*found.shape[:-1], -1)
            expected = curve[..., section.code[:, rail] + 128] * (dac.lsb_v / section.step)
            torch.testing.assert_close(found, expected, rtol=1e-12, atol=0)
    assert_uncorrelated(plus[..., 7].flatten(), minus[..., 7].flatten())


def test_errors_of_two_converters_add_up_by_half_of_each() -> None:
    """Closed form of a linear shifter: σ/√2 of independent rails, σ of those that share one."""
    for rail_drive, expected in (("shared", 0.1), ("own", 0.1 / math.sqrt(2.0))):
        design = with_multiplier(drive_inl_rms=0.1, rail_drive=rail_drive)
        optics = DigitOptics.of(design.multiplier, 31, 1550e-9)
        assert optics.drive_error_rms == pytest.approx(expected, rel=1e-6)
        statics = fabricate(design, (31,), ArrayShape(4, 16, 16), 2).fabricated[31].statics
        levels = torch.arange(31) - 15
        places = DigitStatics.none(optics)
        bent = replace(places, drive_inl=statics.drive_inl.flatten(0, 2)[:, None])
        fields = optics.paths(levels, bent).shifter / optics.paths(levels, places).shifter
        # The digit of weight one.
        turned = (fields[..., 0, 0] * fields[..., 0, 1].conj()).angle() / (2 * math.pi / 31)
        assert_variance(turned.flatten(), expected**2)


def test_the_reference_of_converters_is_off_for_all_drives_alike() -> None:
    shape = ArrayShape(units=1, rows=2, length=3)
    plain, off = (
        fabricate(with_multiplier(dac=Dac(gain_error=error)), (33,), shape, seed=1)
        for error in (0.0, 0.02)
    )
    gains = [chip.fabricated[33].statics.drive_gain for chip in (plain, off)]
    assert torch.allclose(gains[1] - gains[0], torch.full_like(gains[0], 0.02), rtol=1e-9)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"drive_inl_rms": 1e-3}, r"^drive_inl_rms = 0\.001: stands for a converter without steps"),
        ({"shifter.kind": "injection"}, r"^dac = .*: drives shifters by a voltage"),
    ],
)
def test_what_a_converter_cannot_do_in_a_machine_is_refused(
    changes: dict[str, Any], said: str
) -> None:
    with pytest.raises(InputError, match=said):
        MultiplierDesign(dac=Dac()).changed(changes)
