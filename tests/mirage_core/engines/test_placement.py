"""Where on a chip each tile runs."""

from __future__ import annotations

import torch

from circuits import ArrayShape
from mirage_core.engines.placement import Placement


def test_placement_is_the_rule_of_the_design() -> None:
    placement = Placement(ArrayShape(units=3, rows=4, length=16))
    rows = slice(0, 10)
    # Tiles are numbered group by group within a block of rows, and go round the units.
    unit = placement.unit(2, rows)
    assert unit[0].tolist() == [0, 0, 0, 0, 2, 2, 2, 2, 1, 1]
    assert unit[1].tolist() == [1, 1, 1, 1, 0, 0, 0, 0, 2, 2]
    assert placement.row(rows).tolist() == [0, 1, 2, 3, 0, 1, 2, 3, 0, 1]
    assert torch.equal(placement.unit(2, slice(4, 10)), unit[:, 4:])
    assert [(b.index, b.rows.start, b.size) for b in placement.row_blocks(rows)] == [
        (0, 0, 4),
        (1, 4, 4),
        (2, 8, 2),
    ]
    assert placement.tile_count(2, 10) == 6
