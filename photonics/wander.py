r"""What wanders about its mean: stationary Ornstein-Uhlenbeck processes at whole numbers of time.

``E[X(t) X(u)] = exp(-|t - u| / τ)``, with a mean of zero (Uhlenbeck and Ornstein, Phys. Rev. 36,
823 (1930)).  Such a process has no memory, so between two known values it is a bridge: half-way,
a time h from either, it is normal about ``(X_left + X_right) / (2 cosh(h/τ))`` with variance
``tanh(h/τ)``.  Halving an interval again and again leads to any time within it in as many draws
as the interval has binary places.  A draw is numbered by the time that it is for, so a value is a
function of key and time alone, whatever was asked before.
"""

from __future__ import annotations

import math
from functools import lru_cache

from torch import Tensor

from photonics.random import NoiseKey

# Times that many correlation times apart are taken for independent: they correlate by 2e-28.
_INDEPENDENT = 64.0


def wandering(key: NoiseKey, time: int, correlation_time: float, count: int) -> Tensor:
    """Values of ``count`` independent processes of variance 1 at a time, float64 (count,).

    Args:
        key: names the processes.
        time: any whole number.
        correlation_time: τ in the unit of the time, above 0.
        count: how many.
    """
    span = 1 << max(0, math.ceil(math.log2(_INDEPENDENT * correlation_time)))
    return _value(key, time, correlation_time, count, span).clone()


# Times that follow each other lie between the same ones: most of these are asked for again.
@lru_cache(maxsize=1024)
def _value(key: NoiseKey, time: int, correlation_time: float, count: int, span: int) -> Tensor:
    """The same, of intervals ``span`` that are halved."""
    drawn = key.normal(time * count, count)
    if time % span == 0:
        return drawn
    half = time & -time
    left, right = (
        _value(key, end, correlation_time, count, span) for end in (time - half, time + half)
    )
    mean, rms = _bridge(half / correlation_time)
    return mean * (left + right) + rms * drawn


def step_variance(time: float, correlation_time: float) -> float:
    """Variance of ``X(t + time) - X(t)`` for a variance of 1: 2 (1 - exp(-time/τ))."""
    return -2.0 * math.expm1(-time / correlation_time)


def _bridge(half: float) -> tuple[float, float]:
    """Weight of either end half-way between them, and rms about their sum; ``half`` is h/τ."""
    left = math.exp(-half)
    return left / (1.0 + left**2), math.sqrt(-math.expm1(-2.0 * half) / (1.0 + left**2))
