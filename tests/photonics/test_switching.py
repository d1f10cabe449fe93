"""Switches as plain numbers: extinction limits, conservation, and what moves them."""

from __future__ import annotations

import cmath
import math

import pytest
import torch

from photonics.optics import coupler_matrix, mzi_matrix, power_w
from photonics.random import NoiseKey
from photonics.switching import MziNumbers, RingNumbers, moved
from tests.constants import WAVELENGTH_M

KEY = NoiseKey.from_seed(0)


def imbalance_db(cross_power: float) -> float:
    return 10.0 * math.log10(1.0 / cross_power - 1.0)


def deviation(phase_rad: torch.Tensor, first: float, second: float) -> torch.Tensor:
    """Deviations of balanced interferometers that make couplers of these cross powers, (..., 3)."""
    of_couplers = [torch.full_like(phase_rad, imbalance_db(cross)) for cross in (first, second)]
    return torch.stack((phase_rad, *of_couplers), dim=-1)


def interferometer(loss_db: float = 0.0) -> MziNumbers:
    return MziNumbers(0.0, 0.0, 1.0, 0.0, 10.0 ** (-loss_db / 20.0), 1.0)


def test_an_ideal_interferometer_is_a_squared_sine() -> None:
    phase_rad = torch.linspace(-4.0, 4.0, 41, dtype=torch.float64)
    bar, cross = interferometer().fields(deviation(phase_rad, 0.5, 0.5))
    torch.testing.assert_close(power_w(bar), (phase_rad / 2).sin() ** 2)
    torch.testing.assert_close(power_w(cross), (phase_rad / 2).cos() ** 2)


# Independent table of extinctions: couplers, loss of the driven arm, port, extinction.
TABLE = [
    (0.51, 0.51, 0.0, "bar", 33.98),
    (0.55, 0.55, 0.0, "bar", 20.00),
    (0.52, 0.48, 0.0, "cross", 27.96),
    (0.51, 0.505, 0.1, "bar", 33.66),
    (0.51, 0.505, 0.1, "cross", 39.37),
]


@pytest.mark.parametrize(("first", "second", "loss_db", "port", "extinction_db"), TABLE)
def test_extinction_against_the_table(
    first: float, second: float, loss_db: float, port: str, extinction_db: float
) -> None:
    states = deviation(torch.tensor([0.0, math.pi], dtype=torch.float64), first, second)
    bar, cross = (power_w(field) for field in interferometer(loss_db).fields(states))
    found = bar[1] / bar[0] if port == "bar" else cross[0] / cross[1]
    assert 10.0 * math.log10(float(found)) == pytest.approx(extinction_db, abs=0.006)


def test_leaks_are_squares_of_sum_and_difference_of_the_imbalance() -> None:
    at = torch.tensor([0.0, math.pi], dtype=torch.float64)
    for first, second in ((0.53, 0.53), (0.51, 0.53), (0.48, 0.51)):
        bar, cross = interferometer().fields(deviation(at, first, second))
        one, other = first - 0.5, second - 0.5
        assert float(power_w(bar)[0]) == pytest.approx((one + other) ** 2, rel=5e-3, abs=1e-20)
        assert float(power_w(cross)[1]) == pytest.approx((one - other) ** 2, rel=5e-3, abs=1e-20)


def test_an_interferometer_is_the_product_of_its_parts() -> None:
    u = KEY.uniform(0, 6).tolist()
    etas, phase_rad, quadrature_rad = (0.2 + 0.6 * u[0], 0.2 + 0.6 * u[1]), 6.0 * u[2], 0.1
    numbers = MziNumbers(0.4, quadrature_rad, 10.0 ** (-1.0 / 20), phase_rad, 0.7, 0.9)
    first, second = (coupler_matrix(eta, 0.5, quadrature_rad) for eta in etas)
    losses_db = (-20.0 * math.log10(0.7), -20.0 * math.log10(0.9))
    expected = mzi_matrix(first, second, phase_rad + 0.3, *losses_db)[:, 0]
    offset = torch.tensor([0.3, *(imbalance_db(eta) - 0.4 for eta in etas)], dtype=torch.float64)
    found = torch.stack(numbers.fields(offset))
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-14)


@pytest.mark.parametrize("detuning_m", [0.0, 1e-9])
def test_a_ring_is_its_formula(detuning_m: float) -> None:
    r = math.sqrt(0.9)
    a = 10 ** (-300.0 * 2 * math.pi * 10e-6 / 20)
    per_m = 2 * math.pi * 4.2 * 2 * math.pi * 10e-6 / WAVELENGTH_M**2
    numbers = RingNumbers(r, r, a, detuning_m, per_m)
    offset_m = torch.linspace(-50e-12, 80e-12, 14, dtype=torch.float64)
    through, drop = numbers.fields(offset_m[:, None])
    for i, offset in enumerate(offset_m.tolist()):
        theta = (detuning_m + offset) * per_m
        below = 1 - 0.9 * a * cmath.exp(1j * theta)
        assert complex(through[i]) == pytest.approx(
            r * (1 - a * cmath.exp(1j * theta)) / below, rel=1e-12
        )
        assert complex(drop[i]) == pytest.approx(
            -0.1 * math.sqrt(a) * cmath.exp(1j * theta / 2) / below, rel=1e-12
        )


def test_what_moves_moves_the_first_component_alone() -> None:
    offset = KEY.normal(0, 12).view(2, 2, 3)
    by = torch.tensor([1.0, -2.0], dtype=torch.float64)
    found = moved(offset, by)
    assert torch.equal(found[..., 1:], offset[..., 1:])
    assert torch.equal(found[..., 0], offset[..., 0] + by)
    assert torch.equal(moved(offset[..., :1], by)[..., 0], offset[..., 0] + by)
