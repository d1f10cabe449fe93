"""Crosstalk of heaters on a lattice equals the coupling matrix of their positions."""

from __future__ import annotations

import math

import pytest
import torch

from circuits.chip.arrays import ModulusArrays
from circuits.design.circuit import Design, MultiplierDesign
from circuits.design.heat_layout import HeatLayout
from circuits.optics.digit import DigitOptics
from circuits.optics.heat import ArrayHeat
from devices.heat.thermal_crosstalk import ExponentialCoupling, HeaterCoupling, HeatSinkCoupling
from photonics.errors import InputError
from photonics.random import NoiseKey

ROWS, LENGTH, DIGITS = 3, 4, 2


PLACES = LENGTH * DIGITS


KEY = NoiseKey.from_seed(3)


def layout(**changes: object) -> HeatLayout:
    everything = {"reach_rows": ROWS - 1, "reach_digits": PLACES - 1, "rail_pitch_m": 70e-6}
    coupling = HeaterCoupling(law=ExponentialCoupling(nearest_coupling=0.02))
    return HeatLayout(**{"coupling": coupling, **everything, **changes})  # type: ignore[arg-type]


def positions_m(where: HeatLayout) -> torch.Tensor:
    """Places of all heaters in the order (row, rail, place)."""
    row, rail, place = torch.meshgrid(
        *(torch.arange(n, dtype=torch.float64) for n in (ROWS, 2, PLACES)), indexing="ij"
    )
    y = row * where.row_pitch_m + rail * where.rail_pitch_m
    return torch.stack((y, place * where.digit_pitch_m), dim=-1).reshape(-1, 2)


def heaters(where: HeatLayout, units: int = 1) -> ArrayHeat:
    """Shifters that warm no rings."""
    heat = ArrayHeat.fabricate(where, None, (units, ROWS, PLACES), KEY)
    assert heat is not None
    return heat


def drives(*lead: int) -> torch.Tensor:
    shape = (*lead, ROWS, LENGTH, DIGITS, 2)
    return KEY.fold("drives").normal(0, math.prod(shape)).reshape(shape)


def in_order(phase: torch.Tensor) -> torch.Tensor:
    """(..., R, J, D, S) in the order of the positions."""
    return phase.movedim(-1, -3).flatten(-4)


@pytest.mark.parametrize(
    "coupling",
    [
        HeaterCoupling(law=ExponentialCoupling(nearest_coupling=0.02)),
        HeaterCoupling(law=HeatSinkCoupling(), global_coupling=1e-3),
    ],
)
def test_lattice_equals_the_matrix_of_positions(coupling: HeaterCoupling) -> None:
    where = layout(coupling=coupling, compensated=False)
    heat = heaters(where)
    asked = drives(5)
    matrix = coupling.matrix(positions_m(where))
    expected = in_order(asked) @ (matrix - torch.eye(len(matrix))).T
    found = in_order(heat.thermal_shift(asked, 0).shifter_rad)
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-12)
    assert float(found.abs().max()) > 0.01


def test_compensation_by_a_perfectly_known_coupling_leaves_nothing() -> None:
    heat = heaters(layout(coupling_error_rms=0.0))
    assert float(heat.thermal_shift(drives(2), 0).shifter_rad.abs().max()) < 1e-6


def test_compensation_leaves_what_the_controller_does_not_know() -> None:
    where = layout(coupling_error_rms=0.1)
    heat = heaters(where, 2)
    assert where.coupling is not None
    true = where.coupling.matrix(positions_m(where))
    unit = torch.tensor([1, 0, 1])
    asked = drives(3)
    found = in_order(heat.thermal_shift(asked, unit).shifter_rad)
    for tile, array in enumerate(unit.tolist()):
        known = _known(heat, array, true)
        own = torch.linalg.solve(known, in_order(asked)[tile])
        expected = true @ own - in_order(asked)[tile]
        torch.testing.assert_close(found[tile], expected, rtol=0, atol=1e-6)
    # One tenth of what no compensation would leave, within a factor of two.
    raw = in_order(asked) @ (true - torch.eye(len(true))).T
    assert 0.05 < float(found.std() / raw.std()) < 0.2


def _known(heat: ArrayHeat, array: int, true: torch.Tensor) -> torch.Tensor:
    """Coupling matrix as the controller of an array knows it, neighbour by neighbour."""
    assert heat.error is not None
    reach_rows, reach = heat.layout.reach_rows, heat.layout.reach_digits
    error = heat.error[array].reshape(2, 2, 2 * reach_rows + 1, 2 * reach + 1, ROWS, PLACES)
    known = true.clone().reshape(ROWS, 2, PLACES, ROWS, 2, PLACES)
    for to in ((r, s, p) for r in range(ROWS) for s in range(2) for p in range(PLACES)):
        for source in ((r, s, p) for r in range(ROWS) for s in range(2) for p in range(PLACES)):
            if to == source:
                continue
            (r, s, p), (r2, s2, p2) = to, source
            off = error[s, s2, r2 - r + reach_rows, p2 - p + reach, r, p]
            known[*to, *source] *= 1.0 + float(off)
    size = ROWS * 2 * PLACES
    return known.reshape(size, size)


def test_a_tile_is_asked_for_the_phase_of_its_drives() -> None:
    multiplier = MultiplierDesign(drive="per-digit", heat=layout(compensated=False))
    optics = DigitOptics.of(multiplier, 31, 1550e-9)
    plain = ModulusArrays.as_designed(optics, LENGTH)
    assert plain.thermal_shift(torch.zeros(ROWS, LENGTH), 0) is None
    assert plain.heat_bound() == 0.0


def test_heaters_that_warm_others_more_than_themselves_are_refused() -> None:
    strong = HeaterCoupling(law=ExponentialCoupling(nearest_coupling=0.4))
    with pytest.raises(InputError, match=r"multiplier\.heat\.coupling"):
        heaters(layout(coupling=strong))


def test_shifters_without_heaters_do_not_couple() -> None:
    size = (1, ROWS, PLACES)
    assert ArrayHeat.fabricate(Design().multiplier.heat, None, size, KEY) is None
