"""Mach-Zehnder switch: its two states, its leaks, and arms of every kind."""

from __future__ import annotations

import math

import pytest
import torch

from devices.heat.trimmer import Trimmer
from devices.passive.coupler import Coupler
from devices.shifters.carrier import DepletionShifter
from devices.shifters.electro_optic import ElectroOpticShifter
from devices.shifters.linear import PhaseShifter
from devices.shifters.noems import NoemsShifter
from devices.shifters.shifter import Shifter
from devices.shifters.thermo_optic import ThermoOpticShifter
from devices.switches.mzi import MziSwitch
from photonics.errors import InputError
from photonics.optics import coupler_matrix
from photonics.random import NoiseKey
from tests.constants import WAVELENGTH_M
from tests.tolerance import assert_variance

PERFECT = Coupler(excess_loss_db=0.0, imbalance_rms_db=0.0)
ARMS: list[Shifter] = [
    PhaseShifter(),
    ElectroOpticShifter(loss_db_per_pi=0.4),
    NoemsShifter(),
    ThermoOpticShifter(loss_db_per_pi=0.2),
    DepletionShifter(),
]


def powers_db(switch: MziSwitch, *, coupled: bool) -> tuple[float, float]:
    """Power to bar and to cross as designed."""
    state = switch.state(WAVELENGTH_M, coupled=coupled)
    straight, crossed = (20.0 * math.log10(max(float(x.abs()), 1e-9)) for x in state)
    return straight, crossed


@pytest.mark.parametrize("arm", ARMS, ids=lambda arm: arm.kind)
def test_every_kind_of_arm_turns_by_pi_and_loses_what_it_does(arm: Shifter) -> None:
    switch = MziSwitch(arm=arm, coupler=PERFECT)
    sized = switch.sized_arm
    assert sized.phase_width_rad == pytest.approx(math.pi, rel=1e-9)
    ends = [float(sized.phase_rad(drive)) for drive in sized.drive_range]
    rest, biased = (10.0 ** (-float(sized.loss_db(phase)) / 20.0) for phase in ends)
    coupled, straight = (switch.state(WAVELENGTH_M, coupled=x) for x in (True, False))
    assert abs(complex(coupled.coupled)) == pytest.approx(rest, rel=1e-9)
    assert abs(complex(coupled.straight)) == pytest.approx(0.0, abs=1e-9)
    # Where the driven arm loses more than the other, some light goes astray.
    assert abs(complex(straight.straight)) == pytest.approx((biased + rest) / 2.0, rel=1e-9)
    assert abs(complex(straight.coupled)) == pytest.approx(abs(biased - rest) / 2.0, abs=1e-9)


def test_couplers_that_are_off_alike_leak_without_a_bias_alone() -> None:
    switch = MziSwitch(coupler=PERFECT.changed({"cross_power": 0.53}))
    lost_db = float(switch.sized_arm.loss_db())
    bar_db, cross_db = powers_db(switch, coupled=True)
    assert bar_db == pytest.approx(20.0 * math.log10(0.06) - lost_db, rel=1e-9)
    assert cross_db == pytest.approx(10.0 * math.log10(1.0 - 0.06**2) - lost_db, abs=1e-9)
    bar_db, cross_db = powers_db(switch, coupled=False)
    assert bar_db == pytest.approx(-lost_db, abs=1e-9)
    assert cross_db < -150.0


def test_fabricated_switches_leak_as_expected() -> None:
    switch = MziSwitch(coupler=Coupler(imbalance_rms_db=0.3))
    # By hand: δ = (ln 10 / 40) dB of each coupler, and (δ1 ± δ2)² is twice its variance.
    small = switch.changed({"coupler.imbalance_rms_db": 0.05})
    kept = 10.0 ** (-(2 * 0.3 + float(switch.sized_arm.loss_db())) / 10.0)
    leak = kept * 2.0 * (math.log(10.0) / 40.0 * 0.05) ** 2
    for coupled, port in ((True, 0), (False, 1)):
        assert small.powers(WAVELENGTH_M, coupled=coupled)[port] == pytest.approx(leak, rel=1e-3)


def test_trimming_leaves_steps_and_what_readings_do_not_tell() -> None:
    lattice, key = (2, 8, 16, 5), NoiseKey.from_seed(4)
    for bits, reading in ((8, 0.0), (20, 2e-3), (10, 1e-3)):
        switch = MziSwitch(arm_trimmer=Trimmer(bits=bits))
        left_rad = switch.trimmed(key, lattice, WAVELENGTH_M, reading)
        assert left_rad.shape == (*lattice, 2, 2)
        # A quarter turn aside the field is the cosine of an eighth, which falls by half per radian.
        found_rad = math.sqrt(2.0) * reading * math.sqrt(2.0) / (2.0 * 0.5)
        rms_rad = math.hypot(switch.arm_trimmer.lsb_rad / math.sqrt(12.0), found_rad)
        assert_variance(left_rad, rms_rad**2)
    # What neighbours give is followed, whatever it is, but for switches that would have to cool.
    warm = MziSwitch(arm_trimmer=Trimmer(bits=8, neighbour_coupling=0.1))
    left_rad = warm.trimmed(key, lattice, WAVELENGTH_M, 0.0)
    half_rad = warm.arm_trimmer.lsb_rad * (0.5 + 1e-9)
    assert float((left_rad.abs() <= half_rad).double().mean()) > 0.9
    still = MziSwitch(spread_turns=0.0).trimmed(key, lattice, WAVELENGTH_M, 1.0)
    assert not bool(still.any())
    # Arms whose trimmer reaches half a turn are off by as much as the rest.
    short = MziSwitch(arm_trimmer=Trimmer(range_rad=math.pi))
    left_rad = short.trimmed(key, lattice, WAVELENGTH_M, 0.0)
    far = (left_rad.abs() > 2.0 * short.arm_trimmer.lsb_rad).double().mean()
    assert 0.45 < float(far) < 0.55


