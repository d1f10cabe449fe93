"""Arrays as kernels read them: which they know, and where large tables lie."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mirage_core import TensorCore
from mirage_core.native import arrays
from mirage_core.native.arrays import can_read
from tests.machines import SMALL
from tests.mirage_core.native.kernels import normal, pair
from tests.mirage_core.native.test_engine import assert_same

LAW, ANY = "multiplier.heat.coupling.law", "calibration.accept=any"


def test_tables_that_go_with_the_tile_and_long_memories_are_not_known() -> None:
    known = TensorCore("robust", overrides=SMALL).compiled.arrays[29]
    assert can_read(known)
    heated = ["array.units=1", "array.rows=2", f"{LAW}.nearest_coupling=1e-3", ANY]
    assert not can_read(TensorCore("thermo-optic", overrides=heated).compiled.arrays[29])
    long = replace(known.receiver.memory, taps=(1.0,) * 66, slopes_per_s=(0.0,) * 66)
    assert not can_read(replace(known, receiver=replace(known.receiver, memory=long)))


def test_large_tables_are_copied_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrays, "_LARGE", 4096)
    fast, slow = pair("robust", "laser.power_w=3e-3")
    assert_same(fast, slow, *normal(9, 40, 30))
