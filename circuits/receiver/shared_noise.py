"""Noise that all rows of an array share in a symbol: of the laser, and of the clock.

Intensity noise scales both rails alike; phase noise enters through the difference of their
delays, and is the same for every row.  Where only one rail has multipliers that difference, and
with it the size of the noise, follows the digits of the symbol, which all rows share too.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from circuits.receiver.memory import SymbolMemory
from photonics.copies import Copies
from photonics.readout_words import ReadoutStreams, symbol_normals


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
        rms_rad = self._phase_rms[digits.device]
        if len(rms_rad) == 1:
            return rms_rad[0].expand(digits.shape[:-1])
        return rms_rad[digits.sum(-1).long()]

    @cached_property
    def _phase_rms(self) -> Copies[Tensor]:
        return Copies(torch.tensor(self.phase_rms_rad, dtype=torch.float64, device="cpu").to)

    def draw(
        self, streams: ReadoutStreams, vector: Tensor, tile: Tensor | int = 0
    ) -> tuple[Tensor, Tensor]:
        """Relative power (about 1), and phase between the rails over its rms, of symbols (...).

        Args:
            streams: of the readouts.
            vector: numbers of the vectors that are streamed, int64 (...).
            tile: number of the tile.
        """
        return self.scaled(symbol_normals(streams.laser, vector, torch.as_tensor(tile)))

    def scaled(self, normals: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        """Relative power, and phase between the rails over its rms, from standard normals (...)."""
        intensity, phase = normals
        return (1.0 + self.intensity_rms * intensity).clamp_(min=0.0), phase


def clock_jitter(
    memory: SymbolMemory, streams: ReadoutStreams, vector: Tensor, tile: Tensor | int = 0
) -> Tensor | None:
    """Standard normals of the sampling clock for symbols (...), shared by all rows of an array.

    None where the jitter moves nothing.
    """
    if not memory.jitters:
        return None
    return symbol_normals(streams.clock, vector, torch.as_tensor(tile))[0]
