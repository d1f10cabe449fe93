"""Converters of I and Q, and the residue that a pair of codes is decided as.

Legend of shapes: Q quadrature (I, Q); ``...`` readings, and places of their receivers where those
broadcast against them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from circuits.coding.phase_code import nearest_residue
from photonics.converters import code_moments
from photonics.copies import Copies
from photonics.random import NoiseKey

# Above this a table of all code pairs no longer fits a cache, and each pair is decided afresh.
_MAX_TABLE_BITS = 10

# Harmonics of the quantiser's error that count.
_HARMONICS = 20


@dataclass(frozen=True)
class Converter:
    """The pair of converters behind each receiver of one modulus.

    Attributes:
        modulus: m.
        bits: of either converter.
        noise_lsb: rms noise at its input, in steps.
        inl_rms_lsb: rms of how far its transitions are off, in steps; 0 for linear ones.
    """

    modulus: int
    bits: int
    noise_lsb: float
    inl_rms_lsb: float

    @property
    def half_range(self) -> int:
        """Number of codes on either side of zero."""
        return 1 << (self.bits - 1)

    @property
    def lsb(self) -> float:
        """One step as a fraction of the full scale."""
        return 1.0 / self.half_range

    @property
    def noise_rms(self) -> float:
        """Rms noise at the input as a fraction of the full scale."""
        return self.noise_lsb * self.lsb

    def noise(self, key: NoiseKey, start: int, shape: torch.Size) -> Tensor:
        """Noise at the inputs as fractions of the full scale, float64 (..., Q)."""
        normals = key.fold("converter noise").normal_pairs(start, shape.numel(), torch.float64)
        return self.noise_rms * torch.stack(normals, dim=-1).reshape(*shape, 2)

    def codes(
        self, in_phase: Tensor, quadrature: Tensor, transitions: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Codes of I and Q from fractions of the full scale.

        Args:
            in_phase: I, (...).
            quadrature: Q, (...).
            transitions: where the codes change, rising, (..., Q, codes - 1); none if linear.
        """
        top = self.half_range
        if transitions is None:
            return tuple((x * top).floor().clamp(-top, top - 1) for x in (in_phase, quadrature))  # type: ignore[return-value]
        edges = transitions.to(in_phase.dtype).unbind(-2)
        code_i, code_q = (
            (x.unsqueeze(-1) >= t).sum(-1) - top
            for x, t in zip((in_phase, quadrature), edges, strict=True)
        )
        return code_i.to(in_phase.dtype), code_q.to(in_phase.dtype)

    def middle(self, code: Tensor) -> Tensor:
        """Input at the middle of a code's cell, as a fraction of the full scale."""
        return (code + 0.5) * self.lsb

    def moments(
        self, mean: Tensor, rms: Tensor, transitions: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        """Mean and variance of the middle of the code of noisy inputs; see ``code_moments``."""
        return code_moments(mean, rms, self.half_range, transitions)

    def decide(
        self, in_phase: Tensor, quadrature: Tensor, transitions: Tensor | None = None
    ) -> Tensor:
        """Convert and decide: residues, int16, from I and Q as fractions of the full scale."""
        code_i, code_q = self.codes(in_phase, quadrature, transitions)
        if self.bits <= _MAX_TABLE_BITS:
            top = self.half_range
            index = code_i.mul(2 * top).add_(code_q).add_(top * (2 * top + 1)).to(torch.int64)
            return self._tables[index.device].take(index)
        return self._nearest(code_i, code_q)

    @cached_property
    def table(self) -> Tensor:
        """Decided residue of every pair of codes, flattened with code I outermost."""
        top = self.half_range
        codes = torch.arange(-top, top, dtype=torch.float64)
        return self._nearest(*torch.meshgrid(codes, codes, indexing="ij")).flatten()

    @cached_property
    def _tables(self) -> Copies[Tensor]:
        return Copies(self.table.to)

    def _nearest(self, code_i: Tensor, code_q: Tensor) -> Tensor:
        middle_i, middle_q = code_i.to(torch.float64) + 0.5, code_q.to(torch.float64) + 0.5
        return nearest_residue(middle_i, middle_q, self.modulus).to(torch.int16)


def averaged_variance(variance: Tensor, lsb: Tensor, averages: int) -> Tensor:
    """Variance of an averaged reading whose symbols have a variance before the converter, (N,).

    The quantiser's error is a sawtooth of the input.  Noise of σ steps lets a share
    exp(-4π²h²σ²) of the variance of its harmonic h stand still from symbol to symbol.
    """
    harmonic = torch.arange(1, _HARMONICS + 1, dtype=torch.float64)
    step = lsb[..., None]
    power = (step / math.pi / harmonic) ** 2 / 2.0
    damping = (-4.0 * math.pi**2 * variance[..., None] / step**2 * harmonic**2).exp()
    still = (power * damping).sum(-1)
    left: Tensor = (variance + lsb**2 / 12.0 - still) / averages + still
    return left
