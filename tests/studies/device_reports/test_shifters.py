"""Shifters of every kind: phase, loss and settling, at points computed by hand."""

from __future__ import annotations

import math

import pytest

from devices.parameters.part import Part
from devices.shifters.carrier import DepletionShifter, InjectionShifter
from devices.shifters.drive_curve import DriveCurve
from devices.shifters.electro_optic import ElectroOpticShifter
from devices.shifters.linear import PhaseShifter
from devices.shifters.noems import NoemsShifter
from devices.shifters.thermo_optic import ThermoOpticShifter
from tests.constants import CHARGE_C
from tests.studies.device_reports.reading import at, number, panel


@pytest.mark.parametrize(
    ("part", "drive", "phase_in_pi"),
    [
        (ThermoOpticShifter(p_pi_w=25e-3, resistance_ohm=500.0, v_max_v=5.0), 2.5, 0.5),
        (ElectroOpticShifter(v_pi_l_vm=2.5e-2, length_m=1e-2), -1.25, -0.5),
        # x (1 - x)² = (4/27) (V/V_PI)² has x = 1/3 at V_PI and x = 0.1 at V/V_PI = 0.739510.
        (
            NoemsShifter(v_pi_l_vm=2e-5, length_m=2e-5, v_max_v=0.73951, pull_in_v=1.0),
            0.73951,
            0.73951,
        ),
    ],
)
def test_shifter_phase(part: Part, drive: float, phase_in_pi: float) -> None:
    assert at(panel(part, "Phase"), "phase", drive) == pytest.approx(phase_in_pi, rel=1e-4)


def test_plate_shifter_between() -> None:
    part = NoemsShifter(v_pi_l_vm=2e-5, length_m=2e-5, v_max_v=0.73951, pull_in_v=1.0)
    x = 0.02
    drive = math.sqrt(27 / 4 * x) * (1 - x)
    assert at(panel(part, "Phase"), "phase", drive) == pytest.approx(0.73951 * 0.2, rel=1e-3)


def test_shifter_settling_and_loss() -> None:
    heater = ThermoOpticShifter(time_constant_s=1e-6, loss_db_per_pi=0.1, insertion_loss_db=0.2)
    settling = panel(heater, "Settling")
    assert settling.x_label == "time / µs"
    assert at(settling, "up", 1.0) == pytest.approx(1 - math.exp(-1), rel=1e-3)
    assert at(settling, "down", 2.0) == pytest.approx(math.exp(-2), rel=1e-3)
    half_wave_v = number(heater, "half_wave_drive_v")
    assert at(panel(heater, "Loss"), "loss", half_wave_v) == pytest.approx(0.3, rel=1e-3)


def test_carrier_shifters() -> None:
    # A junction widens as √(V_bi + V); its loss falls with the phase in proportion.
    junction = DepletionShifter()
    found, loss = panel(junction, "Phase"), panel(junction, "Loss")
    phases = [at(found, "phase", v) for v in (1.0, 2.0, 4.0)]
    losses = [at(loss, "loss", v) for v in (0.0, 1.0, 2.0, 4.0)]
    fallen = [losses[0] - value for value in losses[1:]]
    for phase, fall in zip(phases, fallen, strict=True):
        assert fall / phase == pytest.approx(fallen[-1] / phases[-1], rel=1e-6)
    # Soref and Bennett at n = I τ / (q V) for both carriers; the axis is in mA.
    diode = InjectionShifter(overlap=1.0, length_m=300e-6, loss_db_per_m=0.0)
    pairs = 3e-3 * 1e-9 / (CHARGE_C * 500e-9 * 220e-9 * 300e-6) * 1e-6
    index = 8.8e-22 * pairs + 8.5e-18 * pairs**0.8
    expected = -2 * index * 300e-6 / 1550e-9
    assert at(panel(diode, "Phase"), "phase", 3.0) == pytest.approx(expected, rel=1e-4)
    absorbed_db = (8.5e-18 + 6.0e-18) * pairs * 100 * 300e-6 * 10 / math.log(10)
    assert at(panel(diode, "Loss"), "loss", 3.0) == pytest.approx(absorbed_db, rel=1e-4)


def test_linear_shifter_and_table() -> None:
    part = PhaseShifter(v_pi_l_vm=2e-5, v_max_v=1.0, loss_db_per_m=1600.0, length_m=1e-3)
    assert at(panel(part, "Phase"), "phase", -0.5) == pytest.approx(-25.0)
    curve = panel(DriveCurve(drive=(0.0, 1.0, 2.0), response=(0.0, 2.0, 4.0)), "Response")
    assert at(curve, "curve", 1.5) == pytest.approx(3.0)
    assert curve.points == ((0.0, 1.0, 2.0), (0.0, 2.0, 4.0))
