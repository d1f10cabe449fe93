"""Whole dot product units against an independent network solver, part by part."""

from __future__ import annotations

import importlib.util
import math
import sys
from dataclasses import replace

import pytest
import torch

from circuits import ArrayShape, Chip, Design, fabricate
from circuits.chip.arrays import ThermalDrift
from circuits.chip.trims import Trims
from circuits.design.heat_layout import HeatLayout
from circuits.design.multiplier import MultiplierDesign
from circuits.design.receiver import ReceiverDesign
from circuits.optics.digit import DigitStatics
from circuits.optics.hybrid import HybridSpread
from devices.heat.thermal_crosstalk import HeaterCoupling
from photonics.errors import InputError
from photonics.optics import phasor
from photonics.random import NoiseKey
from studies.verification.photontorch_oracle import check
from studies.verification.photontorch_oracle.parts import Deviations, HybridParts, RowParts, set_row
from studies.verification.photontorch_oracle.row import (
    chained_row_powers,
    digit_transfers,
    whole_row_powers,
)

needs_photontorch = pytest.mark.skipif(
    importlib.util.find_spec("photontorch") is None, reason="photontorch is not installed"
)
KEY = NoiseKey.from_seed(23)
AGREES = 1e-9


ROUGH_HYBRID = HybridSpread(
    splitter_imbalance_rms_db=1.0, coupler_imbalance_rms_db=1.0, quadrature_rms_rad=0.3
)


def rough_chip(modulus: int, length: int, rows: int = 1, **options: str) -> Chip:
    design = check.random_design(KEY.fold("design"), {"polarity": "zero-coupled", **options})
    receiver = design.receiver.model_copy(update={"hybrid": ROUGH_HYBRID})
    design = design.model_copy(update={"receiver": receiver})
    return fabricate(design, (modulus,), ArrayShape(1, rows, length), seed=4)


def hybrid_parts(chip: Chip) -> HybridParts:
    (made,) = chip.fabricated.values()
    return HybridParts.of(made.hybrid.at(0))


@needs_photontorch
def test_units_drawn_at_random_agree() -> None:
    found = check.compare_dot_products(settings=28, seed=1)
    assert found.settings == 28
    assert found.deviation < AGREES


@needs_photontorch
@pytest.mark.slow
def test_hundreds_of_units_drawn_at_random_agree() -> None:
    found = check.compare_dot_products(settings=672, seed=2)
    assert found.settings == 672
    assert found.deviation < AGREES


@needs_photontorch
@pytest.mark.slow
@pytest.mark.parametrize("modulus", [31, 32, 33])
def test_hundreds_of_pairs_of_multipliers_agree_with_every_ring_in_the_netlist(modulus) -> None:
    chip = rough_chip(modulus, 2, rows=100)
    units = [check.random_unit(chip, modulus, KEY.fold(row), row) for row in range(100)]
    found_w = whole_row_powers(RowParts.join([unit.parts for unit in units]))
    ours_w = torch.stack([unit.powers_w for unit in units])
    assert float(((found_w - ours_w).abs().amax(-1) / ours_w.sum(-1)).max()) < AGREES


@needs_photontorch
@pytest.mark.parametrize(("modulus", "multipliers"), [(7, 1), (5, 2), (33, 1)])
@pytest.mark.parametrize("polarity", ["zero-coupled", "one-coupled"])
def test_a_row_in_two_steps_is_the_row_as_a_whole(modulus, multipliers, polarity) -> None:
    chip = rough_chip(modulus, multipliers, polarity=polarity)
    unit = check.random_unit(chip, modulus, KEY.fold(modulus))
    whole, chained = whole_row_powers(unit.parts), chained_row_powers(unit.parts)
    torch.testing.assert_close(whole, chained, rtol=0, atol=1e-12 * float(whole.sum()))


@needs_photontorch
@pytest.mark.slow
def test_a_row_of_eight_multipliers_with_every_ring_in_one_netlist() -> None:
    # 2400 ports; the rings are those of the paper, so that light is left at the end.
    multiplier = MultiplierDesign(static_phase_rms_rad=0.3, bypass_phase_rms_rad=1.0)
    design = Design(multiplier=multiplier, receiver=ReceiverDesign(hybrid=ROUGH_HYBRID))
    chip = fabricate(design, (31,), ArrayShape(1, 1, 8), seed=3)
    unit = check.random_unit(chip, 31, KEY)
    whole, chained = whole_row_powers(unit.parts), chained_row_powers(unit.parts)
    light_w = float(unit.powers_w.sum())
    assert light_w > 0.01 * design.unit_power_w(31)
    torch.testing.assert_close(whole, chained, rtol=0, atol=1e-12 * light_w)
    torch.testing.assert_close(whole[0], unit.powers_w, rtol=0, atol=AGREES * light_w)


@needs_photontorch
def test_a_digit_is_its_two_paths_through_four_ring_ports() -> None:
    # t t' (straight path) + d d' (turned path), t and t' those of its two rings, out of place.
    chip = rough_chip(7, 2)
    parts = check.random_unit(chip, 7, KEY).parts
    digits = parts.digits
    r_in, r_drop = (1.0 - digits.couplings).sqrt().unbind(-1)
    around = 10.0 ** (-digits.ring_db / 20.0) * phasor(digits.ring_rad)
    half = 10.0 ** (-digits.ring_db / 40.0) * phasor(digits.ring_rad / 2.0)
    r_in, r_drop = r_in[..., None], r_drop[..., None]
    circulating = 1.0 - r_in * r_drop * around
    through = ((r_in - r_drop * around) / circulating).prod(-1)
    cross = (1.0 - r_in**2).sqrt() * (1.0 - r_drop**2).sqrt()
    drop = (-cross * half / circulating).prod(-1)
    straight = phasor(digits.straight_rad) * 10.0 ** (-digits.straight_db / 20.0)
    turned = phasor(digits.turned_rad) * 10.0 ** (-digits.turned_db / 20.0)
    ours = through * straight + drop * turned
    torch.testing.assert_close(digit_transfers(digits), ours, rtol=0, atol=1e-12)
    assert float(chip.fabricated[7].statics.ring_offset_m.abs().min()) > 0.0


