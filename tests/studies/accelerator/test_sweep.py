"""Sizes of arrays without physics."""

from __future__ import annotations

import pytest

from mirage_core.cost.published.counting import products
from mirage_core.cost.published.hardware import MIRAGE
from photonics.errors import InputError
from studies.accelerator.sweep import axes_of, sweep


def test_all_combinations_of_sizes() -> None:
    axes = axes_of(["rows=16,32 units=4", "length=16"])
    assert axes == {"rows": [16, 32], "units": [4], "length": [16]}
    rows = sweep(products("alexnet"), MIRAGE, axes)
    assert [(r.units, r.rows, r.length) for r in rows] == [(4, 16, 16), (4, 32, 16)]
    for row in rows:
        sized = MIRAGE.resized(units=row.units, rows=row.rows)
        assert row.time_s == sized.total_s(products("alexnet"))
    assert rows[0].time_s == pytest.approx(2 * rows[1].time_s, rel=0.02)


@pytest.mark.parametrize("word", ["columns=4", "rows", "rows=a", "rows=0", "rows=8,,9"])
def test_other_words_are_refused(word: str) -> None:
    with pytest.raises(InputError, match="--sweep"):
        axes_of([word])
    assert axes_of([]) == {}


def test_sizes_are_named_once() -> None:
    with pytest.raises(InputError, match="is given twice; put all rows in one"):
        axes_of(["rows=8,16 units=4", "rows=32"])
