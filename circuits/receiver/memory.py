"""What a reading keeps of earlier symbols, and what the jitter of the clock makes of the change.

The receiver samples at the end of each symbol, a guard g before the next one begins, so that a late
sample does not meet that one.  Behind a linear filter (the pole of the diodes, and those of the
amplifier) with the step response S, currents u_k of consecutive symbols of length T give

``y_k = Σ_n h_n u_{k-n}``, ``h_n = S((n+1)T - g) - S(nT - g)``, ``h_0 = S(T - g)``,

and the slope ``y'_k = Σ_n h'_n u_{k-n}``.

Taps end where the rest lies below the resolution of FP32; the last one takes up that rest, so that
constant currents pass unchanged.  Before the first symbol the receiver has settled on it.  White
noise keeps the variance of the filter's noise bandwidth; that it too resembles that of the symbol
before is left out, since it moves no error rate.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor

from circuits.design.circuit import Design
from circuits.design.receiver import ReceiverDesign
from photonics.errors import InputError

_NEGLIGIBLE = 2.0**-25
_LONGEST = 64
# Least time between sample and next symbol, in rms jitters.
_GUARD = 5.0


@dataclass(frozen=True)
class SymbolMemory:
    """Taps of the receiver's filter at the symbol rate.

    Attributes:
        taps: h_n, present symbol first.
        slopes_per_s: h'_n.
        jitter_s: rms jitter of the sampling clock.
    """

    taps: tuple[float, ...]
    slopes_per_s: tuple[float, ...]
    jitter_s: float

    @classmethod
    def of(cls, design: Design) -> SymbolMemory:
        """Memory of the receiver of a design; none where every symbol settles.

        Raises:
            InputError: if it remembers more symbols than can be counted, or samples when it should
                not.
        """
        receiver, symbol_s = design.receiver, design.symbol_s
        if receiver.memory == "settled" or math.isinf(symbol_s):
            return SETTLED
        response = receiver.response
        _check_guard(receiver, symbol_s)
        depth = math.ceil(-math.log(_NEGLIGIBLE) / (response.slowest_per_s * symbol_s))
        if depth > _LONGEST:
            diode, tia = receiver.photodiode.bandwidth_hz, receiver.tia.bandwidth_hz
            raise InputError(
                f"receiver.{'photodiode' if diode < tia else 'tia'}.bandwidth_hz",
                min(diode, tia),
                f"remembers {depth} symbols of {symbol_s:.3g} s, and at most {_LONGEST} can count",
                "widen it, lower the clock, or set receiver.memory=settled",
            )
        guard_s = receiver.sampling_guard_s
        after_s = [n * symbol_s - guard_s for n in range(1, depth + 1)]
        errors = [1.0, *(response.step_error(t) for t in after_s)]
        slopes = [0.0, *(response.step_slope_per_s(t) for t in after_s)]
        errors[-1] = slopes[-1] = 0.0
        taps = tuple(a - b for a, b in pairwise(errors))
        rises = tuple(b - a for a, b in pairwise(slopes))
        return cls(taps, rises, receiver.clock_jitter_s)

    @property
    def depth(self) -> int:
        """Earlier symbols that count."""
        return len(self.taps) - 1

    def sampled(self, current: Tensor, jitter: Tensor | None, dim: int) -> Tensor:
        """Currents at the sampling instants.

        Args:
            current: settled currents of consecutive symbols along ``dim``, the first ``depth`` of
                them earlier ones.
            jitter: standard normals of the clock, of the result's shape or broadcasting to it;
                none where it does not count.
            dim: axis of the symbols.

        Returns:
            As ``current``, without those earlier ones.
        """
        if self.depth == 0:
            return current
        count = current.shape[dim] - self.depth
        parts = [current.narrow(dim, self.depth - n, count) for n in range(self.depth + 1)]
        result = sum((h * u for h, u in zip(self.taps, parts, strict=True)), torch.tensor(0.0))
        if jitter is not None:
            slope = sum((s * u for s, u in zip(self.slopes_per_s, parts, strict=True)), result * 0)
            result = result + self.jitter_s * slope * jitter
        return result

    @property
    def jitters(self) -> bool:
        """Whether the jitter of the clock moves a reading."""
        return self.depth > 0 and self.jitter_s > 0.0


def _check_guard(receiver: ReceiverDesign, symbol_s: float) -> None:
    guard_s, jitter_s = receiver.sampling_guard_s, receiver.clock_jitter_s
    if guard_s < _GUARD * jitter_s:
        raise InputError(
            "receiver.clock_jitter_s",
            jitter_s,
            f"a fifth of receiver.sampling_guard_s at most, {guard_s / _GUARD:.3g} s",
            "a late sample would meet the next symbol: widen the guard",
        )
    if guard_s > 0.5 * symbol_s:
        raise InputError(
            "receiver.sampling_guard_s", guard_s, f"half a symbol at most, {0.5 * symbol_s:.3g} s"
        )


SETTLED = SymbolMemory((1.0,), (0.0,), 0.0)
"""A receiver that has forgotten whatever came before."""


def symbol_run(vectors: slice, depth: int) -> Tensor:
    """Numbers of the symbols of a slice and of the ``depth`` before it, int64 (depth + n,).

    Before the first symbol of a tile the receiver has settled on it.
    """
    return torch.arange(vectors.start - depth, vectors.stop).clamp_min(0)
