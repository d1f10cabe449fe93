"""Nano-opto-electro-mechanical shifters: a balance of forces, up to pull-in."""

from __future__ import annotations

import math

import pytest
import torch

from devices.shifters.drive_curve import DriveCurve
from devices.shifters.linear import PhaseShifter
from devices.shifters.noems import NoemsShifter
from photonics.errors import InputError

TABLE = DriveCurve(drive=(0.0, 0.3, 0.7, 1.0, 1.2), response=(0.1, 0.2, 0.5, 1.0, 1.6))


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
    phase = 512 * 2.0 * math.pi / 33
    section = NoemsShifter().spanning(phase)
    assert section.length_m == pytest.approx(0.5746e-3, rel=1e-4)
    assert section.max_phase_rad == pytest.approx(phase)
    # Driven to either side it would be half as long for as much between the ends.
    linear = PhaseShifter().spanning(phase)
    assert float(section.loss_db()) == pytest.approx(2.0 * float(linear.loss_db()))


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


def test_beams_tremble_as_equipartition_has_it() -> None:
    """Phases of displacements that Boltzmann's law gives a plate on a spring at rest.

    The spring is that of a plate which V draws to pull-in, a third of its gap: its force there is
    ``C V² / 2 / (2/3)²`` for shares of the gap.
    """
    beam = NoemsShifter()
    capacitance_f = beam.capacitance_f_per_m * beam.length_m
    stiffness_j = 3.0 * capacitance_f * beam.v_max_v**2 / 2.0 / (2.0 / 3.0) ** 2
    share = torch.linspace(-0.01, 0.01, 100_001, dtype=torch.float64)
    weight = torch.exp(-stiffness_j * share.square() / 2.0 / (1.380649e-23 * 300.0))
    phase_rad = beam.max_phase_rad * 3.0 * share
    variance_rad2 = float((weight * phase_rad.square()).sum() / weight.sum())
    assert beam.motion_rad2_per_m * beam.length_m == pytest.approx(variance_rad2, rel=1e-6)
    assert NoemsShifter(capacitance_f_per_m=0.0).motion_rad2_per_m == 0.0
