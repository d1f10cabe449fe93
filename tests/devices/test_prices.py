"""Power, energy and area of shifters and switches, against closed forms."""

from __future__ import annotations

import math

import pytest
import torch

from devices.heat.trimmer import Trimmer
from devices.shifters.carrier import DepletionShifter, InjectionShifter
from devices.shifters.electro_optic import ElectroOpticShifter
from devices.shifters.linear import PhaseShifter
from devices.shifters.noems import NoemsShifter
from devices.shifters.shifter import Shifter
from devices.shifters.thermo_optic import ThermoOpticShifter
from devices.switches.mzi import MziSwitch
from devices.switches.ring import RingSwitch
from devices.switches.ring_trimmer import RingTrimmer
from tests.circuits.designs import Prism
from tests.constants import CHARGE_C, WAVELENGTH_M

KT_V = 1.380649e-23 * 300.0 / CHARGE_C
# Of silicon: n_i, and the permittivity.
PAIRS_PER_CM3, PERMITTIVITY_F_PER_M = 9.65e9, 11.7 * 8.8541878128e-12


@pytest.mark.parametrize(
    ("shifter", "after_v", "energy_j"),
    [
        # ½ C ΔV² from 0.5 V: of 1.5 pF/cm over a centimetre, and of 40 pF/m over half a millimetre.
        (ElectroOpticShifter(length_m=1e-2), -2.5, 0.5 * 1.5e-12 * 9.0),
        (NoemsShifter(length_m=0.5e-3), 1.0, 0.5 * 4e-11 * 0.5e-3 * 0.25),
        # A resistor holds no charge, and the ideal shifter knows of none.
        (ThermoOpticShifter(), 3.0, 0.0),
        (PhaseShifter(), 1.0, 0.0),
    ],
)
def test_a_change_charges_a_capacitor(shifter: Shifter, after_v: float, energy_j: float) -> None:
    there, back = shifter.change_energy_j(0.5, after_v), shifter.change_energy_j(after_v, 0.5)
    assert float(there) == float(back) == pytest.approx(energy_j, rel=1e-12)
    assert float(shifter.change_energy_j(after_v, after_v)) == 0.0


def test_drives_are_held_by_resistors_and_diodes_alone() -> None:
    volts = torch.tensor([0.0, 0.5, 1.0], dtype=torch.float64)
    for shifter in (ElectroOpticShifter(), NoemsShifter(), DepletionShifter(), PhaseShifter()):
        assert shifter.hold_power_w(volts).tolist() == [0.0, 0.0, 0.0]
    heater = ThermoOpticShifter(p_pi_w=20e-3, resistance_ohm=500.0)
    assert heater.hold_power_w(volts).tolist() == pytest.approx([0.0, 0.5e-3, 2e-3])
    # V²/R is what the phase takes.
    assert float(heater.hold_power_w(heater.drive(math.pi))) == pytest.approx(20e-3, rel=1e-12)


def test_a_junction_gives_up_the_charge_of_what_it_depletes() -> None:
    """Charge √(2 q ε N' V) A, N' = N_A N_D / (N_A + N_D), between 0 and 3 V of reverse bias."""
    donors, acceptors = 5e17, 2e18
    junction = DepletionShifter(
        donors_per_cm3=donors, acceptors_per_cm3=acceptors, length_m=1e-3, core_height_m=200e-9
    )
    built_in_v = KT_V * math.log(donors * acceptors / PAIRS_PER_CM3**2)
    reduced_per_m3 = 1e6 * donors * acceptors / (donors + acceptors)
    factor = 200e-9 * 1e-3 * math.sqrt(2.0 * CHARGE_C * PERMITTIVITY_F_PER_M * reduced_per_m3)
    charge_c = factor * (math.sqrt(built_in_v + 3.0) - math.sqrt(built_in_v))
    assert float(junction.charge_c(3.0)) == pytest.approx(charge_c, rel=1e-9)
    energy_j = float(junction.change_energy_j(0.0, 3.0))
    assert energy_j == pytest.approx(0.5 * charge_c * 3.0, rel=1e-9)


def test_a_diode_takes_its_forward_voltage_and_holds_its_pairs() -> None:
    diode = InjectionShifter(carrier_lifetime_s=2e-9, length_m=300e-6)
    volume_cm3 = 300e-4 * 500e-7 * 220e-7
    current_a = 3e-3
    pairs = current_a * 2e-9 / (CHARGE_C * volume_cm3)
    forward_v = 2.0 * KT_V * math.log(pairs / PAIRS_PER_CM3)
    assert 0.9 < forward_v < 1.0
    assert float(diode.hold_power_w(current_a)) == pytest.approx(current_a * forward_v, rel=1e-9)
    assert float(diode.hold_power_w(0.0)) == 0.0
    half_j = 0.5 * current_a * 2e-9 * forward_v
    assert float(diode.change_energy_j(0.0, current_a)) == pytest.approx(half_j, rel=1e-9)


def test_a_ring_pays_for_its_capacitor_and_its_trimmer() -> None:
    trimmer = RingTrimmer(range_m=8e-9, power_w_per_m=5e6, area_m2=3e-10)
    ring = RingSwitch(radius_m=8e-6, capacitance_f=50e-15, trimmer=trimmer)
    volts = ring.bias_v(WAVELENGTH_M)
    assert ring.change_energy_j(WAVELENGTH_M) == pytest.approx(0.5 * 50e-15 * volts**2)
    for coupled in (True, False):
        # Half of its range on average, of which its neighbours give a fiftieth.
        assert ring.hold_power_w(coupled=coupled) == pytest.approx(20e-3 / 1.02)
    assert ring.area_m2 == pytest.approx((16e-6) ** 2 + 3e-10)


def test_an_interferometer_pays_for_its_arm_and_its_trimmer() -> None:
    trimmer = Trimmer(power_w_per_rad=1e-3, area_m2=2e-9)
    heated = MziSwitch(arm=ThermoOpticShifter(p_pi_w=20e-3), arm_trimmer=trimmer)
    # A turn at most, half of it on average; the arm is driven for π in one state.
    assert heated.hold_power_w(coupled=True) == pytest.approx(math.pi * 1e-3)
    assert heated.hold_power_w(coupled=False) == pytest.approx(20e-3 + math.pi * 1e-3)
    assert heated.change_energy_j(WAVELENGTH_M) == 0.0
    fast = MziSwitch(arm=ElectroOpticShifter(width_m=30e-6), coupler_m=40e-6, arm_trimmer=trimmer)
    # 2.5 mm of 1.5 pF/cm between -5 and 5 V.
    assert fast.change_energy_j(WAVELENGTH_M) == pytest.approx(0.5 * 0.375e-12 * 100.0)
    assert fast.area_m2 == pytest.approx(2 * 30e-6 * (2.5e-3 + 2 * 40e-6) + 2e-9)


def test_a_kind_that_does_not_know_its_price_says_nothing() -> None:
    foreign = Prism()
    assert foreign.hold_power_w(coupled=True) == foreign.change_energy_j(WAVELENGTH_M) == 0.0
    assert foreign.area_m2 == foreign.trimmer_area_m2 == foreign.trimmer_power_w(3) == 0.0
    assert PhaseShifter(length_m=2e-3, width_m=20e-6).area_m2 == pytest.approx(4e-8)
