"""Rare events whose probability is known in closed form."""

from __future__ import annotations

import math

import pytest
import torch
from scipy.stats import norm

from photonics.importance import edge_push, pushed_noise
from photonics.random import NoiseKey
from photonics.statistics import required_gamma, symbol_error_rate

Z = 5.0
SAMPLES = 100_000


def normals(name: str) -> tuple[torch.Tensor, torch.Tensor]:
    return NoiseKey.from_seed(3).fold(name).normal_pairs(0, SAMPLES, torch.float64)


@pytest.mark.parametrize("sigmas", [1.0, 4.0, 6.0])
def test_both_tails_of_a_normal(sigmas: float) -> None:
    push = torch.tensor([[sigmas, 0.0], [-sigmas, 0.0]], dtype=torch.float64)
    sample = pushed_noise(normals("tails"), push.expand(SAMPLES, 2, 2))
    found = sample.probability(sample.noise[:, 0].abs() > sigmas)
    theory = 2.0 * float(norm.sf(sigmas))
    assert abs(found.value - theory) <= Z * found.standard_error
    assert found.standard_error < 0.02 * theory


def test_weights_restore_plain_noise() -> None:
    push = torch.tensor([[2.0, 0.5], [-1.0, 1.0]], dtype=torch.float64).expand(SAMPLES, 2, 2)
    sample = pushed_noise(normals("plain"), push)
    for moment, theory in (
        (torch.ones(SAMPLES), 1.0),
        (sample.noise[:, 0], 0.0),
        (sample.noise[:, 1].square(), 1.0),
    ):
        found = sample.probability(moment)
        assert abs(found.value - theory) <= Z * found.standard_error


@pytest.mark.parametrize("levels", [4, 33])
@pytest.mark.parametrize("rate", [1e-3, 1e-9])
def test_phase_decision_against_the_exact_law(levels: int, rate: float) -> None:
    gamma = required_gamma(rate, levels)
    rho, half_cell = math.sqrt(2.0 * gamma), math.pi / levels
    angle = torch.linspace(0.0, 6.0, SAMPLES, dtype=torch.float64)
    sample = pushed_noise(normals("phase"), edge_push(angle, half_cell, rho))
    x = rho * angle.cos() + sample.noise[:, 0]
    y = rho * angle.sin() + sample.noise[:, 1]
    turned = torch.remainder(torch.atan2(y, x) - angle + math.pi, 2.0 * math.pi) - math.pi
    found = sample.probability(turned.abs() > half_cell)
    theory = float(symbol_error_rate(gamma, levels))
    assert abs(found.value - theory) <= Z * found.standard_error
    assert found.standard_error < 0.02 * theory


def test_a_push_ends_on_the_edge() -> None:
    angle = torch.tensor([0.3, 2.0, -1.0], dtype=torch.float64)
    push = edge_push(angle, 0.1, 50.0)
    phasor = 50.0 * torch.stack([angle.cos(), angle.sin()], dim=-1)
    reached = phasor[:, None] + push
    found = torch.atan2(reached[..., 1], reached[..., 0])
    torch.testing.assert_close(found, angle[:, None] + torch.tensor([0.1, -0.1]).double())
    shortest = torch.full((3, 2), 50.0 * math.sin(0.1), dtype=torch.float64)
    torch.testing.assert_close(push.norm(dim=-1), shortest)
