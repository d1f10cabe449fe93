r"""One filter for signal and noise: what finite bandwidths do to a train of symbols.

::

    symbol k      u_k ──►[ H(f) ]──► y_k, sampled at the end of the symbol of length T

    any filter    E(t) = Σ a_k exp(-s_k t)    what a unit step still lacks, E(0) = 1
    one pole      E = exp(-ωt)                                            B = (π/2) f
    two poles     E = exp(-at) (cos at + sin at),  a = ω/√2               B = 1.11 f
    (Butterworth)
    in series     a_k -> a_k ω / (ω - s_k), and -Σ a_k s_k / (ω - s_k) for the pole that is added

f is the frequency at which the power response has fallen to one half (3 dB), ω = 2π f, B the noise
bandwidth.  White noise of one-sided density S leaves the same filter with variance S B and, behind
a Butterworth filter, from one sample to the next with the correlation E(T).
"""

from __future__ import annotations

import cmath
import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import torch
from scipy.signal import lfilter
from torch import Tensor

Poles = Literal[1, 2]

# Beyond this a pole has forgotten: its power is below the resolution of float64.
_FORGOTTEN = 2.0**-60
# Equal poles in series are taken so far apart: 4e-8 of a step, where rounding costs 1e-9.
_APART = 1e-7


@dataclass(frozen=True)
class LowPass:
    """A low-pass filter of gain one, by what its step response still lacks.

    Attributes:
        shares: a_k; they add up to one.
        rates_per_s: s_k, 1/s; complex ones come with their conjugates, as their shares do.
    """

    shares: tuple[complex, ...]
    rates_per_s: tuple[complex, ...]

    @classmethod
    def butterworth(cls, bandwidth_hz: float, poles: Poles = 1) -> LowPass:
        """Maximally flat filter of one or two poles, by its 3 dB bandwidth."""
        omega = 2.0 * math.pi * bandwidth_hz
        if poles == 1:
            return cls((1.0,), (omega,))
        decay = omega / math.sqrt(2.0)
        return cls((0.5 - 0.5j, 0.5 + 0.5j), (decay * (1 - 1j), decay * (1 + 1j)))

    @classmethod
    def of_time_constant(cls, time_constant_s: float) -> LowPass:
        """One pole, by its time constant; a vanishing one settles at once."""
        return cls((1.0,), (1.0 / time_constant_s if time_constant_s else math.inf,))

    def behind(self, bandwidth_hz: float) -> LowPass:
        """This filter with one more pole in series, given by its 3 dB bandwidth."""
        omega = 2.0 * math.pi * bandwidth_hz
        if any(abs(omega - s) < _APART * omega for s in self.rates_per_s):
            omega *= 1.0 + _APART
        pairs = list(zip(self.shares, self.rates_per_s, strict=True))
        shares = [a * omega / (omega - s) for a, s in pairs]
        added = -sum((a * s / (omega - s) for a, s in pairs), 0.0)
        return LowPass((*shares, added.real), (*self.rates_per_s, omega))

    @property
    def noise_bandwidth_hz(self) -> float:
        """Noise bandwidth: half the integral of the squared impulse response h.

        With h = Σ a_k s_k exp(-s_k t) that integral is Σ a_k s_k H(s_k), and H(s), without zeros,
        is the product of all s_j / (s + s_j).
        """
        total: complex = 0.0
        for share, rate in zip(self.shares, self.rates_per_s, strict=True):
            total += share * rate * math.prod((s / (rate + s) for s in self.rates_per_s), start=1.0)
        return 0.5 * complex(total).real

    @property
    def slowest_per_s(self) -> float:
        """Rate at which the last of a step dies out, 1/s."""
        return min(complex(s).real for s in self.rates_per_s)

    def step_error(self, time_s: float) -> float:
        """What a unit step still lacks after ``time_s``."""
        pairs = zip(self.shares, self.rates_per_s, strict=True)
        return sum((a * cmath.exp(-s * time_s) for a, s in pairs), 0.0).real

    def step_slope_per_s(self, time_s: float) -> float:
        """Slope of the response to a unit step ``time_s`` after it, per second."""
        pairs = zip(self.shares, self.rates_per_s, strict=True)
        return sum((a * s * cmath.exp(-s * time_s) for a, s in pairs), 0.0).real

    def filtered(self, symbols: Tensor, symbol_s: float, before: Tensor | float = 0.0) -> Tensor:
        """Outputs of the filter at the end of each symbol.

        Args:
            symbols: settled values of the symbols in order, (..., N), real, float32 or float64.
            symbol_s: their length.
            before: constant input before the first symbol, on which the filter had settled; (...).

        Returns:
            Outputs of the shape and dtype of ``symbols``.  The response is linear and its gain for
            a constant input is one.
        """
        start = torch.as_tensor(before, dtype=symbols.dtype, device=symbols.device)[..., None]
        output = start.expand_as(symbols).clone()
        for share, rate in zip(self.shares, self.rates_per_s, strict=True):
            pole = cmath.exp(-rate * symbol_s)
            if complex(rate).imag == 0.0:
                output += complex(share).real * _recursion(symbols - start, pole.real)
            elif complex(rate).imag > 0.0:
                output += 2.0 * (share * _recursion(symbols - start, pole)).real
        return output

    def spill(self, symbol_s: float) -> float:
        """Largest sum of all earlier symbols in a sample, over the share of its own symbol.

        For one pole r / (1 - r) with r = E(T).  The taps are the steps of the settling error:
        ``h_n = E(nT) - E((n+1)T)``.
        """
        count = 2 + math.ceil(-math.log(_FORGOTTEN) / (self.slowest_per_s * symbol_s))
        errors = [self.step_error(n * symbol_s) for n in range(count + 1)]
        taps = [before - after for before, after in pairwise(errors)]
        return sum(map(abs, taps[1:])) / taps[0]

    def worst_phase_error_rad(self, symbol_s: float, amplitude_ratio: float = 1.0) -> float:
        """Largest phase error of I + jQ that earlier symbols can cause: arcsin of their spill.

        Args:
            symbol_s: symbol time.
            amplitude_ratio: largest amplitude of an earlier symbol over that of the present one;
                where the loss depends on the data it is far from 1.

        Returns:
            The error, or π where earlier symbols can overwhelm the present one.
        """
        sine = amplitude_ratio * self.spill(symbol_s)
        return math.asin(sine) if sine < 1.0 else math.pi


def _recursion(step: Tensor, pole: complex) -> Tensor:
    """``z_k = (1-p) u_k + p z_{k-1}``, float64 or complex128."""
    return torch.from_numpy(lfilter([1.0 - pole], [1.0, -pole], step.numpy(), axis=-1))