def test_light_turns_by_half_of_what_the_arm_is_off() -> None:
    switch = MziSwitch(coupler=PERFECT)
    for coupled in (True, False):
        assert switch.slope_rad(WAVELENGTH_M, coupled=coupled) == pytest.approx(0.5, rel=1e-9)
        assert switch.delay_s(WAVELENGTH_M, coupled=coupled) == 0.0
    assert switch.swing == math.pi
    assert switch.cavity(WAVELENGTH_M) is None
    assert switch.guide_m == 2 * 50e-6 + switch.sized_arm.length_m
    assert switch.settling_s(1e-2) == switch.sized_arm.settling_s(1e-2)
    assert switch.leaking_least(WAVELENGTH_M) is switch


def test_a_kelvin_turns_one_arm_against_the_other_by_its_length() -> None:
    # 4e-5 /K of lithium niobate, 2.5 V cm over the 10 V between the ends of its drive.
    switch = MziSwitch(gradient_share=0.02)
    turn_rad = 2.0 * math.pi / WAVELENGTH_M * 4e-5 * 2.5e-3
    assert switch.offset_per_k(WAVELENGTH_M) == pytest.approx(0.02 * turn_rad, rel=1e-12)
    # A heater of 61.6 µm beside one of them, and one that is longer than it.
    near = switch.near_offset_per_k(WAVELENGTH_M, 61.6e-6)
    assert near == pytest.approx(turn_rad * 61.6e-6 / 2.5e-3, rel=1e-12)
    assert switch.near_offset_per_k(WAVELENGTH_M, 1.0) == pytest.approx(turn_rad, rel=1e-12)
    silicon = MziSwitch(arm=ThermoOpticShifter()).near_offset_per_k(WAVELENGTH_M, 61.6e-6)
    assert silicon == pytest.approx(2.0 * math.pi / WAVELENGTH_M * 1.86e-4 * 61.6e-6, rel=1e-12)


def test_it_conserves_light_but_for_its_losses() -> None:
    switch = MziSwitch(arm_trimmer=Trimmer(bits=2), coupler=Coupler(imbalance_rms_db=3.0))
    offset = switch.offsets(NoiseKey.from_seed(2), (1, 2, 3, 5), WAVELENGTH_M, 0.0)
    kept = 10.0 ** (-(2 * 0.3 + float(switch.sized_arm.loss_db())) / 10.0)
    for coupled in (True, False):
        fields = switch.fields(offset, WAVELENGTH_M, coupled=coupled)
        total = sum(field.abs().square() for field in fields)
        assert torch.is_tensor(total)
        torch.testing.assert_close(total, torch.full_like(total, kept), rtol=1e-12, atol=0)


@pytest.mark.parametrize(
    ("make", "match"),
    [
        (
            lambda: MziSwitch(coupler=Coupler(cross_power=1.0)),
            r"cross_power = 1\.0: parts",
        ),
        (
            lambda: MziSwitch(coupler=Coupler(cross_power=0.0)),
            r"cross_power = 0\.0: parts",
        ),
        (lambda: MziSwitch().time_step_s(), "multiplier.switch = 'mzi': has no model in time"),
        (
            lambda: MziSwitch().transient(1.55e-6, *torch.zeros(3, 1, 1)),
            "multiplier.switch = 'mzi': has no model in time",
        ),
        # Couplers five degrees off quadrature at 50:50 need 0.3629 dB.
        (lambda: MziSwitch(coupler=Coupler(phase_error_rad=math.radians(5))), r"0\.3629 dB"),
    ],
)
def test_what_cannot_switch_is_refused(make: object, match: str) -> None:
    assert callable(make)
    with pytest.raises(InputError, match=match):
        make()


def test_the_quadrature_of_its_couplers_turns_what_crosses() -> None:
    coupler = Coupler(excess_loss_db=0.5, phase_error_rad=0.1, imbalance_rms_db=0.0)
    switch = MziSwitch(coupler=coupler, arm=PhaseShifter(loss_db_per_m=0.0))
    found = switch.state(WAVELENGTH_M, coupled=True)
    matrix = coupler_matrix(0.5, 0.5, 0.1)
    torch.testing.assert_close(found.straight, (matrix @ matrix)[0, 0], rtol=0, atol=1e-12)
    torch.testing.assert_close(found.coupled, (matrix @ matrix)[1, 0], rtol=0, atol=1e-12)
