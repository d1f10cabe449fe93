"""Which physical multiplier each stationary operand sits on, and which stream its noise takes.

Row = index of the stationary row modulo the rows of an array; multiplier = index within the
group; unit = tile number modulo units, tiles being numbered group by group within a block of
rows.  The placement is a rule, not a state: it is the same in every run.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from circuits.coding.array_shape import ArrayShape
from mirage_core.arithmetic.rns import ModuliSet
from mirage_core.engines.base import Operands
from photonics.errors import InputError
from photonics.random import NoiseKey


@dataclass(frozen=True)
class RowBlock:
    """Consecutive stationary rows that share an array: index of the block and its rows."""

    index: int
    rows: slice

    @property
    def size(self) -> int:
        """Number of rows."""
        return len(range(self.rows.start, self.rows.stop))

    def key(self, key: NoiseKey, modulus: int) -> NoiseKey:
        """Stream of what is drawn for this block on the array of one modulus."""
        return key.fold(modulus, self.index)

    def tiles(self, groups: int, device: torch.device | None = None) -> Tensor:
        """Numbers of the tiles of this block, int64 (G,)."""
        return self.index * groups + torch.arange(groups, device=device)


class Arrays(Protocol):
    """What has arrays of some moduli: a chip, or a compiled one."""

    @property
    def moduli(self) -> tuple[int, ...]: ...  # noqa: D102

    @property
    def shape(self) -> ArrayShape: ...  # noqa: D102


def require_fit(chip: Arrays, moduli: ModuliSet, operands: Operands) -> None:
    """Refuse moduli that a chip has no arrays for, and groups that do not fill its rows.

    Raises:
        InputError: naming either.
    """
    lacking = [m for m in moduli.moduli if m not in chip.moduli]
    if lacking:
        raise InputError("moduli", lacking, f"the chip has arrays for {sorted(chip.moduli)}")
    size, length = operands.stationary.shape[-1], chip.shape.length
    if size != length:
        raise InputError("operands", size, f"must be groups of {length}, the length of a row")


@dataclass(frozen=True)
class Placement:
    """Maps groups and rows to units, rows and multipliers of a chip.

    Attributes:
        shape: of its arrays.
        device: where the numbers of units and rows are wanted.
    """

    shape: ArrayShape
    device: torch.device | None = None

    def row_blocks(self, rows: slice) -> Iterator[RowBlock]:
        """The blocks of a range of rows that starts at a block's first row."""
        size = self.shape.rows
        for start in range(rows.start, rows.stop, size):
            yield RowBlock(start // size, slice(start, min(start + size, rows.stop)))

    def unit(self, groups: int, rows: slice) -> Tensor:
        """Unit of every group and row, int64 (G, m)."""
        block = torch.arange(rows.start, rows.stop, device=self.device) // self.shape.rows
        tile = block * groups + torch.arange(groups, device=self.device)[:, None]
        return tile % self.shape.units

    def row(self, rows: slice) -> Tensor:
        """Row within its array of every stationary row, int64 (m,)."""
        return torch.arange(rows.start, rows.stop, device=self.device) % self.shape.rows

    def tile_count(self, groups: int, rows: int) -> int:
        """Tiles of a stationary operand."""
        return groups * -(-rows // self.shape.rows)
