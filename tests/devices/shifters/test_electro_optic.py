"""Electro-optic shifters: phase in proportion to the voltage."""

from __future__ import annotations

import math

import pytest

from devices.library import part, part_names
from devices.shifters.electro_optic import ElectroOpticShifter


@pytest.mark.parametrize("name", part_names(ElectroOpticShifter))
def test_electro_optic_is_linear(name: str) -> None:
    shifter = part(name, ElectroOpticShifter)
    half_wave_v = shifter.v_pi_l_vm / shifter.length_m
    assert float(shifter.phase_rad(half_wave_v)) == pytest.approx(math.pi)
    assert float(shifter.drive(-math.pi / 2)) == pytest.approx(-half_wave_v / 2)
    assert float(shifter.settling_rad(1e-9, 0.0, 1.0)) == pytest.approx(1.0)
