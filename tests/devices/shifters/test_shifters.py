"""Every phase shifter: the common behaviour first, then what is particular to each kind."""

from __future__ import annotations

import math

import pytest
import torch

from devices.library import part, part_names
from devices.shifters.carrier import DepletionShifter, InjectionShifter
from devices.shifters.drive_curve import DriveCurve
from devices.shifters.electro_optic import ElectroOpticShifter
from devices.shifters.linear import PhaseShifter, Shifter
from devices.shifters.noems import NoemsShifter
from devices.shifters.thermo_optic import ThermoOpticShifter
from photonics.carriers import absorption_to_db_per_m, depletion_width_m, junction_potential_v
from photonics.errors import InputError

TABLE = DriveCurve(drive=(0.0, 0.3, 0.7, 1.0, 1.2), response=(0.1, 0.2, 0.5, 1.0, 1.6))
SHIFTERS: list[Shifter] = [
    NoemsShifter(),
    NoemsShifter(curve=TABLE, loss_db_per_pi=0.05, quality=2.0),
    ThermoOpticShifter(loss_db_per_pi=0.1),
    ElectroOpticShifter(loss_db_per_pi=0.02),
    part("barium-titanate-typical", ElectroOpticShifter),
    DepletionShifter(),
    DepletionShifter(donors_per_cm3=1e18, acceptors_per_cm3=6e17),
    InjectionShifter(),
]
EACH = pytest.mark.parametrize("shifter", SHIFTERS, ids=lambda s: type(s).__name__)


def phases(shifter: Shifter, count: int = 41) -> torch.Tensor:
    return torch.linspace(*shifter.phase_range_rad, count, dtype=torch.float64)


@EACH
def test_has_the_common_behaviour(shifter: Shifter) -> None:
    assert isinstance(shifter, Shifter)
    low, high = shifter.phase_range_rad
    assert low <= 0.0 <= high
    assert high > low


@EACH
def test_drive_inverts_phase(shifter: Shifter) -> None:
    phase = phases(shifter).reshape(1, 41)
    found = shifter.phase_rad(shifter.drive(phase))
    # V² and V^(1/2) laws lose half the digits near zero phase, relative to the full range.
    assert torch.allclose(found, phase, rtol=1e-12, atol=1e-13 * float(phase.abs().max()))


@EACH
def test_transmission_is_phase_and_loss(shifter: Shifter) -> None:
    phase = phases(shifter)
    field = shifter.transmission(shifter.drive(phase))
    turned = field * torch.exp(-1j * phase)
    assert torch.allclose(turned.imag, torch.zeros(41).double(), atol=1e-9)
    assert torch.allclose(-20.0 * turned.real.log10(), shifter.loss_db(phase), atol=1e-9)
    assert bool((shifter.loss_db(phase) > 0.0).all())


@EACH
def test_refuses_what_it_cannot_reach(shifter: Shifter) -> None:
    low, high = shifter.phase_range_rad
    for phase in (low - 0.01, high + 0.01):
        with pytest.raises(InputError, match="phase_rad"):
            shifter.drive(phase)
    with pytest.raises(InputError, match="drive_"):
        shifter.phase_rad(1e3)


@EACH
def test_settles_from_start_to_end(shifter: Shifter) -> None:
    low, high = shifter.phase_range_rad
    for start, end in ((low, high), (high, low)):
        step = abs(end - start)
        assert float(shifter.settling_rad(0.0, start, end)) == pytest.approx(start, abs=1e-9 * step)
        for tolerance in (0.1, 1e-4):
            settled = shifter.settling_s(tolerance)
            late = shifter.settling_rad(settled * torch.linspace(1, 4, 200).double(), start, end)
            assert float((late - end).abs().max()) <= tolerance * step * (1 + 1e-9)


# --- NOEMS -------------------------------------------------------------------------------------


def test_noems_obeys_the_balance_of_forces() -> None:
    """x (1 - x)² = (4/27) (V/V_PI)², the spring against the electrostatic pull."""
    shifter = NoemsShifter(v_max_v=1.0, pull_in_v=1.0 + 1e-12)
    voltage = torch.linspace(0.0, 1.0, 101, dtype=torch.float64)
    # Just below pull-in the displacement is a third of the gap.
    displacement = shifter.phase_rad(voltage) / shifter.max_phase_rad / 3.0
    force = displacement * (1.0 - displacement).square()
    assert torch.allclose(force, 4.0 / 27.0 * voltage.square(), atol=1e-6)


def test_noems_is_quadratic_far_below_pull_in() -> None:
    shifter = NoemsShifter(pull_in_v=1e4)
    voltage = torch.linspace(0.0, 1.08, 20, dtype=torch.float64)
    expected = shifter.max_phase_rad * (voltage / 1.08).square()
    assert torch.allclose(shifter.phase_rad(voltage), expected, rtol=1e-7, atol=1e-12)
    swing = torch.linspace(-0.5, 0.5, 11, dtype=torch.float64)
    linear = 4.0 * shifter.max_phase_rad * 0.54 * swing / 1.08**2
    assert torch.allclose(shifter.push_pull_rad(swing, 0.54), linear, rtol=1e-6, atol=1e-10)


