"""Exact statistics of the phase of a carrier in additive white Gaussian noise.

Signal-to-noise is always written as ``gamma`` = A² / (2σ²), with A the amplitude of the I/Q
phasor and σ the rms noise of *one* quadrature (Es/N0 of a symbol).
"""

from __future__ import annotations

import math
from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq
from scipy.special import log_ndtr

Floats = NDArray[np.float64]


@cache
def _legendre(order: int) -> tuple[Floats, Floats]:
    nodes, weights = np.polynomial.legendre.leggauss(order)
    return nodes, weights


def phase_density(theta_rad: ArrayLike, gamma: float) -> Floats:
    """Probability density per radian of the phase error ``theta_rad`` (-π to π).

    ``p(θ) = e^{-γ}/2π + √(γ/π) cosθ e^{-γ sin²θ} Φ(√(2γ) cosθ)``.
    Source: J. G. Proakis, "Digital Communications", ch. on PSK.
    """
    theta = np.asarray(theta_rad, dtype=np.float64)
    cosine, sine = np.cos(theta), np.sin(theta)
    ring = math.sqrt(gamma / math.pi) * cosine
    directed = ring * np.exp(log_ndtr(math.sqrt(2 * gamma) * cosine) - gamma * sine * sine)
    return np.asarray(math.exp(-gamma) / (2 * math.pi) + directed)


def phase_tail(psi_rad: ArrayLike, gamma: ArrayLike, order: int = 400) -> Floats:
    """Probability that the phase error exceeds ``psi_rad``; arguments broadcast.

    ``F(ψ) = (1/2π) ∫₀^{π-ψ} exp(-γ sin²ψ / sin²t) dt`` for 0 ≤ ψ ≤ π and
    ``F(-ψ) = 1 - F(ψ)`` (Pawula, Rice and Roberts 1982; Craig 1991), by Gauss-Legendre.
    """
    psi, gam = np.broadcast_arrays(
        np.asarray(psi_rad, dtype=np.float64), np.asarray(gamma, dtype=np.float64)
    )
    nodes, weights = _legendre(order)
    size = np.abs(psi)
    half = (math.pi - size) / 2
    t = half[..., None] * (nodes + 1)
    with np.errstate(divide="ignore", over="ignore"):
        integrand = np.exp(-(gam * np.sin(size) ** 2)[..., None] / np.sin(t) ** 2)
    tail = half * (integrand @ weights) / (2 * math.pi)
    return np.asarray(np.where(psi >= 0, tail, 1 - tail))


def symbol_error_rate(
    gamma: ArrayLike, levels: int, offset_rad: ArrayLike = 0.0, order: int = 400
) -> Floats:
    """Probability that the nearest of ``levels`` equally spaced phases is the wrong one.

    ``offset_rad`` is a known displacement of the mean phase from its level; with none this is
    the symbol error rate of M-ary phase-shift keying, ``2 F(π/m)``.  An ``order`` of 100 errs by
    less than 1e-4 of the result.
    """
    half_cell = math.pi / levels
    offset = np.asarray(offset_rad, dtype=np.float64)
    below = phase_tail(half_cell + offset, gamma, order)
    return phase_tail(half_cell - offset, gamma, order) + below


def required_gamma(error_rate: float, levels: int) -> float:
    """The ``gamma`` at which ``symbol_error_rate`` equals ``error_rate``.

    Args:
        error_rate: above 0, and below the 1 - 1/m of pure guesses.
        levels: m.
    """

    def excess(log_gamma: float) -> float:
        rate = float(symbol_error_rate(math.exp(log_gamma), levels))
        return math.log(max(rate, 1e-300)) - math.log(error_rate)

    scale = math.log(levels * levels)
    least = scale - 6.0
    if excess(least) < 0.0:
        # Next to guesses, which take no light at all.
        least = -70.0
    return math.exp(brentq(excess, least, scale + 6.0, xtol=1e-13))


def amplitude_snr(gamma: float) -> float:
    """A/σ of a given ``gamma``: √(2γ)."""
    return math.sqrt(2.0 * gamma)
