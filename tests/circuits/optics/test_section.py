"""Sections of shifters of every kind: bias, swing and phase by closed forms."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from circuits.optics.section import Section
from devices.electronics.dac import Dac
from devices.shifters.carrier import DepletionShifter, InjectionShifter
from devices.shifters.drive_curve import DriveCurve
from devices.shifters.electro_optic import ElectroOpticShifter
from devices.shifters.linear import PhaseShifter
from devices.shifters.noems import NoemsShifter
from devices.shifters.shifter import Shifter
from devices.shifters.thermo_optic import ThermoOpticShifter
from photonics.errors import InputError

M = 33
LEVELS = torch.arange(M) - M // 2
LEVEL_RAD = 2.0 * math.pi / M
CURVE = DriveCurve(drive=(0.0, 0.3, 0.7, 1.0, 1.2), response=(0.1, 0.2, 0.5, 1.0, 1.6))
KINDS: list[Shifter] = [
    PhaseShifter(),
    ElectroOpticShifter(loss_db_per_pi=0.3),
    NoemsShifter(),
    NoemsShifter(curve=CURVE, loss_db_per_pi=0.05),
    ThermoOpticShifter(loss_db_per_pi=0.1),
    DepletionShifter(),
    InjectionShifter(),
]
WIRED = pytest.mark.parametrize(("dual", "shared"), [(True, True), (True, False), (False, True)])
EACH = pytest.mark.parametrize("shifter", KINDS, ids=lambda s: type(s).__name__)


def section_of(
    shifter: Shifter, *, dual: bool = True, shared: bool = True, dac: Dac | None = None
) -> Section:
    return Section.of(shifter, LEVEL_RAD, LEVELS, dual=dual, shared=shared, dac=dac)


def drives(section: Section) -> tuple[Tensor, Tensor]:
    """Drives of either rail at every level."""
    plus, minus = section.swing.unbind(-1)
    return section.bias + section.step * plus, section.bias - section.step * minus


@EACH
@WIRED
def test_the_phase_of_every_level_is_what_it_should_be(
    shifter: Shifter, dual: bool, shared: bool
) -> None:
    section = section_of(shifter, dual=dual, shared=shared)
    asked_rad = LEVEL_RAD * LEVELS.double()
    # As the part itself says it of the drives.
    inside = [x.clamp(*section.shifter.drive_range) for x in drives(section)]
    plus, minus = (section.shifter.phase_rad(x) for x in inside)
    at_bias = section.shifter.phase_rad(section.bias)
    between = plus - minus if dual else plus - at_bias
    assert torch.allclose(between, asked_rad, rtol=0.0, atol=1e-9)
    found = section.pair_rad(section.swing)
    assert torch.allclose(found[:, 0], plus - at_bias, rtol=0.0, atol=1e-9)
    if dual and not shared:
        # Opposite phases: leaks turn both rails alike.
        assert torch.allclose(found[:, 0], 0.5 * asked_rad, rtol=0.0, atol=1e-9)
        assert torch.allclose(found[:, 1], -0.5 * asked_rad, rtol=0.0, atol=1e-9)
    if dual and shared:
        assert torch.equal(section.swing[:, 0], section.swing[:, 1])
    assert bool((section.swing.diff(dim=0) > 0.0).all())


@EACH
@WIRED
def test_two_rails_use_all_of_the_drives_and_no_more(
    shifter: Shifter, dual: bool, shared: bool
) -> None:
    section = section_of(shifter, dual=dual, shared=shared)
    low, high = section.shifter.drive_range
    used = torch.cat(drives(section)[: 1 + dual])
    slack = 1e-8 * (high - low)
    assert low - slack <= float(used.min()) <= low + slack
    assert high - slack <= float(used.max()) <= high + slack


def test_a_linear_shifter_swings_by_whole_levels_about_no_bias() -> None:
    for shared in (True, False):
        section = section_of(PhaseShifter(), shared=shared)
        assert section.bias == 0.0
        assert section.swing.tolist() == [[x, x] for x in LEVELS.tolist()]
        assert section.gain_levels.tolist() == LEVELS.tolist()
        assert section.step == pytest.approx(1.08 / 16)
        assert not section.fades
        assert section.least_db == pytest.approx(1600.0 * section.shifter.length_m)


def test_a_square_law_is_linear_about_the_middle_of_its_drives() -> None:
    """(b + u)² - (b - u)² = 4 b u; a beam far from pull-in, and a heater, are square laws."""
    for shifter in (ThermoOpticShifter(), NoemsShifter(pull_in_v=1e4)):
        section = section_of(shifter)
        assert section.bias == pytest.approx(0.5 * section.shifter.drive_range[1])
        assert torch.allclose(section.swing[:, 0], LEVELS.double(), atol=1e-6)
        # Both rails are turned by u² together.
        common_rad = section.pair_rad(section.swing).sum(-1)
        greatest_rad = 0.5 * 16 * LEVEL_RAD
        expected = greatest_rad * (LEVELS / 16.0).square().double()
        assert torch.allclose(common_rad, expected, atol=1e-6)


def test_an_even_shifter_is_twice_as_long_as_one_that_is_driven_to_either_side() -> None:
    even, odd = section_of(NoemsShifter()), section_of(PhaseShifter())
    assert even.shifter.length_m == pytest.approx(2.0 * odd.shifter.length_m)
    assert even.least_db == pytest.approx(2.0 * odd.least_db)


@pytest.mark.parametrize(("dual", "shared"), [(False, True), (True, False)])
def test_rails_for_themselves_are_biased_where_half_of_the_phase_is_reached(
    dual: bool, shared: bool
) -> None:
    section = section_of(ThermoOpticShifter(), dual=dual, shared=shared)
    top = section.shifter.drive_range[1]
    assert section.bias == pytest.approx(top / math.sqrt(2.0))
    # The phase asked for is the power: V² from 0 to the largest.
    plus, minus = drives(section)
    rising = (LEVELS + 16).double() / 32
    assert torch.allclose(plus.square() / top**2, rising, atol=1e-9)
    assert torch.allclose(minus.square() / top**2, 1.0 - rising, atol=1e-9)


@pytest.mark.parametrize("shared", [True, False])
def test_an_error_of_the_drive_acts_by_the_slope_of_the_curve(shared: bool) -> None:
    section = section_of(NoemsShifter(), shared=shared)
    swing = section.swing[3:-3]
    moved = section.pair_rad(swing * 1.001) - section.pair_rad(swing)
    drive = section.bias + section.step * swing * torch.tensor([1.0, -1.0])
    off = 1e-6 * section.bias
    slope = (section.shifter.phase_rad(drive + off) - section.shifter.phase_rad(drive - off)) / (
        2.0 * off
    )
    expected = slope * (drive - section.bias) * 0.001
    assert torch.allclose(moved, expected, rtol=5e-3, atol=1e-9)
    # Between the rails, as the controller takes it.
    expected = section.gain_levels[3:-3] * LEVEL_RAD * 0.001
    assert torch.allclose(moved[:, 0] - moved[:, 1], expected, rtol=5e-3, atol=1e-9)
    assert float(moved[-1, 0] / moved[-1, 1]) < -2.0, "rails at unlike places of the curve"


def test_beyond_the_largest_drive_the_curve_goes_on_straight() -> None:
    section = section_of(PhaseShifter())
    over = torch.tensor([16.0, 16.1, -16.1], dtype=torch.float64)
    expected = torch.stack((over, -over), dim=-1) * 0.5 * LEVEL_RAD
    assert torch.allclose(section.pair_rad(over[:, None]), expected, rtol=1e-9)


def test_the_loss_of_a_drive_is_that_of_its_phase() -> None:
    section = section_of(InjectionShifter())
    assert section.fades
    pair_db = section.pair_db(section.swing)
    assert section.least_db == pytest.approx(float(pair_db.mean(-1).min()))
    assert torch.allclose(pair_db[:, 0], pair_db.flip(0)[:, 1])
    # Carriers turn and absorb: the more of them, the more of both; phases are negative, so the
    # current of rail + falls with the level.
    assert section.step < 0.0
    assert bool((pair_db[:, 0].diff() < 0.0).all())


@pytest.mark.parametrize(
    ("shifter", "why"),
    [
        (ThermoOpticShifter(v_max_v=1.0), r"phase_rad = 3\.04\d must lie between 0 and 0\.2"),
        (PhaseShifter(v_max_v=1e-9), r"length_m = 9697 must be less than or equal to 1; drive it"),
    ],
)
def test_what_no_drive_reaches_is_refused(shifter: Shifter, why: str) -> None:
    said = r"^multiplier\.shifter = .*: must turn by 3\.04\d rad .* for the largest level, and "
    with pytest.raises(InputError, match=said + why):
        section_of(shifter)


@pytest.mark.parametrize(
    ("bits", "full_scale_v", "steps"),
    # 31 codes above zero are not two for each of 16 levels; of twice the span one is as good.
    [(6, 1.08, 1), (6, 2.16, 1), (7, 1.08, 3), (8, 1.08, 7), (12, 1.08, 127), (6, 0.54, 1)],
)
def test_a_level_of_a_linear_shifter_is_a_whole_number_of_codes(
    bits: int, full_scale_v: float, steps: int
) -> None:
    dac = Dac(bits=bits, full_scale_v=full_scale_v)
    section = section_of(PhaseShifter(), dac=dac)
    assert section.code is not None
    assert section.code[:, 0].tolist() == (steps * LEVELS).tolist()
    assert float(section.rounding.abs().max()) < 1e-12
    # As much longer as it is driven less.
    plain = section_of(PhaseShifter())
    longer = (1.08 / 16) / (steps * dac.lsb_v)
    assert section.shifter.length_m == pytest.approx(longer * plain.shifter.length_m)
    assert section.least_db == pytest.approx(longer * plain.least_db)
    assert bool((section.shifter.phase_rad(dac.voltage_v(section.code[:, 0])).diff() > 0.0).all())


def test_bent_curves_and_rails_for_themselves_are_rounded_to_codes() -> None:
    dac = Dac(bits=10)
    for shifter in (NoemsShifter(), NoemsShifter(curve=CURVE)):
        for shared in (True, False):
            plain, section = (section_of(shifter, shared=shared, dac=x) for x in (None, dac))
            assert section.code is not None
            drive_v = section.bias + dac.voltage_v(section.code[:, 0])
            low_v, high_v = section.shifter.drive_range
            # Rounding may lead half a code beyond an end.
            inside = (drive_v >= low_v) & (drive_v <= high_v)
            assert int(inside.sum()) >= M - 2
            drive_v = drive_v.clamp(low_v, high_v)
            found = section.shifter.phase_rad(drive_v) - section.shifter.phase_rad(section.bias)
            expected = section.pair_rad(section.swing)[:, 0]
            assert torch.allclose(found[inside], expected[inside], atol=1e-9)
            # Half a code at most, at the steepest place of the curve, on two rails.
            steepest = float(section.pair_rad(section.swing)[:, 0].diff().max()) * 2.0 / LEVEL_RAD
            most = steepest * dac.lsb_v / abs(plain.step) * 2.0
            assert 0.0 < float(section.rounding.abs().max()) < most
            assert float(section.rounding[16].abs()) == 0.0


@pytest.mark.parametrize("bits", [8, 10, 12])
def test_a_heater_that_shares_a_converter_is_sized_for_whole_codes(bits: int) -> None:
    """Its bias moves with its largest drive, and with the bias what a code turns."""
    section = section_of(ThermoOpticShifter(), dac=Dac(bits=bits, full_scale_v=4.0))
    assert section.code is not None
    steps = section.code[:, 0].diff().unique().tolist()
    assert len(steps) == 1
    assert float(section.rounding.abs().max()) < 1e-9
    assert 2.0 * section.bias == pytest.approx(section.shifter.drive_range[1])


def test_levels_that_one_code_has_to_give_are_refused() -> None:
    with pytest.raises(
        InputError, match=r"has steps of 0\.125 V with 6 bits, and levels are 0\.0675"
    ):
        section_of(PhaseShifter(), dac=Dac(bits=6, full_scale_v=4.0))


def test_errors_of_a_swing_turn_by_the_slope_of_the_curve() -> None:
    assert section_of(PhaseShifter()).slopes.tolist() == [[0.5, 0.5]] * M
    assert section_of(ThermoOpticShifter()).slopes.sum(-1).tolist() == pytest.approx(
        [1.0] * M, rel=1e-6
    )
    section = section_of(ThermoOpticShifter(), shared=False)
    moved = [section.pair_rad(section.swing + error) for error in (0.01, -0.01)]
    between = [pair[:, 0] - pair[:, 1] for pair in moved]
    found = (between[0] - between[1])[2:-2] / 0.02 / LEVEL_RAD
    assert torch.allclose(found, section.slopes.sum(-1)[2:-2], rtol=1e-3)
    assert float(section.slopes.sum(-1).square().mean().sqrt()) == pytest.approx(1.87, abs=0.05)


@pytest.mark.parametrize("dual", [True, False])
def test_rails_that_trade_loss_lose_least_on_the_mean(dual: bool) -> None:
    """Rail + and rail - have their least lossy levels at opposite ends: never both at once."""
    section = section_of(ThermoOpticShifter(loss_db_per_pi=0.2), dual=dual, shared=False)
    pair_db = section.pair_db(section.swing)
    expected = pair_db.mean(-1) if dual else pair_db[:, 0]
    assert section.least_db == pytest.approx(float(expected.min()))
    if dual:
        # Loss follows the phase, of which the rails together have as much at every level.
        assert torch.allclose(expected, expected[:1].expand(M), rtol=1e-9)


def test_levels_beyond_the_codes_are_refused() -> None:
    said = r"full_scale_v = 1\.08: its codes end at 1\.013 V, and level 16 asks for 1\.08 V"
    with pytest.raises(InputError, match=said):
        section_of(PhaseShifter(), dac=Dac(bits=5))


@pytest.mark.parametrize("dac", [None, Dac(bits=6)])
def test_the_least_modulus_has_two_levels(dac: Dac | None) -> None:
    section = Section.of(
        PhaseShifter(), math.pi, torch.tensor([-1, 0]), dual=True, shared=True, dac=dac
    )
    found = section.pair_rad(section.swing)
    assert (found[:, 0] - found[:, 1]).tolist() == pytest.approx([-math.pi, 0.0])
