"""Blocks of readouts as engines make them, and the bounds of tensors on them."""

from __future__ import annotations

from circuits.coding.array_shape import ArrayShape
from circuits.compiled.arrays import CompiledArrays
from mirage_core.engines import Operands
from mirage_core.engines.compact import CompactBlock
from mirage_core.engines.placement import Placement
from mirage_core.engines.screened import Screen, TileBounds
from mirage_core.engines.screening import Screening
from photonics.random import NoiseKey


def bounded_block(
    arrays: CompiledArrays, shape: ArrayShape, operands: Operands, screening: Screening
) -> tuple[CompactBlock, TileBounds]:
    """All readouts of some operands on the arrays of one modulus, and what is said of them."""
    placement, w = Placement(shape), operands.stationary
    rows = slice(0, w.shape[1])
    unit, row = placement.unit(operands.groups, rows), placement.row(rows)
    drives = arrays.load(w, unit, row)
    block = CompactBlock(
        [arrays],
        [drives],
        [arrays.receivers(unit, row)],
        operands,
        NoiseKey.from_seed(0),
        slice(0, operands.streamed.shape[1]),
        rows,
        list(placement.row_blocks(rows)),
        None,
    )
    return block, Screen(screening).bound(w, unit, row, drives)
