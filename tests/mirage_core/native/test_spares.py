"""The angle that kernels leave to readouts: never beyond what tensors do, and hardly less."""

from __future__ import annotations

import math

import pytest
import torch

from mirage_core.engines import CompactEngine, Operands
from mirage_core.native.engine import _Readouts
from photonics.random import NoiseKey
from tests.mirage_core.engines.blocks import bounded_block
from tests.mirage_core.native.kernels import INSTRUCTIONS, pair
from tests.mirage_core.native.test_engine import MACHINES

# Rows and vectors of a tile: few of both on AVX-512, few rows, and many.
SHAPES = (3, 60), (7, 30), (3, 80), (20, 60)
OTHERS = {
    "heaters": ("thermo-optic", "calibration.accept=any"),
    "five bits": ("robust", "bfp.mantissa_bits=5", "moduli=[63, 64, 65]"),
    "small moduli": ("lean", "moduli=[11, 13, 14, 15]"),
}
# Of half a cell: tilts of long rows may take all of it, and all of a narrow one.
MOST_LOST = {"long rows": 0.8, "five bits": 0.8, "heaters": 0.15}
NAMES = (
    "robust",
    "lean",
    "closed",
    "ideal",
    "dim",
    "nonlinear converters",
    "unlike rails",
    "short rows",
    "many rows",
    "long rows",
    *OTHERS,
)


@pytest.mark.parametrize("instructions", INSTRUCTIONS)
@pytest.mark.parametrize(("rows", "vectors"), SHAPES)
@pytest.mark.parametrize("name", NAMES)
def test_kernels_leave_no_more_than_tensors(
    name: str, rows: int, vectors: int, instructions: str
) -> None:
    """Bounds of tensors are held against brute force; here they are held against kernels'."""
    preset, *settings = {**MACHINES, **OTHERS}[name]
    more = ("array.rows=40", "array.units=1", "feed.fan_out=64")
    fast, slow = pair(preset, *settings, *more, instructions=instructions)
    engine, reference = fast._native, slow.engine
    assert engine is not None
    assert isinstance(reference, CompactEngine)
    generator, length = torch.Generator().manual_seed(2), fast.machine.bfp.group_size
    limit = engine.bfp.max_mantissa
    w, x = (
        torch.randint(-limit, limit + 1, (1, size, length), generator=generator, dtype=torch.int8)
        for size in (rows, vectors)
    )
    readouts = _Readouts(engine, w.unsqueeze(0), x.unsqueeze(0), [NoiseKey.from_seed(0)], 0, {})
    operands = Operands(w, x, engine.bfp.max_dot)
    quiet = 0
    for number, arrays in enumerate(reference.chip.arrays.values()):
        screening = engine.arrays[number].screening
        block, bounds = bounded_block(arrays, reference.chip.shape, operands, screening)
        expected = bounds.spare_rad(block)[0].double()
        found = torch.empty(vectors, rows, dtype=torch.float64)
        assert engine.kernels.call("spares", readouts.struct, number, 0, 0, found) == 0
        assert bool((found <= expected * (1.0 + 1e-6)).all())
        # Kernels round phases and tilts of multipliers.
        lost = float((expected - found).max()) * arrays.modulus / math.pi
        assert lost < MOST_LOST.get(name, 0.08)
        quiet += int((found > 0.0).sum())
    assert quiet > 0
