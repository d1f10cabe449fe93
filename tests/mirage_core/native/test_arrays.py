"""Arrays as kernels read them: which they know, and where large tables lie."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from circuits import calibrate, fabricate
from circuits.control.oracle import OracleController
from mirage_core import TensorCore, load_machine
from mirage_core.engines import CompactEngine
from mirage_core.native import arrays
from mirage_core.native.arrays import can_read
from tests.machines import SMALL
from tests.mirage_core.native.kernels import normal, pair
from tests.mirage_core.native.test_engine import assert_same
from tests.parameter_machines import coupler_rows

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


@pytest.mark.parametrize("rails", ["dual", "single"])
def test_parts_that_were_measured_to_gain_are_read_one_by_one(rails: str) -> None:
    """Neither classes of losses nor what kernels count beside them know a loss below 0."""
    machine = load_machine("robust", [*SMALL, "calibration.accept=any"]).changed(
        {
            "multiplier.rails": rails,
            "multiplier.switch.kind": "mzi",
            "multiplier.switch.arm.loss_db_per_m": 0.01,
            "multiplier.switch.coupler.measured": coupler_rows(0.5, 0.0, 0.0),
            "moduli": (7, 15, 16),
            "bfp": {"mantissa_bits": 3, "group_size": 8},
            "laser": {"power_w": 0.02, "linewidth_hz": 1e7},
        }
        | ({"receiver.reference_delay_s": 1e-10} if rails == "single" else {})
    )
    raw = fabricate(machine.design, machine.moduli, machine.array_shape, 0)
    chip = calibrate(raw, controller=OracleController(residual_rad=1e-3))
    fast, tensors, slow = (TensorCore(machine, chip=chip) for _ in range(3))
    tensors._native = slow._native = None
    assert isinstance(slow.engine, CompactEngine)
    slow.engine.limit = None
    assert all(a.receiver.gain.amplifies for a in slow.compiled.arrays.values())
    a, b = normal(21, 40, 60)
    for core in (fast, tensors):
        assert_same(core, slow, a, torch.relu(b))
