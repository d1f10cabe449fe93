"""Heat moves resonances by a closed form, and drives take back what that turns to first order."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch

from circuits import ArrayShape, Design, calibrate_with_report, fabricate
from circuits.chip.arrays import ModulusArrays
from circuits.chip.chip import Chip
from circuits.chip.compiling import digit_tables
from circuits.coding.phase_code import drive_level
from circuits.design.circuit import MultiplierDesign
from circuits.design.heat_layout import HeatLayout
from circuits.optics.digit import DigitOptics, DigitStatics
from circuits.optics.heat import ArrayHeat
from circuits.optics.switch_heat import SwitchHeat
from devices.heat.thermal_crosstalk import ExponentialCoupling, HeaterCoupling
from devices.shifters.linear import PhaseShifter
from devices.switches.ring import RingSwitch
from mirage_core import load_machine
from photonics.errors import InputError
from photonics.random import NoiseKey
from tests.circuits.control.calibration_designs import mean_square_tolerance
from tests.constants import WAVELENGTH_M

M, ROWS, LENGTH, DIGITS = 33, 2, 2, 6
# 61.6 µm for π: a rail gives 16/33 of that at most.
HEATER = PhaseShifter(v_pi_l_vm=61.6e-6, v_max_v=1.0, loss_db_per_m=0.0)
KELVIN_PER_RAD = WAVELENGTH_M / (2.0 * math.pi * 1.86e-4 * 61.6e-6 * 16 / 33)
LAW = ExponentialCoupling(nearest_coupling=3e-4)


def optics(polarity: str = "one-coupled", **heat: object) -> DigitOptics:
    settings = {"coupling": HeaterCoupling(law=LAW), "coupling_error_rms": 0.0, **heat}
    layout = HeatLayout(**settings)  # type: ignore[arg-type]
    multiplier = MultiplierDesign(
        shifter=HEATER,
        drive="per-digit",
        polarity=polarity,  # type: ignore[arg-type]
        heat=layout,
    )
    return DigitOptics.of(multiplier, M, WAVELENGTH_M)


def array(of: DigitOptics) -> ArrayHeat:
    size = (1, ROWS, LENGTH * DIGITS)
    heat = ArrayHeat.fabricate(of.design.heat, SwitchHeat.of(of), size, NoiseKey.from_seed(0))
    assert heat is not None
    return heat


def test_one_heater_moves_the_rings_around_it_as_the_closed_form_says() -> None:
    share, phase_rad = 0.7, 1.3
    heat = array(optics(compensated=False, switch_share=share, switch_distance_m=20e-6))
    asked = torch.zeros(ROWS, LENGTH, DIGITS, 2, dtype=torch.float64)
    place = 3
    asked[0, 0, place, 0] = phase_rad
    found_m = heat.thermal_shift(asked, 0).switch_offset
    assert found_m is not None
    for row in range(ROWS):
        for rail in range(2):
            for to in range(LENGTH * DIGITS):
                for ring, side in enumerate((-1, 1)):
                    along = (to - place) * 50e-6 + side * 20e-6
                    away_m = math.hypot(along, 100e-6 * rail + 250e-6 * row)
                    thermal_shift = share * 3e-4 * math.exp((50e-6 - away_m) / 50e-6)
                    expected_m = thermal_shift * phase_rad * KELVIN_PER_RAD * 75e-12
                    if abs(to - place) > 4:
                        expected_m = 0.0
                    j, d = divmod(to, DIGITS)
                    assert float(found_m[row, j, d, rail, ring]) == pytest.approx(
                        expected_m, rel=1e-12, abs=1e-30
                    )
    # A few picometres per radian, of which each turns the light by 6.4 mrad.
    assert 1e-12 < float(found_m.max()) < 3e-12


def test_a_heater_turns_the_nearer_arm_of_an_interferometer_alone() -> None:
    """By its own phase times the coupling, and the index of the arm over that of silicon."""
    of = optics(compensated=False, switch_share=0.7, switch_distance_m=20e-6)
    arm = {"switch.kind": "mzi", "switch.arm.v_pi_l_vm": 2.5e-4, "switch.arm.length_m": 1e-4}
    of = DigitOptics.of(of.design.changed(arm), M, WAVELENGTH_M)
    heater_m, arm_m = 61.6e-6 * 16 / 33, 2.5e-5
    asked = torch.zeros(ROWS, LENGTH, DIGITS, 2, dtype=torch.float64)
    asked[0, 0, 3, 0] = 1.3
    found_rad = array(of).thermal_shift(asked, 0).switch_offset
    assert found_rad is not None
    warmth = 0.7 * 3e-4 * math.exp((50e-6 - 20e-6) / 50e-6) * 1.3
    expected_rad = warmth * 4e-5 / 1.86e-4 * arm_m / heater_m
    assert found_rad[0, 0, 3, 0].tolist() == pytest.approx([expected_rad] * 2, rel=1e-12)


def test_rings_may_be_warmed_by_a_law_of_their_own() -> None:
    asked = NoiseKey.from_seed(2).normal(0, ROWS * LENGTH * DIGITS * 2)
    own = HeaterCoupling(law=LAW.changed({"nearest_coupling": 2 * LAW.nearest_coupling}))
    alike, apart = (
        array(optics(compensated=False, **rings)).thermal_shift(
            asked.view(ROWS, LENGTH, DIGITS, 2), 0
        )
        for rings in ({}, {"switch_coupling": own})
    )
    assert torch.equal(apart.shifter_rad, alike.shifter_rad)
    assert apart.switch_offset is not None
    assert alike.switch_offset is not None
    torch.testing.assert_close(apart.switch_offset, 2 * alike.switch_offset, rtol=1e-12, atol=0)


@pytest.mark.parametrize("polarity", ["zero-coupled", "one-coupled"])
def test_a_warm_ring_turns_light_as_its_own_formula_says(polarity: str) -> None:
    """Phase of the two dropping rings of one digit, against that of a ring by itself."""
    of = optics(polarity, compensated=False)
    level = torch.zeros(ROWS, LENGTH, dtype=torch.int64)
    level[0, 0] = 7
    arrays = replace(ModulusArrays.as_designed(of, LENGTH), heat=array(of))
    thermal_shift = arrays.thermal_shift(level, 0)
    assert thermal_shift is not None
    assert thermal_shift.switch_offset is not None
    shift_m = thermal_shift.switch_offset[0, 0, 2]
    ring = of.design.switch
    assert isinstance(ring, RingSwitch)
    kept = (1.0 - ring.coupling_power) * 10 ** (-ring.loss_db_per_m * ring.circumference_m / 20)
    turn = 2.0 * math.pi * shift_m * ring.group_index * ring.circumference_m / WAVELENGTH_M**2
    dropped = turn / 2 + torch.atan2(kept * turn.sin(), 1.0 - kept * turn.cos())
    bit = 0 if polarity == "zero-coupled" else 1
    statics = DigitStatics.none(of)
    warm = of.switch_fields(bit, statics.with_heat(thermal_shift)).coupled[0, 0, 2]
    change = warm / of.switch_fields(bit, statics).coupled[2]
    torch.testing.assert_close(change.angle(), dropped, rtol=0, atol=1e-12)
    lost = (1.0 - kept) / (1.0 - torch.polar(torch.full_like(turn, kept), turn)).abs()
    torch.testing.assert_close(change.abs(), lost, rtol=0, atol=1e-12)
    assert float(dropped.abs().max()) > 5e-3


def turned_rad(of: DigitOptics, scale: float) -> torch.Tensor:
    """What heat adds to digits that are 1 over those that are 0, on intended paths, (R, J, D)."""
    heat, statics = array(of), DigitStatics.none(of)
    asked = scale * NoiseKey.from_seed(2).normal(0, ROWS * LENGTH * DIGITS)
    rails = torch.tensor([1.0, -1.0], dtype=torch.float64)
    thermal_shift = heat.thermal_shift(asked.view(ROWS, LENGTH, DIGITS, 1) * rails, 0)
    turned = thermal_shift.shifter_rad
    for bit, sign in ((0, -1.0), (1, 1.0)):
        port = 1 if of.couples(bit) else 0
        warm = of.switch_fields(bit, statics.with_heat(thermal_shift))[port]
        turned = turned + sign * (warm / of.switch_fields(bit, statics)[port]).angle().sum(-1)
    return turned @ rails


@pytest.mark.parametrize("polarity", ["zero-coupled", "one-coupled"])
def test_drives_take_back_what_rings_turn_but_for_its_third_order(polarity: str) -> None:
    large, small = (float(turned_rad(optics(polarity), s).std()) for s in (1.0, 0.5))
    raw = float(turned_rad(optics(polarity, compensated=False), 1.0).std())
    # An arc tangent of 2 Δλ over a linewidth of 300 pm is all that is left of it.
    assert raw > 0.02
    assert large < 1e-3 * raw
    assert large / small == pytest.approx(8.0, rel=0.05)


def test_what_the_controller_misjudges_stays() -> None:
    """A tenth of the coupling, heaters of rings included; none of that of the digit's own."""
    raw = float(turned_rad(optics(compensated=False), 1.0).std())
    left = float(turned_rad(optics(coupling_error_rms=0.1), 1.0).std())
    assert 0.02 * raw < left < 0.1 * raw


