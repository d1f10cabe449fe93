"""Whole dot product units against an independent network solver, part by part."""

from __future__ import annotations

import importlib.util
import math
import sys
from dataclasses import replace

import pytest
import torch

from circuits import ArrayShape, Chip, Design, ModularDotProduct, fabricate
from circuits import photontorch_reference_check as check
from circuits.design import MultiplierDesign, ReceiverDesign
from circuits.hybrid import HybridSpread
from circuits.multiplier import DigitStatics
from circuits.photontorch_reference_parts import Deviations, HybridParts, RowParts, set_row
from circuits.photontorch_reference_row import (
    chained_row_powers,
    digit_transfers,
    whole_row_powers,
)
from circuits.photontorch_reference_solver import available
from photonics.errors import InputError
from photonics.optics import phasor, power_w
from photonics.random import NoiseKey

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
    (hybrid,) = chip.hybrids.values()
    return HybridParts.of(hybrid.at(0))


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
def test_rings_off_their_places() -> None:
    # A digit is t t' (straight path) + d d' (turned path), t and t' those of its two rings.
    chip = rough_chip(7, 2)
    design, statics = chip.design, chip.statics[7].at(0)
    ring, light_m = design.multiplier.ring, design.laser.wavelength_m
    x, w = torch.tensor([[5, 2]]), torch.tensor([[3, 6]])
    offset_m = 2e-10 * KEY.fold("offset").normal(0, 24).view(1, 2, 3, 2, 2)
    deviations = Deviations(statics, hybrid_parts(chip), ring_offset_m=offset_m)
    parts = set_row(design, 7, x, w, deviations)
    bit = (x[..., None] >> torch.arange(3)) & 1
    coupled = (bit == 0)[..., None, None].expand_as(offset_m)
    on = torch.stack(ring.transfer(offset_m, light_m))
    off = torch.stack(ring.transfer(offset_m + ring.detuning_m, light_m, 1.0))
    through, drop = torch.where(coupled, on, off).prod(-1)
    digits = parts.digits
    straight = phasor(digits.straight_rad) * 10.0 ** (-digits.straight_db / 20.0)
    turned = phasor(digits.turned_rad) * 10.0 ** (-digits.turned_db / 20.0)
    ours = through * straight + drop * turned
    torch.testing.assert_close(digit_transfers(digits), ours, rtol=0, atol=1e-12)
    rails_w = torch.tensor(design.rail_powers_w(7), dtype=torch.float64)
    fields = rails_w.sqrt() * ours.prod(1).prod(1)
    powers_w = power_w(chip.hybrids[7].at(0).fields(*fields.unbind(-1)))
    assert_powers(whole_row_powers(parts), powers_w)


@needs_photontorch
@pytest.mark.parametrize("rails", ["dual", "single"])
def test_what_enters_the_rails(rails) -> None:
    chip = rough_chip(5, 1, rails=rails)
    x, w = torch.tensor([[3]]), torch.tensor([[2]])
    unit = ModularDotProduct(5, 1, chip=chip)
    entry = torch.tensor([[1.1 + 0.2j, 0.4 - 0.8j]], dtype=torch.complex128)
    deviations = Deviations(unit.statics, hybrid_parts(chip), entry=entry)
    found = whole_row_powers(set_row(chip.design, 5, x, w, deviations))
    assert_powers(found, power_w(unit.hybrid.fields(*(entry * unit.fields(x, w)).unbind(-1))))


@needs_photontorch
@pytest.mark.parametrize("part", ["shifter_phase_rad", "bypass_phase_rad", "drive_gain"])
def test_the_reference_feels_every_deviation_of_a_digit(part) -> None:
    chip = rough_chip(7, 1)
    statics, x, w = chip.statics[7].at(0), torch.tensor([[5]]), torch.tensor([[3]])

    def powers(changed: DigitStatics) -> torch.Tensor:
        deviations = Deviations(changed, hybrid_parts(chip))
        return whole_row_powers(set_row(chip.design, 7, x, w, deviations))

    before = powers(statics)
    value = getattr(statics, part)
    for place in range(value[0].numel()):
        step = torch.zeros_like(value).flatten()
        # On a path that a detuned ring leaves almost dark a step counts for little.
        step[place] = 1e-2
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
    chip = rough_chip(7, 1)
    parts = check.random_unit(chip, 7, KEY).parts
    passed = digit_transfers(parts.digits).abs().square().prod(1).prod(1)
    rails_w = torch.tensor(chip.design.rail_powers_w(7), dtype=torch.float64)
    arrived_w = float((rails_w * passed).sum())
    assert float(whole_row_powers(parts).sum()) == pytest.approx(arrived_w, rel=1e-12)


def assert_powers(found: torch.Tensor, ours: torch.Tensor) -> None:
    assert float((found - ours).abs().max() / ours.sum()) < AGREES


def test_without_photontorch_it_says_so(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "photontorch", None)
    assert not available()
    with pytest.raises(InputError, match="not installed"):
        check.compare_dot_products(settings=1)
