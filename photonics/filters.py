r"""One filter for signal and noise: what a finite bandwidth does to a train of symbols.

::

    symbol k      u_k ──►[ H(f) ]──► y_k, sampled at the end of the symbol of length T

    one pole:     y_k = (1 - r) u_k + r y_{k-1},   r = exp(-2π f T),   B = (π/2) f
    two poles     y_k = Re[(1 - i) z_k],           z_k = (1 - q) u_k + q z_{k-1},
    (Butterworth):                                 q = exp(-(1 - i) √2 π f T),  B = 1.11 f

f is the frequency at which the power response has fallen to one half (3 dB), B the noise
bandwidth.  White noise of one-sided density S leaves the same filter with variance S B and, from
one sample to the next, with the correlation that the step response still lacks after T.
"""

from __future__ import annotations

import cmath
import math
from typing import Literal

import torch
from torch import Tensor

from photonics.errors import InputError

Poles = Literal[1, 2]
Pole = float | complex

# Beyond this a pole has forgotten: its power is below the resolution of float64.
_FORGOTTEN = 2.0**-60


def noise_bandwidth_hz(bandwidth_hz: float, poles: Poles) -> float:
    """Noise bandwidth of a Butterworth low-pass of ``poles`` poles: f (π/2n) / sin(π/2n)."""
    angle = math.pi / (2 * poles)
    return bandwidth_hz * angle / math.sin(angle)


def cascade_noise_bandwidth_hz(first_hz: float, second_hz: float) -> float:
    """Noise bandwidth of two one-pole filters in series: (π/2) f₁ f₂ / (f₁ + f₂)."""
    return 0.5 * math.pi / (1.0 / first_hz + 1.0 / second_hz)


def integrator_noise_bandwidth_hz(duration_s: float) -> float:
    """Noise bandwidth of integrating over a symbol and dumping: 1 / (2T)."""
    return 0.5 / duration_s


def symbol_pole(bandwidth_hz: float, symbol_s: float, poles: Poles) -> Pole:
    """What one symbol leaves of the filter's state: r (one pole) or the complex q (two)."""
    turn = 2.0 * math.pi * bandwidth_hz * symbol_s
    if poles == 1:
        return math.exp(-turn)
    return cmath.exp(turn * complex(-1.0, 1.0) / math.sqrt(2.0))


def filter_symbols(symbols: Tensor, pole: Pole, before: Tensor | float = 0.0) -> Tensor:
    """Outputs of the filter at the end of each symbol.

    Args:
        symbols: settled values of the symbols in order, (..., N), real, float32 or float64.
        pole: from :func:`symbol_pole`; real for one pole, complex for two.
        before: constant input before the first symbol, on which the filter had settled; (...).

    Returns:
        Outputs of the shape and dtype of ``symbols``.  The response is linear and its gain for
        a constant input is one.
    """
    start = torch.as_tensor(before, dtype=symbols.dtype, device=symbols.device)
    step = symbols - start[..., None]
    if isinstance(pole, complex):
        return (_recursion(step, pole) * complex(1.0, -1.0)).real + start[..., None]
    return _recursion(step, pole) + start[..., None]


def _recursion(step: Tensor, pole: Pole) -> Tensor:
    """``z_k = (1-p) u_k + p z_{k-1}`` by doubling: after s passes 2^s terms are summed."""
    output = step * (1.0 - pole)
    shift, weight = 1, pole
    while shift < step.shape[-1] and abs(weight) > _FORGOTTEN:
        output = torch.cat(
            [output[..., :shift], output[..., shift:] + weight * output[..., :-shift]], dim=-1
        )
        shift, weight = 2 * shift, weight * weight
    return output


def step_error(bandwidth_hz: float, time_s: float, poles: Poles) -> float:
    """What a unit step still lacks after ``time_s``.

    ``exp(-ωt)`` for one pole, ``exp(-at)(cos at + sin at)`` with a = ω/√2 for two.  It is also the
    correlation over that time of white noise that has passed the filter.
    """
    pole = symbol_pole(bandwidth_hz, time_s, poles)
    return (complex(1.0, -1.0) * pole).real if isinstance(pole, complex) else pole


def step_slope_per_s(bandwidth_hz: float, time_s: float, poles: Poles) -> float:
    """Slope of the response to a unit step ``time_s`` after it, per second.

    ``ω exp(-ωt)`` for one pole, ``2a exp(-at) sin at`` with a = ω/√2 for two.
    """
    omega = 2.0 * math.pi * bandwidth_hz
    if poles == 1:
        return omega * math.exp(-omega * time_s)
    decay = omega / math.sqrt(2.0)
    return 2.0 * decay * math.exp(-decay * time_s) * math.sin(decay * time_s)


def correlate_noise(normals: Tensor, residue: float) -> Tensor:
    """Unit-variance noise behind one pole at the symbol rate, from independent normals (..., N).

    ``n_k = r n_{k-1} + √(1-r²) g_k`` with ``n_0 = g_0``: stationary, neighbours correlated by r.
    """
    if not 0.0 <= residue < 1.0:
        raise InputError("residue", residue, "must be at least 0 and below 1")
    driven = normals * (math.sqrt(1.0 - residue * residue) / (1.0 - residue))
    driven = torch.cat([normals[..., :1] / (1.0 - residue), driven[..., 1:]], dim=-1)
    return _recursion(driven, residue)


def output_slope_per_s(symbols: Tensor, outputs: Tensor, bandwidth_hz: float) -> Tensor:
    """Slope of a one-pole output at the sampling instants: 2π f (u - y), per second.

    It is what clock jitter turns into noise: variance = (slope x jitter)².
    """
    return 2.0 * math.pi * bandwidth_hz * (symbols - outputs)


def spill(bandwidth_hz: float, symbol_s: float, poles: Poles) -> float:
    """Largest sum of all earlier symbols in a sample, over the share of its own symbol.

    For one pole r / (1 - r).  The taps are the steps of the settling error E:
    ``h_n = E(nT) - E((n+1)T)``, E(0) = 1.
    """
    pole = symbol_pole(bandwidth_hz, symbol_s, poles)
    if not isinstance(pole, complex):
        return pole / (1.0 - pole)
    taps = [(complex(1.0, -1.0) * (1.0 - pole)).real]
    power = pole
    while abs(power) > _FORGOTTEN:
        taps.append((complex(1.0, -1.0) * (1.0 - pole) * power).real)
        power *= pole
    return sum(map(abs, taps[1:])) / taps[0]


def worst_phase_error_rad(
    bandwidth_hz: float, symbol_s: float, poles: Poles = 1, amplitude_ratio: float = 1.0
) -> float:
    """Largest phase error of I + jQ that earlier symbols can cause: arcsin of their spill.

    Args:
        bandwidth_hz: 3 dB bandwidth of the front end of both quadratures.
        symbol_s: symbol time.
        poles: 1 or 2.
        amplitude_ratio: largest amplitude of an earlier symbol over that of the present one;
            where the loss depends on the data it is far from 1.

    Returns:
        The error, or π where earlier symbols can overwhelm the present one.
    """
    sine = amplitude_ratio * spill(bandwidth_hz, symbol_s, poles)
    return math.asin(sine) if sine < 1.0 else math.pi
