"""How the bias of a switch follows its bit in time."""

from __future__ import annotations

import math

import torch

from devices.switches.switch_drive import SwitchDrive


def test_bias_follows_its_bit_with_one_time_constant() -> None:
    drive = SwitchDrive(time_constant_s=10e-12)
    time_s = torch.tensor([-50.0, 0.0, 5.0, 20.0, 25.0, 39.0, 99.0], dtype=torch.float64) * 1e-12
    found = drive.bias(torch.tensor([0, 1, 0]), 20e-12, time_s)
    # The second symbol begins at 20 ps and reaches 1 - e^-2, from which the third one falls.
    top = 1 - math.exp(-2)
    expected = [0, 0, 0, 0, 1 - math.exp(-0.5), 1 - math.exp(-1.9), top * math.exp(-5.9)]
    torch.testing.assert_close(found, torch.tensor(expected, dtype=torch.float64))


def test_bias_without_a_time_constant_is_the_bit() -> None:
    drive = SwitchDrive(time_constant_s=0.0)
    time_s = torch.tensor([0.5, 1.5, 2.5], dtype=torch.float64)
    assert drive.bias(torch.tensor([[1, 0, 1], [0, 1, 1]]), 1.0, time_s).tolist() == [
        [1.0, 0.0, 1.0],
        [0.0, 1.0, 1.0],
    ]
