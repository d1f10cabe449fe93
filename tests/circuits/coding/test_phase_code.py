"""Residues as phase: drive levels, and the nearest level of a reading."""

from __future__ import annotations

import math

import pytest
import torch

from circuits.coding.phase_code import drive_level, nearest_residue
from tests.circuits.designs import MODULI


@pytest.mark.parametrize("modulus", MODULI)
def test_drive_levels_are_congruent_and_of_least_magnitude(modulus: int) -> None:
    values = torch.arange(-3 * modulus, 3 * modulus)
    level = drive_level(values, modulus)
    assert torch.equal(torch.remainder(level - values, modulus), torch.zeros_like(values))
    assert int(level.min()) == -(modulus // 2)
    assert int(level.max()) == (modulus - 1) // 2


def test_even_modulus_drives_from_minus_half() -> None:
    assert drive_level(torch.tensor([16, -16, 15]), 32).tolist() == [-16, -16, 15]


@pytest.mark.parametrize("modulus", MODULI)
def test_decision_agrees_with_the_angle_away_from_edges(modulus: int) -> None:
    turn = torch.linspace(0, 1, 20_001, dtype=torch.float64)[:-1]
    distance = (turn * modulus - 0.5).frac().abs()
    clear = (distance > 1e-9) & (distance < 1 - 1e-9)
    turn = turn[clear]
    found = nearest_residue((2 * math.pi * turn).cos(), (2 * math.pi * turn).sin(), modulus)
    assert torch.equal(found, torch.remainder((turn * modulus + 0.5).floor().long(), modulus))


def test_decision_does_not_depend_on_where_in_a_tensor_a_reading_stands() -> None:
    edge = 2 * math.pi * (torch.arange(33, dtype=torch.float64) + 0.5) / 33
    x, y = edge.cos().repeat(40), edge.sin().repeat(40)
    whole = nearest_residue(x, y, 33)
    single = torch.cat([nearest_residue(x[i : i + 1], y[i : i + 1], 33) for i in range(len(x))])
    assert torch.equal(whole, single)
