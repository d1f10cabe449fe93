"""Noise that all rows of an array share in a symbol: of the laser, and of the clock.

Intensity noise scales both rails alike; phase noise enters through the difference of their
delays, and is the same for every row.  Where only one rail has multipliers that difference, and
with it the size of the noise, follows the digits of the symbol, which all rows share too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from circuits.receiver.memory import SymbolMemory
from photonics.random import NoiseKey, normal_pairs_at


@dataclass(frozen=True)
class LaserNoise:
    """Noise of the laser within the receiver's bandwidth.

    Attributes:
        intensity_rms: rms relative fluctuation of its power.
        phase_rms_rad: rms phase between the rails, by its linewidth and their unequal delay, by
            how many of the digits of a symbol are one; a single number for any.
    """

    intensity_rms: float
    phase_rms_rad: tuple[float, ...]

    def phase_rms_of(self, digits: Tensor) -> Tensor:
        """Rms phase between the rails in rad, float64 (...), of symbols by digits (..., J·D)."""
        if len(self.phase_rms_rad) == 1:
            return self._phase_rms[0].expand(digits.shape[:-1])
        return self._phase_rms.to(digits.device)[digits.sum(-1).long()]

    @cached_property
    def _phase_rms(self) -> Tensor:
        return torch.tensor(self.phase_rms_rad, dtype=torch.float64)

    def draw(
        self, key: NoiseKey, start: int, count: int, dtype: torch.dtype
    ) -> tuple[Tensor, Tensor]:
        """Relative power (about 1), and phase between the rails over its rms, of a run of symbols.

        Args:
            key: key of the array's readouts; the laser takes a stream of its own from it.
            start: index of the first symbol.
            count: number of symbols.
            dtype: float32 or float64.
        """
        return self.scaled(key.fold("laser").normal_pairs(start, count, dtype))

    def draw_symbols(self, key: NoiseKey, symbol: Tensor) -> tuple[Tensor, Tensor]:
        """The noise of :meth:`draw`, float64, for symbols (n,) of any numbers."""
        return self.draw_at([key], torch.zeros_like(symbol), symbol, torch.float64)

    def draw_at(
        self, keys: Sequence[NoiseKey], array: Tensor, symbol: Tensor, dtype: torch.dtype
    ) -> tuple[Tensor, Tensor]:
        """The noise of :meth:`draw`, for single symbols (n,): index of array, symbol."""
        lasers = [key.fold("laser") for key in keys]
        return self.scaled(normal_pairs_at(lasers, array, symbol, dtype))

    def scaled(self, normals: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        """Relative power, and phase between the rails over its rms, from standard normals (...)."""
        intensity, phase = normals
        return (1.0 + self.intensity_rms * intensity).clamp_(min=0.0), phase


def clock_jitter(memory: SymbolMemory, key: NoiseKey, symbol: Tensor) -> Tensor | None:
    """Standard normals of the sampling clock for symbols (n,), shared by all rows of an array.

    None where the jitter moves nothing.
    """
    if not memory.jitters:
        return None
    return normal_pairs_at([key.fold("clock")], torch.zeros_like(symbol), symbol)[0]