def chip_of(*overrides: str, rows: int = 4) -> Chip:
    """A chip of the preset with heaters: one small array."""
    made = load_machine("thermo-optic", [f"array.rows={rows}", "array.units=1", *overrides])
    return fabricate(made.design, (M,), made.array_shape, made.chip_seed)


def test_heaters_that_are_not_undercut_cannot_be_set_beside_rings() -> None:
    with pytest.raises(InputError, match="by way of the switches"):
        chip_of("multiplier.heat.coupling.law.nearest_coupling=0.01")
    # Without rings they could.
    chip_of("multiplier.heat.coupling.law.nearest_coupling=0.01", "multiplier.heat.switch_share=0")


def test_a_chip_of_heaters_is_calibrated_beside_its_rings() -> None:
    """To 1.6 mrad per digit; what its drives do not take back of the heat only adds scatter."""
    warm, cold = (
        calibrate_with_report(chip_of(*off, rows=3))[1].arrays[33]
        for off in ((), ("multiplier.heat.switch_share=0",))
    )
    left_rad = warm.after.rms()["digit_rad"]
    assert left_rad < 1.6e-3
    digits = 3 * 16 * DIGITS
    scatter = math.sqrt(warm.misfit / cold.misfit)
    ratio = left_rad / cold.after.rms()["digit_rad"]
    assert ratio == pytest.approx(scatter, rel=mean_square_tolerance(digits, digits) / 2)
    assert 1.0 < scatter < 1.25


