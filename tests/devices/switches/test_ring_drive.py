"""Ring switches driven in time: the bias on its way, and the two settled states."""

from __future__ import annotations

import math

import pytest
import torch

from devices.switches.ring import RingSwitch
from devices.switches.ring_drive import RingDrive, half_trip_s, transient

WAVELENGTH_M = 1550e-9


def test_bias_follows_its_bit_with_one_time_constant() -> None:
    drive = RingDrive(time_constant_s=10e-12)
    time_s = torch.tensor([-50.0, 0.0, 5.0, 20.0, 25.0, 39.0, 99.0], dtype=torch.float64) * 1e-12
    found = drive.bias(torch.tensor([0, 1, 0]), 20e-12, time_s)
    # The second symbol begins at 20 ps and reaches 1 - e^-2, from which the third one falls.
    top = 1 - math.exp(-2)
    expected = [0, 0, 0, 0, 1 - math.exp(-0.5), 1 - math.exp(-1.9), top * math.exp(-5.9)]
    torch.testing.assert_close(found, torch.tensor(expected, dtype=torch.float64))


def test_bias_without_a_time_constant_is_the_bit() -> None:
    drive = RingDrive(time_constant_s=0.0)
    time_s = torch.tensor([0.5, 1.5, 2.5], dtype=torch.float64)
    assert drive.bias(torch.tensor([[1, 0, 1], [0, 1, 1]]), 1.0, time_s).tolist() == [
        [1.0, 0.0, 1.0],
        [0.0, 1.0, 1.0],
    ]


def test_ring_that_stands_is_the_switch_in_its_state() -> None:
    ring = RingSwitch(drop_coupling_power=0.13, detuning_loss_db_per_m=4000.0)
    light = torch.ones(5, dtype=torch.complex128)
    for bias in (0.0, 0.4, 1.0):
        for offset_m in (0.0, 3e-12):
            offset = torch.tensor([offset_m], dtype=torch.float64)
            share = torch.full((5,), bias, dtype=torch.float64)
            found = transient(ring, WAVELENGTH_M, share, offset, light)
            state = ring.state(bias * ring.detuning_m + offset_m, WAVELENGTH_M, bias)
            assert complex(found.through[-1]) == pytest.approx(state.through, abs=1e-12)
            assert complex(found.drop[-1]) == pytest.approx(state.drop, abs=1e-12)


def test_step_is_half_a_round_trip() -> None:
    assert 2 * half_trip_s(RingSwitch()) == pytest.approx(4.2 * 2e-5 * math.pi / 299792458)
