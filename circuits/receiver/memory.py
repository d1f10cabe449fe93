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

from dataclasses import dataclass

import torch
from torch import Tensor


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


SETTLED = SymbolMemory((1.0,), (0.0,), 0.0)
"""A receiver that has forgotten whatever came before."""


def symbol_run(vectors: slice, depth: int, device: torch.device | None = None) -> Tensor:
    """Numbers of the symbols of a slice and of the ``depth`` before it, int64 (depth + n,).

    Before the first symbol of a tile the receiver has settled on it.
    """
    return torch.arange(vectors.start - depth, vectors.stop, device=device).clamp_min(0)
