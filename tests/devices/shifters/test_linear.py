"""The linear shifter: lengths, drives and losses by hand."""

from __future__ import annotations

import math

import pytest

from devices.shifters.linear import PhaseShifter


def test_phase_is_in_proportion_to_drive_and_length() -> None:
    part = PhaseShifter(v_pi_l_vm=2e-5, v_max_v=1.25, loss_db_per_m=1600.0, length_m=20e-6)
    # V L of 0.5 V · 20 µm is half of that of a half wave.
    assert float(part.phase_rad(0.5)) == pytest.approx(math.pi / 2)
    assert float(part.phase_rad(-0.5)) == pytest.approx(-math.pi / 2)
    assert float(part.drive(math.pi / 2)) == pytest.approx(0.5)
    # From end to end of its drives a whole wave takes 16 µm, which lose 0.0256 dB at any phase.
    wave = part.spanning(2.0 * math.pi)
    assert wave.length_m == pytest.approx(16e-6)
    assert wave.loss_db([0.0, 1.0]).tolist() == pytest.approx([0.0256, 0.0256])


def test_it_has_settled_once_the_time_to_load_is_over() -> None:
    part = PhaseShifter(load_s=2e-9)
    assert part.settling_s(0.1) == part.settling_s(1e-6) == 2e-9
    assert part.settling_rad([0.0, 1.9e-9, 2e-9], 0.5, 1.0).tolist() == [0.5, 0.5, 1.0]
