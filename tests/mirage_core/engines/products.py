"""Products of integers for the tests of engines."""

from __future__ import annotations

import torch

from mirage_core.engines import Operands


def operands(groups: int, rows: int, vectors: int, offset: int = 0) -> Operands:
    """Mantissas of four bits and a sign, uniform; ``offset`` is that of the first vector."""
    generator = torch.Generator().manual_seed(0)
    stationary = torch.randint(-15, 16, (groups, rows, 16), generator=generator)
    streamed = torch.randint(-15, 16, (groups, vectors, 16), generator=generator)
    return Operands(stationary.short(), streamed.short(), 3600, offset)


def plain_dots(o: Operands) -> torch.Tensor:
    return torch.einsum("gnj,gmj->gnm", o.streamed.long(), o.stationary.long())
