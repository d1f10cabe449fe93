"""The linear shifter: lengths, drives and losses by hand."""

from __future__ import annotations

import math

import pytest

from devices.shifters.linear import PhaseShifter, Shifter


def test_phase_is_in_proportion_to_drive_and_length() -> None:
    part = PhaseShifter(v_pi_l_vm=2e-5, v_max_v=1.25, loss_db_per_m=1600.0)
    # V L of 0.5 V · 20 µm is half of that of a half wave.
    assert part.phase_rad(0.5, 20e-6) == pytest.approx(math.pi / 2)
    # At the largest drive a half wave takes 16 µm, which lose 0.0256 dB.
    assert part.length_m(math.pi) == pytest.approx(16e-6)
    assert part.loss_db(16e-6) == pytest.approx(0.0256)


def test_it_has_no_length_of_its_own_and_so_is_no_driven_shifter() -> None:
    assert not isinstance(PhaseShifter(), Shifter)
