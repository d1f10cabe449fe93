"""Heat: phase per kelvin, reach of a heater, and how its errors add."""

from __future__ import annotations

import math

import pytest
import torch

from photonics.thermal import (
    SILICON_INDEX_PER_K,
    crosstalk_sum_variance_rad2,
    exponential_coupling,
    global_coupling,
    heat_sink_coupling,
    known_residual_variance_rad2,
    resistor_power_w,
    resistor_voltage_v,
    temperature_rise_k,
)
from tests.constants import WAVELENGTH_M


def test_temperature_rise_of_silicon() -> None:
    """0.754 rad/K/mm."""
    rise = temperature_rise_k(
        torch.tensor([0.754, -1.508]), 1e-3, WAVELENGTH_M, SILICON_INDEX_PER_K
    )
    assert rise.tolist() == pytest.approx([1.0, -2.0], rel=1e-3)


def test_heat_sink_model_values() -> None:
    """h = 3 µm, w = 2 µm, and the 1/d² tail."""
    distance = torch.tensor([10.0, 20.0, 50.0, 100.0, 200.0], dtype=torch.float64) * 1e-6
    found = heat_sink_coupling(distance, 3e-6, 2e-6).tolist()
    assert found == pytest.approx([0.1335, 0.0374, 0.0062, 0.00156, 0.00039], rel=6e-3)
    far = heat_sink_coupling(torch.tensor([1e-3, 2e-3]).double(), 3e-6, 2e-6)
    assert float(far[0] / far[1]) == pytest.approx(4.0, rel=1e-4)
    assert float(heat_sink_coupling(torch.tensor(2e-6), 3e-6, 2e-6)) == pytest.approx(1.0)


def test_exponential_model() -> None:
    distance = torch.tensor([50e-6, 100e-6, 150e-6], dtype=torch.float64)
    found = exponential_coupling(distance, 0.01, 50e-6, 50e-6).tolist()
    assert found == pytest.approx([0.01, 0.01 / math.e, 0.01 / math.e**2])


def test_global_coupling() -> None:
    """10 K/W and 24.77 mW warm the die by 0.2477 K: 0.754 · 0.0616 mm · 0.2477 K / π."""
    found = global_coupling(10.0, 24.77e-3, 61.6e-6, WAVELENGTH_M, SILICON_INDEX_PER_K)
    assert found == pytest.approx(0.754 * 0.0616 * 0.2477 / math.pi, rel=1e-3)


def test_ohm() -> None:
    assert float(resistor_power_w(torch.tensor(-3.0), 450.0)) == pytest.approx(20e-3)
    assert float(resistor_voltage_v(torch.tensor(20e-3), 450.0)) == pytest.approx(3.0)


def test_variances_of_two_heaters_by_hand() -> None:
    coupling = torch.tensor([[1.0, 0.2], [0.1, 1.0]]).double()
    assert crosstalk_sum_variance_rad2(coupling, 3.0) == pytest.approx(3.0 * (0.01 + 0.04))
    weak = torch.tensor([[0.9, 0.2], [0.1, 1.0]]).double()
    assert crosstalk_sum_variance_rad2(weak, 1.0) == pytest.approx(0.04)
    own = torch.tensor([2.0, 3.0]).double()
    # Couplings: (0.2 · 3 · e)², (0.1 · 2 · e)²; efficiency: whole columns.
    found = known_residual_variance_rad2(coupling, own, 0.05, 0.0).tolist()
    assert found == pytest.approx([9e-4, 1e-4])
    found = known_residual_variance_rad2(coupling, own, 0.0, 0.01).tolist()
    assert found == pytest.approx([1e-4 * (4.0 + 0.36), 1e-4 * (0.04 + 9.0)])