def test_noems_steepens_toward_pull_in() -> None:
    near, far = NoemsShifter(pull_in_v=1.1), NoemsShifter(pull_in_v=10.0)
    assert float(near.phase_rad(0.54)) < float(far.phase_rad(0.54))
    assert float(near.phase_rad(1.08)) == pytest.approx(float(far.phase_rad(1.08)))


def test_noems_is_sized_as_the_linear_shifter() -> None:
    """The paper: 0.002 V cm and 1.08 V need 0.5746 mm for 31.03 π (m = 33), at 1.6 dB/mm."""
    linear = PhaseShifter()
    phase = 512 * 2.0 * math.pi / 33
    length_m = linear.length_m(phase)
    assert length_m == pytest.approx(0.5746e-3, rel=1e-4)
    section = NoemsShifter(length_m=length_m)
    assert section.max_phase_rad == pytest.approx(phase)
    assert float(section.loss_db()) == pytest.approx(linear.loss_db(length_m))


def test_noems_settling_default_and_what_accuracy_costs() -> None:
    """5 ns is half a step of a 6-bit drive (1/128); the drive accuracy a chain needs takes longer.

    Critical damping: (1 + x) e^-x is 1/128 at x = 6.92 and 3.6e-5 (1.2e-3 of 33 levels) at 12.9.
    """
    shifter = NoemsShifter()
    assert shifter.settling_s(1 / 128) == pytest.approx(5e-9, rel=0.01)
    assert shifter.settling_s(1.2e-3 / 33) / shifter.settling_s(1 / 128) == pytest.approx(
        12.9 / 6.92, rel=0.01
    )
    assert NoemsShifter(quality=20.0).settling_s(1 / 128) > 5 * shifter.settling_s(1 / 128)


def test_noems_refuses_pull_in_and_short_tables() -> None:
    with pytest.raises(InputError, match="pull_in_v"):
        NoemsShifter(pull_in_v=1.0)
    with pytest.raises(InputError, match="v_max_v"):
        NoemsShifter(curve=DriveCurve(drive=(0.0, 0.5, 1.0), response=(0.0, 0.2, 1.0)))


def test_noems_follows_its_table() -> None:
    shifter = NoemsShifter(curve=TABLE, v_max_v=1.0)
    found = shifter.phase_rad(torch.tensor([0.0, 0.3, 0.7, 1.0])) / shifter.max_phase_rad
    assert found.tolist() == pytest.approx([0.0, 0.1 / 0.9, 0.4 / 0.9, 1.0], abs=1e-6)


# --- Thermo-optic ------------------------------------------------------------------------------


def test_thermo_optic_at_its_half_wave() -> None:
    """24.77 mW in 600 Ω is 3.855 V; 61.6 µm of silicon must warm by λ/(2 dn/dT L) = 67.64 K."""
    shifter = ThermoOpticShifter()
    assert float(shifter.drive(math.pi)) == pytest.approx(3.8551, rel=1e-4)
    assert float(shifter.power_w(math.pi)) == pytest.approx(24.77e-3)
    assert float(shifter.temperature_rise_k(math.pi)) == pytest.approx(67.64, rel=1e-4)
    assert float(shifter.phase_rad(-3.8551)) == pytest.approx(math.pi, rel=1e-4)
    assert shifter.corner_hz == pytest.approx(130e3)
    assert shifter.time_constant_s == pytest.approx(1.22e-6, rel=5e-3)
    assert shifter.max_phase_rad > 2.0 * math.pi


# --- Pockels -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", part_names(ElectroOpticShifter))
def test_electro_optic_is_linear(name: str) -> None:
    shifter = part(name, ElectroOpticShifter)
    half_wave_v = shifter.v_pi_l_vm / shifter.length_m
    assert float(shifter.phase_rad(half_wave_v)) == pytest.approx(math.pi)
    assert float(shifter.drive(-math.pi / 2)) == pytest.approx(-half_wave_v / 2)
    assert float(shifter.settling_rad(1e-9, 0.0, 1.0)) == pytest.approx(1.0)


# --- Free carriers -----------------------------------------------------------------------------


def test_depletion_shifter_has_the_usual_efficiency_and_loss() -> None:
    """1 to 2 V cm and more than 10 dB/cm, from doping alone (physics note, section 3)."""
    shifter = DepletionShifter()
    v_pi_l_vcm = 2.0 * math.pi / float(shifter.phase_rad(2.0)) * shifter.length_m * 100
    assert 1.0 < v_pi_l_vcm < 2.5
    assert 10.0 < float(shifter.loss_db()) / shifter.length_m / 100 < 20.0


