"""What the heat of a tile adds to the digits of its neighbours."""

from __future__ import annotations

import pytest
import torch

from circuits.design.circuit import MultiplierDesign
from circuits.design.heat_layout import HeatLayout
from circuits.optics.digit import DigitOptics, DigitStatics
from circuits.optics.heat import ArrayHeat
from circuits.optics.tile_heat import ThermalShift
from devices.heat.thermal_crosstalk import ExponentialCoupling, HeaterCoupling
from photonics.random import NoiseKey

KEY = NoiseKey.from_seed(17)


def test_heat_adds_to_the_phase_of_a_neighbour() -> None:
    # Heaters at the stated coupling κ: the phase φ of one turns the next by κ φ.
    coupling, phase_rad = 0.02, 1.3
    layout = HeatLayout(
        coupling=HeaterCoupling(law=ExponentialCoupling(nearest_coupling=coupling)),
        compensated=False,
        switch_share=0.0,
    )
    heat = ArrayHeat.fabricate(layout, None, (1, 1, 12), KEY)
    assert heat is not None
    asked = torch.zeros(1, 2, 6, 2, dtype=torch.float64)
    asked[0, 0, 2, 0] = phase_rad
    thermal_shift = heat.thermal_shift(asked, 0)
    added = thermal_shift.shifter_rad[0, 0, 3, 0]
    assert float(added) == pytest.approx(coupling * phase_rad, rel=1e-9)

    design = MultiplierDesign(drive="per-digit")
    optics = DigitOptics.of(design, 33, 1550e-9)
    cold = DigitStatics.none(optics)
    level = torch.zeros(1, dtype=torch.int64)
    warm = cold.with_heat(ThermalShift(thermal_shift.shifter_rad[0, 0], None))
    # What warms the shifter delays light as its own drive does.
    turn = optics.paths(level, warm).shifter / optics.paths(level, cold).shifter
    assert float(turn[0, 3, 0].angle()) == pytest.approx(float(added), rel=1e-6)


def test_a_row_by_itself_is_a_row_amid_heaters_at_rest() -> None:
    layout = HeatLayout(
        coupling=HeaterCoupling(law=ExponentialCoupling(nearest_coupling=0.02)), compensated=False
    )
    shapes = ((1, 1, 3), (1, 9, 15))
    one, many = (ArrayHeat.fabricate(layout, None, shape, KEY) for shape in shapes)
    assert one is not None
    assert many is not None
    small = KEY.fold("asked").normal(0, 6).view(1, 1, 3, 2)
    wide = torch.zeros(9, 5, 3, 2, dtype=torch.float64)
    wide[4, 2] = small[0, 0]
    alone, amid = one.thermal_shift(small, 0), many.thermal_shift(wide, 0)
    assert torch.equal(alone.shifter_rad[0, 0], amid.shifter_rad[4, 2])