@needs_photontorch
@pytest.mark.parametrize("rails", ["dual", "single"])
def test_trimmed_and_drifted_rows(rails) -> None:
    chip = rough_chip(5, 1, rows=2, rails=rails)
    design = chip.design
    normal = KEY.fold("trims").normal(0, 64)
    digits = design.multiplier.code(5).count
    trims = Trims.none((1, 2), 1, digits, 1).changed(
        digit_rad=normal[: 2 * digits].view(1, 2, 1, digits),
        row_rad=normal[10:12].view(1, 2),
        drive_gain=0.1 * normal[12:14].view(1, 2, 1, 1),
        quadrature_rad=0.1 * normal[14:16].view(1, 2),
    )
    drift = ThermalDrift(
        ring_offset_m=1e-10 * normal[16:20].view(1, 2, 2),
        rail_rad=normal[20:22].view(1, 2),
        tracked_rad=normal[22:24].view(1, 2),
        tracked_digit_rad=0.1 * normal[24 : 24 + 2 * digits].view(1, 2, 1, digits),
    )
    moved = replace(chip, trims={5: trims}, drifts={5: drift})
    assert check.compare_chip(moved, KEY).deviation < AGREES
    before, after = (check.random_unit(c, 5, KEY).powers_w for c in (chip, moved))
    assert float((before - after).abs().max()) > 1e-3 * float(before.sum())


@needs_photontorch
def test_rows_whose_heaters_warm_each_other() -> None:
    rough = rough_chip(7, 2).design
    heat = HeatLayout(coupling=HeaterCoupling(), compensated=False)
    multiplier = rough.multiplier.model_copy(update={"heat": heat})
    design = rough.model_copy(update={"multiplier": multiplier})
    chip = fabricate(design, (7,), ArrayShape(1, 2, 2), seed=4)
    assert chip.fabricated[7].heat is not None
    assert check.compare_chip(chip, KEY).deviation < AGREES


@needs_photontorch
@pytest.mark.parametrize(
    ("part", "size"),
    # On a path that a detuned ring leaves almost dark a step counts for little.
    [
        ("shifter_phase_rad", 1e-2),
        ("bypass_phase_rad", 1e-2),
        ("drive_gain", 1e-2),
        ("shifter_gain", 1e-2),
        ("ring_offset_m", 1e-11),
    ],
)
def test_the_reference_feels_every_deviation_of_a_digit(part, size) -> None:
    chip = rough_chip(7, 1)
    statics, x, w = chip.fabricated[7].statics.at(0), torch.tensor([[5]]), torch.tensor([[3]])

    def powers(changed: DigitStatics) -> torch.Tensor:
        deviations = Deviations(changed, hybrid_parts(chip))
        return whole_row_powers(set_row(chip.design, 7, x, w, deviations))

    before = powers(statics)
    value = getattr(statics, part)
    for place in range(value[0].numel()):
        step = torch.zeros_like(value).flatten()
        step[place] = size
        after = powers(replace(statics, **{part: value + step.view_as(value)}))
        assert float((after - before).abs().max() / before.sum()) > 1e3 * AGREES


@needs_photontorch
def test_a_wrong_power_is_noticed() -> None:
    chip = rough_chip(7, 1, rows=2)
    units = [check.random_unit(chip, 7, KEY.fold(row), row) for row in range(2)]
    spoilt = replace(units[1], powers_w=units[1].powers_w * (1.0 + 1e-6))
    assert check.compare_units(units).deviation < AGREES
    assert check.compare_units([units[0], spoilt]).deviation == pytest.approx(
        1e-6 * float(spoilt.powers_w.max() / spoilt.powers_w.sum()), rel=1e-2
    )
    broken = replace(units[1], powers_w=units[1].powers_w * math.nan)
    assert math.isnan(check.compare_units([broken, units[0]]).deviation)


@needs_photontorch
def test_all_rows_of_a_chip_of_the_paper() -> None:
    chip = fabricate(Design(), (31, 32, 33), ArrayShape(1, 2, 16), seed=5)
    found = check.compare_chip(chip, KEY)
    assert found.settings == 6
    assert found.deviation < AGREES


@needs_photontorch
def test_splitters_and_hybrid_lose_nothing() -> None:
    chip = rough_chip(7, 1, rails="single")
    parts = check.random_unit(chip, 7, KEY).parts
    passed = digit_transfers(parts.digits).abs().square().prod(1).prod(1)
    second = parts.feed.cross_share
    arrived_w = parts.feed.launched_w * ((1.0 - second) * passed[:, 0] + second)
    assert float(whole_row_powers(parts).sum()) == pytest.approx(float(arrived_w), rel=1e-12)


def test_without_photontorch_it_says_so(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "photontorch", None)
    with pytest.raises(InputError, match="not installed"):
        check.compare_dot_products(settings=1)
