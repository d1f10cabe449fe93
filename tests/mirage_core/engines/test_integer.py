"""The integer engine: residues and back."""

from __future__ import annotations

import pytest
import torch

from mirage_core import ModuliSet
from mirage_core.engines import Operands


def operands(groups: int, rows: int, vectors: int, seed: int = 0) -> Operands:
    generator = torch.Generator().manual_seed(seed)
    stationary = torch.randint(-15, 16, (groups, rows, 16), generator=generator)
    streamed = torch.randint(-15, 16, (groups, vectors, 16), generator=generator)
    return Operands(stationary.short(), streamed.short(), 3600)


def plain_dots(o: Operands) -> torch.Tensor:
    return torch.einsum("gnj,gmj->gnm", o.streamed.long(), o.stationary.long())


@pytest.mark.parametrize("moduli", [(31, 32, 33), (29, 32, 33), (63, 64, 65)])
def test_residues_and_reconstruction_are_the_identity(moduli: tuple[int, ...]) -> None:
    o = operands(2, 30, 50)
    residues = [
        (o.streamed.long() % m) @ (o.stationary.long() % m).transpose(1, 2) % m for m in moduli
    ]
    found = ModuliSet(moduli).combine_reduced(residues)
    assert torch.equal(found.long(), plain_dots(o))
