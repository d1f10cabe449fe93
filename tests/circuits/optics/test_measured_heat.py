"""A law written as a matrix is that law, and one odd entry of a matrix moves what it says."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch

from circuits import ArrayShape, Design, fabricate
from circuits.chip.chip import Chip
from circuits.chip.compiling import digit_tables
from circuits.coding.phase_code import drive_level
from circuits.design.heat_layout import HeatLayout
from circuits.design.multiplier import MultiplierDesign
from circuits.optics.digit import DigitOptics
from circuits.optics.heat import ArrayHeat
from circuits.optics.measured_heat import require_fit
from circuits.optics.switch_heat import SwitchHeat
from circuits.optics.tile_heat import ThermalShift
from circuits.units.array import ModularArray
from devices.heat.thermal_crosstalk import ExponentialCoupling, HeaterCoupling
from devices.shifters.linear import PhaseShifter
from photonics.errors import InputError
from photonics.random import NoiseKey
from tests.constants import WAVELENGTH_M

M, ROWS, LENGTH, DIGITS = 31, 3, 3, 5
PLACES, REACH, REACH_ROWS = LENGTH * DIGITS, 4, 1
KEY = NoiseKey.from_seed(23)
# At which the series of the inverse of a law and of a row have equally many terms.
NEAREST = 0.007
LAW = HeaterCoupling(law=ExponentialCoupling(nearest_coupling=NEAREST), global_coupling=1e-4)
OF_RINGS = HeaterCoupling(law=ExponentialCoupling(nearest_coupling=3e-4))
# Both rails nearer than the next row: no two neighbours are alike.
PITCHES = {"digit_pitch_m": 60e-6, "rail_pitch_m": 70e-6, "row_pitch_m": 170e-6}
# 61.6 µm for π, as in tests of rings.
HEATER = PhaseShifter(v_pi_l_vm=61.6e-6, v_max_v=1.0, loss_db_per_m=0.0)


def layout(coupling: HeaterCoupling, **changes: object) -> HeatLayout:
    settings = {"switch_coupling": OF_RINGS, "reach_rows": REACH_ROWS, **PITCHES, **changes}
    return HeatLayout(coupling=coupling, **settings)  # type: ignore[arg-type]


def kappa(rails: int, rows: int, places: int) -> float:
    """Coupling by the law of heaters so many rails, rows and places away: by hand."""
    if (rails, rows, places) == (0, 0, 0):
        return 1.0
    along, across = 60e-6 * places, 70e-6 * rails + 170e-6 * rows
    return NEAREST * math.exp((50e-6 - math.hypot(along, across)) / 50e-6) + 1e-4


def stencil(rails: tuple[int, ...] = (0, 1), reach_rows: int = REACH_ROWS) -> list[list[float]]:
    """The law as what a heater does to the shifters around it."""
    return [
        [kappa(to - source, row, place) for place in range(-REACH, REACH + 1)]
        for source in rails
        for row in range(-reach_rows, reach_rows + 1)
        for to in rails
    ]


def row_matrix(rails: tuple[int, ...] = (0, 1), reach: int = REACH) -> list[list[float]]:
    """The law as the matrix of a row, rail after rail, as far as it counts neighbours."""
    heaters = [(rail, place) for rail in rails for place in range(PLACES)]
    return [
        [kappa(b - a, 0, q - p) if abs(q - p) <= reach else 0.0 for b, q in heaters]
        for a, p in heaters
    ]


def chip_of(heat: HeatLayout, **multiplier: object) -> Chip:
    """Two arrays with all flaws of their digits."""
    settings = {
        "shifter": HEATER,
        "drive": "per-digit",
        "coherence_length_m": 0.0664,
        "index_rms": 0.0,
    }
    made = MultiplierDesign(heat=heat, **(settings | multiplier))  # type: ignore[arg-type]
    return fabricate(Design(multiplier=made), (M,), ArrayShape(2, ROWS, LENGTH), seed=5)


def shift_of(chip: Chip) -> ThermalShift:
    """What heat adds to one tile on the second array, and two on the first."""
    level = (KEY.uniform(0, 3 * ROWS * LENGTH) * M).long().view(3, ROWS, LENGTH) - M // 2
    found = chip.arrays(M).thermal_shift(level, torch.tensor([1, 0, 0]))
    assert found is not None
    return found


def assert_same_heat(found: Chip, expected: Chip, rails: int = 2) -> None:
    """Phases of shifters to 1e-12, and resonances to a billionth of a picometre."""
    (ours_rad, ours_m), (theirs_rad, theirs_m) = shift_of(found), shift_of(expected)
    assert float(theirs_rad.abs().max()) > 1e-5
    ours_rad, theirs_rad = ours_rad[..., :rails], theirs_rad[..., :rails]
    torch.testing.assert_close(ours_rad, theirs_rad, rtol=0, atol=1e-12)
    assert (ours_m is None) == (theirs_m is None)
    if ours_m is not None and theirs_m is not None:
        ours_m, theirs_m = ours_m[..., :rails, :], theirs_m[..., :rails, :]
        torch.testing.assert_close(ours_m, theirs_m, rtol=0, atol=1e-21)


def assert_same_light(found: Chip, expected: Chip, off: float = 0.0) -> None:
    """Fields of the reference, and numbers of the compact model, but for so many rad or neper."""
    assert_same_heat(found, expected)
    x, w = ((KEY.fold(n).uniform(0, 60) * M).long().view(20, LENGTH) for n in range(2))
    w = w[:ROWS]
    fields = [ModularArray.of(chip, M, 1).fields(x, w) for chip in (found, expected)]
    torch.testing.assert_close(*fields, rtol=1e-12, atol=0)
    place = torch.ones(1, ROWS, dtype=torch.int64), torch.arange(ROWS), drive_level(w, M)[None]
    tables = [digit_tables(chip.arrays(M)) for chip in (found, expected)]
    loaded = [each.select(*place) for each in tables]
    step = torch.tensor(tables[0].step).view(3, 1, 1, 1)
    for ours, theirs in zip(*loaded, strict=True):
        assert float(((ours - theirs) * step).abs().max()) <= off


HOW = [
    {"compensated": False},
    {"compensated": False, "switch_share": 0.0},
    {"coupling_error_rms": 0.0},
    {"coupling_error_rms": 0.1},
    {"coupling_error_rms": 0.1, "switch_share": 0.0},
]


@pytest.mark.parametrize("how", HOW)
def test_a_stencil_filled_from_a_law_is_that_law(how: dict[str, object]) -> None:
    by_law = chip_of(layout(LAW, **how))
    measured = chip_of(layout(HeaterCoupling(stencil=stencil()), **how))
    assert_same_light(measured, by_law)
    there, back = (chip.fabricated[M].heat for chip in (by_law, measured))
    assert there is not None
    assert back is not None
    torch.testing.assert_close(back.kernel, there.kernel, rtol=0, atol=1e-17)
    assert (there.error is None) == (back.error is None)
    assert there.error is None or back.error is None or torch.equal(there.error, back.error)


@pytest.mark.parametrize("how", HOW)
def test_a_row_filled_from_a_law_is_that_law(how: dict[str, object]) -> None:
    by_law = layout(LAW, **how, reach_rows=0)
    measured = layout(HeaterCoupling(measured=row_matrix()), **how, reach_rows=0)
    # Laws are expanded, rows that were measured are not.
    if not how.get("coupling_error_rms"):
        assert_same_light(chip_of(measured), chip_of(by_law), off=1e-4)
    # What the controller knows is drawn of all heaters of the row, as of a law that reaches so far.
    far = {"reach_rows": 0, "reach_digits": PLACES - 1, **how}
    every = HeaterCoupling(measured=row_matrix(reach=PLACES))
    assert_same_light(chip_of(layout(every, **far)), chip_of(layout(LAW, **far)), off=1e-4)


@pytest.mark.parametrize("how", HOW[:2])
def test_a_single_rail_has_no_lines_of_the_other(how: dict[str, object]) -> None:
    def chip(coupling: HeaterCoupling, **changes: object) -> Chip:
        return chip_of(layout(coupling, **{**how, **changes}), rails="single")

    of_rail = HeaterCoupling(stencil=stencil(rails=(0,)))
    assert_same_heat(chip(of_rail), chip(LAW), rails=1)
    row = HeaterCoupling(measured=row_matrix((0,)))
    assert_same_heat(chip(row, reach_rows=0), chip(LAW, reach_rows=0), rails=1)


@pytest.mark.parametrize("coupling", [LAW, HeaterCoupling(measured=row_matrix())])
def test_what_a_heater_does_to_its_own_rings_is_known(coupling: HeaterCoupling) -> None:
    heat = chip_of(layout(coupling, reach_rows=0, coupling_error_rms=0.1)).fabricated[M].heat
    assert heat is not None
    misjudged = heat.of_tiles.misjudged
    assert misjudged is not None
    middle = misjudged.shape[4] // 2
    for rail in range(2):
        assert float(heat.seen_kernel[rail, rail, 0, middle].abs().min()) > 0.0
        assert not bool(misjudged[:, rail, rail, 0, middle].any())
        assert bool(misjudged[:, rail, rail, 0, middle + 1].any())


def test_what_is_compensated_is_taken_back() -> None:
    for coupling, rows in (
        (HeaterCoupling(stencil=stencil()), REACH_ROWS),
        (HeaterCoupling(measured=row_matrix()), 0),
    ):
        known = {"coupling_error_rms": 0.0, "switch_share": 0.0, "reach_rows": rows}
        left = shift_of(chip_of(layout(coupling, **known))).shifter_rad
        raw = shift_of(
            chip_of(layout(coupling, compensated=False, switch_share=0.0, reach_rows=rows))
        )
        assert float(left.abs().max()) < 1e-6 * float(raw.shifter_rad.abs().max())


def test_one_odd_entry_of_a_row_moves_one_shifter_of_each_row() -> None:
    """Heater (rail +, multiplier 1, digit 2) warms (rail -, multiplier 2, digit 4) alone."""
    source, to, odd, own = DIGITS + 2, PLACES + 2 * DIGITS + 4, 0.03, 1.25
    matrix = torch.eye(2 * PLACES, dtype=torch.float64)
    matrix[to, source], matrix[source, source] = odd, own
    coupling = HeaterCoupling(measured=matrix.tolist())
    heat = layout(coupling, compensated=False, switch_share=0.0, reach_rows=0)
    asked = KEY.normal(0, ROWS * LENGTH * DIGITS * 2).view(ROWS, LENGTH, DIGITS, 2)
    array = ArrayHeat.fabricate(heat, None, (1, ROWS, PLACES), KEY)
    assert array is not None
    found = array.thermal_shift(asked, 0).shifter_rad
    expected = torch.zeros_like(found)
    expected[:, 2, 4, 1] = odd / own * asked[:, 1, 2, 0]
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-15)
    # A controller that knows the entry takes all of it back; one that errs by 1, all but that.
    known = replace(array, layout=heat.changed({"compensated": True}))
    assert float(known.thermal_shift(asked, 0).shifter_rad.abs().max()) == 0.0
    error = torch.ones(1, 2, 2 * (2 * PLACES - 1), ROWS * PLACES, dtype=torch.float64)
    wrong = replace(known, error=error).thermal_shift(asked, 0).shifter_rad
    torch.testing.assert_close(wrong, -expected, rtol=0, atol=1e-15)


def test_one_odd_entry_of_a_stencil_moves_its_neighbour_everywhere() -> None:
    """A heater of rail - warms the shifter of rail + one row above and two places before it."""
    odd, own = 0.02, 0.8
    lines = torch.zeros(2, 3, 2, 9, dtype=torch.float64)
    lines[0, 1, 0, 4], lines[1, 1, 1, 4] = 1.0, own
    lines[1, 0, 0, 2] = odd
    coupling = HeaterCoupling(stencil=lines.view(12, 9).tolist())
    heat = layout(coupling, compensated=False, switch_share=0.0)
    asked = KEY.normal(0, ROWS * PLACES * 2).view(ROWS, PLACES, 2)
    array = ArrayHeat.fabricate(heat, None, (1, ROWS, PLACES), KEY)
    assert array is not None
    tile = asked.view(ROWS, LENGTH, DIGITS, 2)
    found = array.thermal_shift(tile, 0).shifter_rad.view(ROWS, PLACES, 2)
    expected = torch.zeros_like(found)
    expected[:-1, :-2, 0] = odd / own * asked[1:, 2:, 1]
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-15)
    apart = replace(array, layout=heat.changed({"reach_rows": 0}))
    assert float(apart.thermal_shift(tile, 0).shifter_rad.abs().max()) == 0.0


def optics(heat: HeatLayout, modulus: int = M, **multiplier: object) -> DigitOptics:
    made = MultiplierDesign(heat=heat, shifter=HEATER, drive="per-digit", **multiplier)  # type: ignore[arg-type]
    return DigitOptics.of(made, modulus, WAVELENGTH_M)


def refusal(of: DigitOptics) -> str:
    with pytest.raises(InputError) as caught:
        require_fit(of, LENGTH)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_rows_of_another_size_are_refused_with_both() -> None:
    row = layout(HeaterCoupling(measured=row_matrix()), reach_rows=0)
    require_fit(optics(row), LENGTH)
    # Six digits of 33, or five in two's complement.
    assert "30 heaters': must be the 36 of a row of modulus 33: 2 rails of 3 multipliers of 6" in (
        refusal(optics(row, 33))
    )
    require_fit(optics(row, 33, encoding="twos-complement"), LENGTH)
    assert "must be the 15 of a row of modulus 31: 1 rails" in refusal(optics(row, rails="single"))
    with pytest.raises(InputError, match=r"coupling\.measured = '30 heaters'"):
        fabricate(Design(multiplier=optics(row).design), (M,), ArrayShape(1, 2, LENGTH + 1), 0)


def test_stencils_of_another_size_are_refused_with_both() -> None:
    def of(lines: list[list[float]], **changes: object) -> str:
        return refusal(optics(layout(HeaterCoupling(stencil=lines), **changes)))

    require_fit(optics(layout(HeaterCoupling(stencil=stencil()))), LENGTH)
    require_fit(optics(layout(HeaterCoupling(stencil=stencil()), reach_rows=0)), LENGTH)
    fewer = of(stencil(), reach_rows=2)
    assert "'12 lines of 9': must be 20 lines of 9" in fewer
    assert "set reach_rows to 1 and reach_digits to 4" in fewer
    assert "must be 12 lines of 7" in of(stencil(), reach_digits=3)
    assert "must be 4 lines of 9" not in of(stencil(reach_rows=2))
    assert "'11 lines of 9': must be 4 times an odd number of rows" in of(stencil()[1:])
    assert "'12 lines of 8'" in of([line[1:] for line in stencil()])
    assert "must be 1 times" in refusal(
        optics(layout(HeaterCoupling(stencil=stencil()[:10])), rails="single")
    )


@pytest.mark.parametrize(("line", "own"), [(2, 0.0), (9, 0.004)])
def test_heaters_that_warm_others_most_are_refused(line: int, own: float) -> None:
    lines = stencil()
    lines[line][REACH] = own
    found = refusal(optics(layout(HeaterCoupling(stencil=lines))))
    assert f"multiplier.heat.coupling.stencil[{line}, {REACH}] = {own}" in found


def test_heaters_that_warm_a_shifter_more_in_all_than_its_own_are_refused() -> None:
    matrix = torch.full((2 * PLACES, 2 * PLACES), 0.04, dtype=torch.float64).fill_diagonal_(1.0)
    row = layout(HeaterCoupling(measured=matrix.tolist()), reach_rows=0, switch_share=0.0)
    with pytest.raises(InputError, match=r"multiplier\.heat\.coupling = '1\.16 in all'"):
        ArrayHeat.as_designed(row, SwitchHeat.of(optics(row)))
