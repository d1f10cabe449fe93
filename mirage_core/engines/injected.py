"""Injected residue errors: exact residues, some of which are replaced as an error model says.

It lets redundancy be studied apart from physics; it is not a fidelity of the machine.

Legend of shapes: G group, n streamed vector, m stationary row; S single readouts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from mirage_core.arithmetic.redundancy_policy import Redundancy
from mirage_core.arithmetic.residue_errors import ResidueErrors
from mirage_core.arithmetic.rns import ModuliSet
from mirage_core.engines.base import DotBlock, Operands, Readings, slices
from mirage_core.engines.reconstruction import reconstruct
from photonics.random import NoiseKey, uniform_at

_BLOCK = 1 << 18


@dataclass(frozen=True)
class InjectedEngine:
    """Exact residues with independent errors of a given model on every readout.

    Attributes:
        moduli: all moduli that are read.
        errors: the model.
        redundancy: what is done about it.
        tile_rows: rows of an array.
    """

    moduli: ModuliSet
    errors: ResidueErrors
    redundancy: Redundancy
    tile_rows: int

    def blocks(self, operands: Operands, key: NoiseKey) -> Iterator[DotBlock]:
        """Yield decided dot products.

        In the stream of a modulus, readout (n, g, row) has index (n·G + g)·M + row.
        """
        rows = slice(0, operands.rows)
        per_vector = max(1, operands.groups * operands.rows)
        for vectors in slices(operands.vectors, max(1, _BLOCK // per_vector)):
            exact = operands.exact_dots(vectors, rows)
            first = operands.row_offset + vectors.start
            residues = []
            for modulus in self.moduli.moduli:
                stream = key.fold(modulus)
                chance = stream.uniform(first * per_vector, exact.numel(), exact.device)
                chance = chance.view(-1, operands.groups, operands.rows).transpose(0, 1)
                residues.append(self._err(exact, chance, modulus))
            again = partial(self._again, exact, key, first)
            readings = Readings(vectors, rows, exact, residues, again, self.tile_rows)
            yield reconstruct(readings, self.moduli, self.redundancy, operands.max_dot)

    def _again(
        self, exact: Tensor, key: NoiseKey, first: int, suspects: Tensor, attempt: int
    ) -> list[Tensor]:
        """Residues (S,) of the integers at (g, n, m), with the errors of another attempt."""
        group, vector, row = suspects.T
        fresh = key.fold("attempt", attempt)
        index = ((first + vector) * exact.shape[0] + group) * exact.shape[2] + row
        sent = exact[group, vector, row]
        moduli = self.moduli.moduli
        place = torch.arange(len(moduli), device=index.device).repeat_interleave(len(index))
        keys = [fresh.fold(m) for m in moduli]
        chances = uniform_at(keys, place, index.repeat(len(moduli))).view(len(moduli), -1)
        return [self._err(sent, chance, m) for chance, m in zip(chances, moduli, strict=True)]

    def _err(self, exact: Tensor, chance: Tensor, modulus: int) -> Tensor:
        residue = torch.remainder(exact, modulus).to(torch.int64)
        wrong = chance < self.errors.probability
        error = self.errors.error(chance[wrong], modulus)
        residue[wrong] = torch.remainder(residue[wrong] + error, modulus)
        return residue