def test_depletion_by_hand() -> None:
    """1e18/1e18: V_bi = 0.9542 V, W = 49.7 nm √(1 + V/V_bi), half on each side of a 500 nm core."""
    shifter = DepletionShifter(
        donors_per_cm3=1e18, acceptors_per_cm3=1e18, overlap=1.0, length_m=1e-3, loss_db_per_m=0.0
    )
    widening_m = 49.7e-9 * (math.sqrt(1.0 + 2.0 / 0.9542) - 1.0)
    index = widening_m / 2 / 500e-9 * 3.015e-3
    assert float(shifter.phase_rad(2.0)) == pytest.approx(
        2 * math.pi * index * 1e-3 / 1550e-9, rel=3e-3
    )
    # The carriers that leave take their absorption along: 8.5 and 6.0 per cm.
    leaving_db = absorption_to_db_per_m(1450.0) * 1e-3 * widening_m / 2 / 500e-9
    at_rest, biased = shifter.loss_db(0.0), shifter.loss_db(shifter.phase_rad(2.0))
    assert float(at_rest - biased) == pytest.approx(leaving_db, rel=3e-3)


def test_an_uneven_junction_depletes_its_weaker_side() -> None:
    """Charges balance: with four times the donors, 4/5 of the zone lies on the p side."""
    shifter = DepletionShifter(
        donors_per_cm3=1e18, acceptors_per_cm3=2.5e17, overlap=1.0, loss_db_per_m=0.0, v_max_v=2.0
    )
    built_in_v = junction_potential_v(1e18, 2.5e17)
    at_rest_m = depletion_width_m(built_in_v, 1e18, 2.5e17)
    widening_m = depletion_width_m(built_in_v + 2.0, 1e18, 2.5e17) - at_rest_m
    index = widening_m / 500e-9 * (0.2 * 8.8e-22 * 1e18 + 0.8 * 8.5e-18 * (2.5e17) ** 0.8)
    phase = 2.0 * math.pi * index * 3e-3 / 1550e-9
    assert shifter.phase_range_rad[1] == pytest.approx(phase, rel=1e-9)
    # Power absorption, averaged over the core: 8.5 /cm over the n side, 1.5 /cm over the p side.
    left = (250e-9 - 0.2 * at_rest_m) * 850.0 + (250e-9 - 0.8 * at_rest_m) * 150.0
    loss_db = absorption_to_db_per_m(left / 500e-9) * 3e-3
    assert float(shifter.loss_db()) == pytest.approx(loss_db, rel=1e-9)


def test_depletion_refuses_a_zone_wider_than_the_core() -> None:
    with pytest.raises(InputError, match="v_max_v"):
        DepletionShifter(donors_per_cm3=1e17, acceptors_per_cm3=1e17, v_max_v=10.0)


def test_injection_reproduces_the_worked_example() -> None:
    """1e18/1e18 over 257.1 µm: -π and 1.62 dB (physics note 1.5)."""
    shifter = InjectionShifter(length_m=257.1e-6, loss_db_per_m=0.0)
    volume_cm3 = 500e-7 * 220e-7 * 257.1e-4
    current_a = 1e18 * 1.602176634e-19 * volume_cm3 / 1e-9
    assert float(shifter.phase_rad(current_a)) == pytest.approx(-math.pi, rel=1e-3)
    assert float(shifter.loss_db(-math.pi)) == pytest.approx(1.62, abs=0.005)


def test_injection_default_is_what_its_source_says() -> None:
    """6 mA for 1 ns in 500 nm x 220 nm x 300 µm: 1.13e18 cm⁻³, a little more than a half wave."""
    shifter = InjectionShifter()
    assert shifter.pairs_per_cm3_a * shifter.current_max_a == pytest.approx(1.13e18, rel=0.01)
    assert -1.5 * math.pi < shifter.phase_range_rad[0] < -math.pi


def test_injection_loss_grows_faster_than_its_phase() -> None:
    shifter = InjectionShifter(loss_db_per_m=0.0)
    half, full = shifter.loss_db(-math.pi / 2), shifter.loss_db(-math.pi)
    assert float(full / half) > 2.0


# --- Refusals ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "field", "value"),
    [
        (PhaseShifter, "loss_db_per_m", -1.0),
        (NoemsShifter, "loss_db_per_m", -1.0),
        (NoemsShifter, "resonance_hz", 0.0),
        (NoemsShifter, "quality", 0.0),
        (ThermoOpticShifter, "p_pi_w", 0.0),
        (ThermoOpticShifter, "insertion_loss_db", -0.1),
        (ElectroOpticShifter, "bandwidth_hz", 0.0),
        (ElectroOpticShifter, "v_pi_l_vm", float("inf")),
        (DepletionShifter, "donors_per_cm3", 1e10),
        (InjectionShifter, "carrier_lifetime_s", 0.0),
        (InjectionShifter, "overlap", 2.0),
    ],
)
def test_refuses_impossible_parameters(kind: type, field: str, value: float) -> None:
    with pytest.raises(InputError, match=field):
        kind(**{field: value})
