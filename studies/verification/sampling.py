"""Operands drawn for the checks, and what a core makes of them, counted apart from the core.

Legend of shapes: N streamed vector, M stationary row, J multiplier in a row.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from mirage_core.core.tensor_core import TensorCore
from mirage_core.engines import Operands
from mirage_core.engines.probe import Probe
from photonics.random import NoiseKey

LIT = ("field", "compact")
"""Fidelities that have light to look at."""


def mantissas(key: NoiseKey, top: int, rows: int, columns: int) -> Tensor:
    """Uniform integers of -top ... top, int16 (rows, columns)."""
    uniform = key.uniform(0, rows * columns).view(rows, columns)
    return ((uniform * (2 * top + 1)).floor() - top).to(torch.int16)


def operands(core: TensorCore, key: NoiseKey, vectors: int, rows: int) -> tuple[Tensor, Tensor]:
    """Streamed (N, J) and stationary (M, J) mantissas of one group."""
    bfp = core.machine.bfp
    streamed = mantissas(key.fold("streamed"), bfp.max_mantissa, vectors, bfp.group_size)
    stationary = mantissas(key.fold("stationary"), bfp.max_mantissa, rows, bfp.group_size)
    return streamed, stationary


def decided(
    core: TensorCore, streamed: Tensor, stationary: Tensor, key: NoiseKey
) -> Iterator[tuple[Tensor, Tensor]]:
    """Integers that a core decides and those that are right, block by block, both int64 (n, m)."""
    work = Operands(stationary[None], streamed[None], core.machine.bfp.max_dot)
    for block in core.engine.blocks(work, key):
        exact = streamed[block.vectors].double() @ stationary[block.rows].double().T
        yield block.dots[0].long(), exact.long()


def slips(dots: Tensor, exact: Tensor, modulus: int) -> Tensor:
    """By how many residues decisions are off, -(m//2) ... (m-1)//2."""
    half = modulus // 2
    return torch.remainder(dots - exact + half, modulus) - half


@dataclass(frozen=True)
class Readouts:
    """Readouts of vectors (N, J) against rows (M, J).

    Attributes:
        dots: decided integers, (N, M).
        exact: those that are right, (N, M).
        probe: I, Q, sent and decided residues of each modulus; empty without light.
    """

    dots: Tensor
    exact: Tensor
    probe: Probe

    def slips(self, modulus: int) -> Tensor:
        """By how many residues decisions of a modulus are off, (N, M)."""
        return slips(self.dots, self.exact, modulus)

    def quadratures(self, modulus: int) -> tuple[Tensor, Tensor]:
        """I and Q over the full scale before the converters, float64 (N, M)."""
        in_phase, quadrature = self.probe.samples[modulus][:2].double()
        return in_phase.view(self.exact.shape), quadrature.view(self.exact.shape)

    def phase_error_rad(self, modulus: int) -> Tensor:
        """Phase before the converters less the one that was sent, within ±π, (N, M)."""
        in_phase, quadrature = self.quadratures(modulus)
        sent = 2.0 * torch.pi / modulus * torch.remainder(self.exact, modulus)
        return torch.remainder(
            torch.atan2(quadrature, in_phase) - sent + torch.pi, 2.0 * torch.pi
        ).sub_(torch.pi)


def observe(core: TensorCore, streamed: Tensor, stationary: Tensor, key: NoiseKey) -> Readouts:
    """Read at most one array of rows, and look at the light where there is any."""
    assert len(stationary) <= core.machine.array.rows, "a probe keeps the order of one array"
    if core.fidelity not in LIT:
        blocks = list(decided(core, streamed, stationary, key))
        probe = Probe(0)
    else:
        with core.probe(len(streamed) * len(stationary)) as probe:
            blocks = list(decided(core, streamed, stationary, key))
    dots, exact = (torch.cat(part) for part in zip(*blocks, strict=True))
    return Readouts(dots, exact, probe)
