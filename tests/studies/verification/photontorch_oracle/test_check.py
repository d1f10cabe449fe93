"""Whole dot product units against an independent network solver."""

from __future__ import annotations

import math
import sys
from dataclasses import replace

import pytest

from circuits import ArrayShape, Design, fabricate
from circuits.chip.arrays import ThermalDrift
from circuits.chip.trims import Trims
from circuits.design.heat_layout import HeatLayout
from devices.heat.thermal_crosstalk import HeaterCoupling
from photonics.errors import InputError
from studies.verification.photontorch_oracle import check
from tests.studies.verification.photontorch_oracle.rough import (
    AGREES,
    KEY,
    needs_photontorch,
    rough_chip,
)


@needs_photontorch
@pytest.mark.slow  # 4 s
def test_units_drawn_at_random_agree() -> None:
    found = check.compare_dot_products(settings=28, seed=1)
    assert found.settings == 28
    assert found.deviation < AGREES


@needs_photontorch
@pytest.mark.slow  # 27 s
def test_hundreds_of_units_drawn_at_random_agree() -> None:
    found = check.compare_dot_products(settings=672, seed=2)
    assert found.settings == 672
    assert found.deviation < AGREES


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
        switch_offset=1e-10 * normal[16:20].view(1, 2, 2),
        rail_rad=normal[20:22].view(1, 2),
        self_heating_m=1e-11 * KEY.fold("light").normal(0, 8 * digits).view(1, 2, 1, digits, 2, 2),
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


def test_without_photontorch_it_says_so(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "photontorch", None)
    with pytest.raises(InputError, match="not installed"):
        check.compare_dot_products(settings=1)
