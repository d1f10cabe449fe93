r"""How an actuator approaches a new set-point: the part of a step that is still missing.

::

    x ──┐                        remaining(t) = (x∞ - x(t)) / (x∞ - x0)
        │ remaining(t)           1 at the step, 0 when settled, negative while it overshoots
    x∞ ─┴────────────
"""

from __future__ import annotations

import math

import torch
from scipy.optimize import brentq
from torch import Tensor

from photonics.errors import InputError


def one_pole_remaining(time_s: Tensor | float, time_constant_s: float) -> Tensor:
    """Missing part of a step of a first-order system, ``exp(-t/τ)``; shape of ``time_s``.

    A vanishing time constant has settled at t = 0: 1 before, and 0 from then on.
    """
    time = torch.as_tensor(time_s, dtype=torch.float64)
    if time_constant_s == 0.0:
        return (time < 0.0).to(torch.float64)
    return torch.exp(-time / time_constant_s)


def one_pole_settling_time_s(time_constant_s: float, tolerance: float) -> float:
    """Time in s after which a first-order step stays within ``tolerance`` (0 to 1) of its end."""
    _require_fraction(tolerance)
    return time_constant_s * math.log(1.0 / tolerance)


def one_pole_time_constant_s(corner_hz: float) -> float:
    """Time constant in s of a first-order system: 1 / (2π f_3dB)."""
    return 1.0 / (2.0 * math.pi * corner_hz)


def one_pole_corner_hz(time_constant_s: float) -> float:
    """Corner frequency in Hz of a first-order system: 1 / (2π τ)."""
    return 1.0 / (2.0 * math.pi * time_constant_s)


def resonant_remaining(time_s: Tensor | float, resonance_hz: float, quality: float) -> Tensor:
    r"""Missing part of a step of ``x'' + (ω0/Q) x' + ω0² x = ω0² u``, from rest.

    With σ = ω0/2Q and ω² = ω0² - σ²::

        Q > 1/2   e^{-σt} [cos ωt + (σ/ω) sin ωt]
        Q = 1/2   e^{-σt} [1 + σt]
        Q < 1/2   (s1 e^{-s2 t} - s2 e^{-s1 t}) / (s1 - s2),   s1,2 = σ ± |ω|

    Args:
        time_s: time since the step, s, any shape.
        resonance_hz: undamped resonance f0 = ω0/2π.
        quality: quality factor Q; 1/2 is critical damping.

    Returns:
        float64 of the shape of ``time_s``.

    Source: K. Ogata, "Modern Control Engineering", chapter on second-order systems.
    """
    time = torch.as_tensor(time_s, dtype=torch.float64)
    omega0 = 2.0 * math.pi * resonance_hz
    sigma = omega0 / (2.0 * quality)
    if quality > 0.5:
        omega = math.sqrt(omega0**2 - sigma**2)
        wave = torch.cos(omega * time) + sigma / omega * torch.sin(omega * time)
        return torch.exp(-sigma * time) * wave
    if quality == 0.5:
        return torch.exp(-sigma * time) * (1.0 + sigma * time)
    spread = math.sqrt(sigma**2 - omega0**2)
    fast = sigma + spread
    slow = omega0**2 / fast
    decays = fast * torch.exp(-slow * time) - slow * torch.exp(-fast * time)
    return decays / (2.0 * spread)


def resonant_settling_time_s(resonance_hz: float, quality: float, tolerance: float) -> float:
    """Time in s after which a second-order step stays within ``tolerance`` of its end.

    The ringing peaks at k π/ω with height exp(-k π σ/ω); the last peak that is still too high
    brackets the answer together with the next one.  Without ringing the fall is monotone.

    Args:
        resonance_hz: undamped resonance.
        quality: quality factor.
        tolerance: largest remaining part of the step, 0 to 1.
    """
    _require_fraction(tolerance)
    omega0 = 2.0 * math.pi * resonance_hz
    sigma = omega0 / (2.0 * quality)
    begin, end, side = 0.0, 2.0 * math.log(4.0 / tolerance) / min(sigma, omega0 * quality), 1.0
    if quality > 0.5:
        half_period = math.pi / math.sqrt(omega0**2 - sigma**2)
        peak = math.floor(math.log(1.0 / tolerance) / (sigma * half_period))
        begin, end, side = peak * half_period, (peak + 1) * half_period, (-1.0) ** peak

    def excess(time_s: float) -> float:
        return side * float(resonant_remaining(time_s, resonance_hz, quality)) - tolerance

    return float(brentq(excess, begin, end, xtol=1e-15 / resonance_hz, rtol=1e-12))


def approach(start: Tensor | float, end: Tensor | float, remaining: Tensor) -> Tensor:
    """Value on its way from ``start`` to ``end`` when ``remaining`` of the step is missing."""
    return end + (start - end) * remaining


def _require_fraction(tolerance: float) -> None:
    if not 0.0 < tolerance < 1.0:
        raise InputError("tolerance", tolerance, "must be a fraction of the step, between 0 and 1")
