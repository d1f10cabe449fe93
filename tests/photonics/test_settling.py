"""Step responses against closed forms and an independent integration of the equation."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy.signal import lti, step

from photonics.errors import InputError
from photonics.settling import (
    approach,
    one_pole_corner_hz,
    one_pole_remaining,
    one_pole_settling_time_s,
    one_pole_time_constant_s,
    resonant_remaining,
    resonant_settling_time_s,
)

QUALITIES = [0.05, 0.4, 0.5, 0.7, 3.0, 30.0]


def test_corner_and_time_constant() -> None:
    """130 kHz is 1.22 µs."""
    assert one_pole_time_constant_s(130e3) == pytest.approx(1.224e-6, rel=1e-3)
    assert one_pole_corner_hz(one_pole_time_constant_s(130e3)) == pytest.approx(130e3)


def test_one_pole() -> None:
    left = one_pole_remaining(torch.tensor([0.0, 2e-6, 4e-6]), 2e-6)
    assert left.tolist() == pytest.approx([1.0, math.exp(-1), math.exp(-2)], rel=1e-6)
    assert one_pole_remaining(torch.tensor([-1e-30, 0.0, 1e-30]), 0.0).tolist() == [1.0, 0.0, 0.0]
    assert one_pole_settling_time_s(2e-6, math.exp(-5)) == pytest.approx(10e-6)


@pytest.mark.parametrize("quality", QUALITIES)
def test_resonance_obeys_its_equation(quality: float) -> None:
    """Against scipy's integration of H(s) = ω0² / (s² + ω0 s/Q + ω0²)."""
    omega0 = 2.0 * math.pi
    time = np.linspace(0.0, 6.0, 400)
    _, reached = step(lti([omega0**2], [1.0, omega0 / quality, omega0**2]), T=time)
    left = resonant_remaining(torch.from_numpy(time), 1.0, quality).numpy()
    assert np.abs(1.0 - reached - left).max() < 1e-8


def test_critical_damping_is_the_common_limit() -> None:
    time = torch.linspace(0.0, 3.0, 50, dtype=torch.float64)
    middle = resonant_remaining(time, 1.0, 0.5)
    for quality in (0.5 - 1e-9, 0.5 + 1e-9):
        assert torch.allclose(resonant_remaining(time, 1.0, quality), middle, atol=1e-6)


def test_first_overshoot() -> None:
    """The first peak of an underdamped step overshoots by exp(-π / √(4Q² - 1))."""
    quality = 2.0
    peak_s = 0.5 / math.sqrt(1.0 - 1.0 / (4.0 * quality**2))
    left = float(resonant_remaining(peak_s, 1.0, quality))
    assert left == pytest.approx(-math.exp(-math.pi / math.sqrt(4.0 * quality**2 - 1.0)))


@pytest.mark.parametrize("quality", QUALITIES)
@pytest.mark.parametrize("tolerance", [0.3, 1e-2, 1e-5])
def test_settling_time_is_the_last_crossing(quality: float, tolerance: float) -> None:
    settled_s = resonant_settling_time_s(10.0, quality, tolerance)
    after = torch.linspace(settled_s, 3.0 * settled_s, 4001, dtype=torch.float64)[1:]
    assert abs(float(resonant_remaining(settled_s, 10.0, quality))) == pytest.approx(tolerance)
    assert float(resonant_remaining(after, 10.0, quality).abs().max()) < tolerance


def test_approach_and_refusal() -> None:
    assert approach(2.0, 5.0, torch.tensor([1.0, 0.5, 0.0, -0.5])).tolist() == [2.0, 3.5, 5.0, 6.5]
    for tolerance in (0.0, 1.0, math.nan):
        with pytest.raises(InputError, match="tolerance"):
            one_pole_settling_time_s(1.0, tolerance)
        with pytest.raises(InputError, match="tolerance"):
            resonant_settling_time_s(1.0, 1.0, tolerance)
