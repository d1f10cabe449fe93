"""Chips as plain numbers: exact sums, or none."""

from __future__ import annotations

import math

import pytest

from circuits.chip.compiling import _refuse_coarse
from circuits.coding.phase_code import level_angle_rad
from photonics.errors import InputError


def test_sums_that_round_a_fiftieth_of_half_a_cell_are_refused() -> None:
    entries, modulus = 96, 33
    limit = 0.02 * level_angle_rad(modulus) / 2 / math.sqrt(2 * entries / 12)
    _refuse_coarse(0.999 * limit, entries, modulus)
    with pytest.raises(InputError, match="exact sums would round"):
        _refuse_coarse(1.001 * limit, entries, modulus)
