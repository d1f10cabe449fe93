"""Rings of warm digits by the formula of an add-drop ring; whole tiles in test_digit_tables."""

from __future__ import annotations

import cmath
import math

import pytest
import torch

from circuits.compiled.warm_digits import RingNumbers
from devices.switches.ring import RingSwitch
from tests.constants import WAVELENGTH_M


@pytest.mark.parametrize("detuning_m", [0.0, 1e-9])
def test_rings_where_heat_has_moved_them(detuning_m: float) -> None:
    ring = RingSwitch(coupling_power=0.1, loss_db_per_m=300.0)
    r = math.sqrt(0.9)
    a = 10 ** (-300.0 * 2 * math.pi * 10e-6 / 20)
    per_m = 2 * math.pi * 4.2 * 2 * math.pi * 10e-6 / WAVELENGTH_M**2
    numbers = RingNumbers(r, r, a, detuning_m, per_m)
    offset_m = torch.linspace(-50e-12, 80e-12, 14, dtype=torch.float64)
    through, drop = numbers.fields(offset_m)
    for i, offset in enumerate(offset_m.tolist()):
        theta = (detuning_m + offset) * per_m
        below = 1 - 0.9 * a * cmath.exp(1j * theta)
        assert complex(through[i]) == pytest.approx(
            r * (1 - a * cmath.exp(1j * theta)) / below, rel=1e-12
        )
        assert complex(drop[i]) == pytest.approx(
            -0.1 * math.sqrt(a) * cmath.exp(1j * theta / 2) / below, rel=1e-12
        )
    same = ring.transfer(detuning_m + offset_m, WAVELENGTH_M)
    torch.testing.assert_close((through, drop), same, rtol=1e-12, atol=1e-15)