def test_rings_that_heat_does_not_reach_cost_nothing() -> None:
    chip = chip_of("multiplier.heat.switch_share=0")
    arrays = chip.arrays(33)
    assert arrays.heat is not None
    assert arrays.heat.switches is None
    thermal_shift = arrays.thermal_shift(torch.ones(4, 16, dtype=torch.int64), 0)
    assert thermal_shift is not None
    assert thermal_shift.switch_offset is None
    statics = arrays.statics.at(0)
    assert statics.with_heat(thermal_shift).switch_offset is statics.switch_offset
    assert statics.with_heat(None) is statics


def test_sums_stay_exact_however_rings_are_warmed() -> None:
    """No entry sums to more grid steps than FP32 counts, at the drives that warm most."""
    strong = "multiplier.heat.coupling.law.nearest_coupling=0.05"
    chip = chip_of(strong, "multiplier.heat.compensated=false", rows=3)
    arrays = chip.arrays(33)
    planes, row = digit_tables(arrays), torch.arange(3)
    # Resonances move by more than their width: most of the light is lost.
    level = drive_level(torch.full((1, 3, 16), 16), 33)
    base, delta = planes.select(torch.zeros(1, 3, dtype=torch.int64), row, level)
    assert float((base.abs() + delta.abs().sum(2, keepdim=True)).max()) < 2.0**24


def test_rings_are_counted() -> None:
    shape = ArrayShape(2, 3, 4)
    for rails, count in (("dual", 2 * 3 * 4 * 5 * 4), ("single", 2 * 3 * 4 * 5 * 2)):
        multiplier = MultiplierDesign(rails=rails)  # type: ignore[arg-type]
        chip = fabricate(Design(multiplier=multiplier), (31,), shape, 0)
        assert chip.switch_count == count
