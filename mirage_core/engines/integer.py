"""Exact residue arithmetic, without physics: the ideal limit and the baseline."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mirage_core.arithmetic.rns import ModuliSet
from mirage_core.engines.base import DotBlock, Operands, slices
from photonics.random import NoiseKey

_BLOCK = 1 << 20


@dataclass(frozen=True)
class IntegerEngine:
    """Exact dot products.

    Since the machine refuses formats whose dot products leave the range of its moduli, taking
    residues and reconstructing is the identity (proved equal by test), and the engine goes
    straight to the integers.
    """

    moduli: ModuliSet

    def blocks(self, operands: Operands, key: NoiseKey) -> Iterator[DotBlock]:
        """Yield exact dot products; ``key`` is not used."""
        per_vector = max(1, operands.groups * operands.rows)
        every_row = slice(0, operands.rows)
        for vectors in slices(operands.vectors, max(1, _BLOCK // per_vector)):
            yield DotBlock(vectors, every_row, operands.exact_dots(vectors, every_row))
