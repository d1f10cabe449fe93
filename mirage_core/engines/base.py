"""What every engine is given and what it returns.

Legend of shapes: G group along the contracted axis, M row of the stationary operand, N streamed
vector, J multiplier in a row.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol

import torch
from torch import Tensor

from circuits.compiled.row_wander import WanderState
from mirage_core.core.ledger import Counts
from photonics.random import NoiseKey

# Integers of up to 24 bits are exact in FP32, whatever the order of summation.
_FP32_EXACT = 1 << 24


@dataclass(frozen=True)
class Operands:
    """Mantissas of one GEMM.

    Attributes:
        stationary: drives, int16, (G, M, J).
        streamed: digits, int16, (G, N, J).
        max_dot: bound on the magnitude of a dot product of one group.
        row_offset: index of the first streamed vector in its batch.
        now: where the rows of each modulus have wandered to; empty at the start.
    """

    stationary: Tensor
    streamed: Tensor
    max_dot: int
    row_offset: int = 0
    now: Mapping[int, WanderState] = field(default_factory=dict)

    @property
    def groups(self) -> int:
        """G."""
        return self.stationary.shape[0]

    @property
    def rows(self) -> int:
        """M."""
        return self.stationary.shape[1]

    @property
    def vectors(self) -> int:
        """N."""
        return self.streamed.shape[1]

    @property
    def device(self) -> torch.device:
        """Where the mantissas are."""
        return self.streamed.device

    @cached_property
    def _real(self) -> tuple[Tensor, Tensor]:
        dtype = torch.float32 if self.max_dot < _FP32_EXACT else torch.float64
        return self.stationary.to(dtype), self.streamed.to(dtype)

    def exact_dots(self, vectors: slice | Tensor, rows: slice) -> Tensor:
        """Exact dot products (G, n, m), integers in FP32 (FP64 where they need it)."""
        stationary, streamed = self._real
        return torch.bmm(streamed[:, vectors], stationary[:, rows].transpose(1, 2))


@dataclass(frozen=True)
class Readings:
    """Decided residues of a block, or of some integers of it, and the way to read them again.

    Attributes:
        vectors: which streamed vectors.
        rows: which stationary rows.
        exact: what the dot products should be, (G, n, m).
        residues: decided residues of each modulus, (G, n, m).
        again: reads integers (S, 3), given by their indices (g, n, m) in the block, once more;
            takes the number of the attempt, from 1, and returns residues (S,) of each modulus.
        tile_rows: rows of an array: integers of the same g and n are read in one symbol if
            their rows lie in one tile of so many.
        places: of some integers (S,) their indices (g, n, m) in the block, (S, 3); ``exact`` and
            ``residues`` are then (S,), and ``again`` takes their numbers, (s, 1).  None for a
            whole block.
    """

    vectors: slice
    rows: slice
    exact: Tensor
    residues: list[Tensor]
    again: Callable[[Tensor, int], list[Tensor]]
    tile_rows: int
    places: Tensor | None = None


@dataclass(frozen=True)
class DotBlock:
    """Decided dot products of a block of the output.

    Attributes:
        vectors: which streamed vectors.
        rows: which stationary rows.
        dots: integers, (G, n, m), in any dtype that holds them exactly.
        wrong: integers of the block that are not the exact dot product.
        errors: readouts of the block decided wrongly, by modulus; readings again included.
        corrected: readings of an integer that were put right by redundant residues.
        detected: readings of an integer that were found impossible and beyond correction.
        undetected: integers accepted although wrong.
        re_reads: readings of an integer after its first.
        re_read_symbols: symbols streamed for them; integers of one tile and vector share one.
        screened: readouts that were not evaluated, since noise could not reach them.
    """

    vectors: slice
    rows: slice
    dots: Tensor
    wrong: int = 0
    errors: dict[int, int] = field(default_factory=dict)
    corrected: int = 0
    detected: int = 0
    undetected: int = 0
    re_reads: int = 0
    re_read_symbols: int = 0
    screened: int = 0

    @property
    def counts(self) -> Counts:
        """What the block adds to the counts of its product."""
        return Counts(
            symbols=self.re_read_symbols,
            wrong_integers=self.wrong,
            readouts=Counter(dict.fromkeys(self.errors, self.re_reads)),
            errors=Counter(self.errors),
            corrected=self.corrected,
            detected=self.detected,
            undetected=self.undetected,
            re_reads=self.re_reads,
            screened=self.screened,
        )


class Engine(Protocol):
    """Computes the dot products of every group, block by block."""

    def blocks(self, operands: Operands, key: NoiseKey) -> Iterator[DotBlock]:
        """Yield blocks that together cover the output once."""
        ...


def slices(total: int, size: int) -> Iterator[slice]:
    """Consecutive slices of at most ``size`` that cover ``range(total)``."""
    for start in range(0, total, size):
        yield slice(start, min(start + size, total))
