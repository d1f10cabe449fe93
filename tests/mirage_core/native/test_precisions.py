"""Single precision is off by no more than it says, and what it leaves open is decided in double."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from mirage_core import TensorCore
from mirage_core.native.engine import _Readouts
from photonics.random import NoiseKey
from tests.mirage_core.native.kernels import INSTRUCTIONS, kernels, normal, pair

# Half of the last place of 1.
UNIT = 2.0**-24
ANY = "calibration.accept=any"
MACHINES = {
    "robust": ("robust",),
    "dark": ("robust", "laser.power_w=5e-5", ANY),
    "the paper's": ("isca2024",),
    "loud laser": ("robust", "laser.rin_db_per_hz=-120", "receiver.rail_mismatch_s=1e-10"),
    "unlike rails": ("robust", "rail_splitter.imbalance_db=1.0", "laser.power_w=1e-3", ANY),
    "stepped gain": ("robust", "receiver.stage.step_db=1.0"),
    "single rail": ("robust", "multiplier.rails=single", "laser.linewidth_hz=2e7", ANY),
}


def _found(which: int, words: Tensor, instructions: str) -> np.ndarray:
    found = torch.empty(len(words), 2)
    kernels(instructions).call("functions", which, len(words), words, found)
    return found.double().numpy()


def _words(count: int, *edges: int) -> Tensor:
    """Pairs of random words, the first of the first ones as given, int32 (count, 2)."""
    generator = torch.Generator().manual_seed(0)
    words = torch.randint(-(1 << 31), 1 << 31, (count, 2), generator=generator)
    words[: len(edges), 0] = torch.tensor(edges)
    return words.int()


@pytest.mark.parametrize("instructions", INSTRUCTIONS)
def test_sines_and_cosines_of_every_octant_are_off_by_four_units(instructions: str) -> None:
    edges = [k << 29 for k in range(-4, 4)]
    words = _words(1 << 20, *edges, *(edge - 1 for edge in edges[1:]))
    angle = words[:, 0].double().numpy() * (2.0 * np.pi * 2.0**-32)
    expected = np.stack((np.sin(angle), np.cos(angle)), -1)
    off = np.abs(_found(0, words, instructions) - expected).max()
    assert UNIT < off <= 4.0 * UNIT


@pytest.mark.parametrize("instructions", INSTRUCTIONS)
def test_powers_of_two_are_off_by_three_units(instructions: str) -> None:
    words = _words(1 << 20, *(k << 30 for k in (-2, -1, 0, 1)))
    expected = np.exp2((words[:, 0].numpy() >> 8) * 2.0**-18)
    off = np.abs(_found(1, words, instructions)[:, 0] / expected - 1.0).max()
    assert UNIT < off <= 3.0 * UNIT


@pytest.mark.parametrize("instructions", INSTRUCTIONS)
def test_radii_are_off_by_nine_units_and_two_of_their_own(instructions: str) -> None:
    """Of all leading bytes, of words near 0 and 1, and on both sides of the root of a half."""
    words = _words(1 << 20)
    words[::8, 0], words[1::8, 0] = 0, 255
    words[2::8, 0] = 181
    lead = (words[:, 0].numpy() & 255).astype(np.float64)
    # The bits that follow these 40 may be any: the middle, and either end.
    given = lead * 2.0**-8 + (words[:, 1].numpy().astype(np.uint32)) * 2.0**-40
    found = _found(2, words, instructions)
    kept = found[:, 1] == 0.0
    # Of those of either end, a quarter of all here, one in 256.
    assert 0.9e-3 < 1.0 - kept.mean() < 1.3e-3
    worst = 0.0
    for rest in (0.0, 2.0**-41, 2.0**-40):
        radius = np.sqrt(-2.0 * np.log(np.maximum(given[kept] + rest, 1e-300)))
        off = np.abs(found[kept, 0] - radius) / (UNIT * (9.0 + 2.0 * radius))
        worst = max(worst, off.max())
    assert 0.1 < worst <= 1.0


def _precisions(fast: TensorCore, modulus: int) -> Tensor:
    """Readings of a tile in single precision, bounds, and in double: float64 (N, 8, 2, 3)."""
    engine = fast._native
    assert engine is not None
    generator = torch.Generator().manual_seed(1)
    limit = engine.bfp.max_mantissa
    w, x = (
        torch.randint(-limit, limit + 1, (1, 1, size, 16), generator=generator, dtype=torch.int8)
        for size in (8, 300)
    )
    readouts = _Readouts(engine, w, x, [NoiseKey.from_seed(3)], 0, {})
    found = torch.empty(300, 8, 2, 3, dtype=torch.float64)
    engine.kernels.call("precisions", readouts.struct, modulus, 0, 0, found)
    return found


@pytest.mark.parametrize("name", MACHINES)
@pytest.mark.parametrize("instructions", INSTRUCTIONS)
def test_readings_are_off_by_no_more_than_their_bounds(name: str, instructions: str) -> None:
    fast, _ = pair(*MACHINES[name], instructions=instructions)
    for modulus in range(3):
        coarse, bound, exact = _precisions(fast, modulus).unbind(-1)
        off = (coarse - exact).abs() / bound
        assert 0.0 < float(off.max()) <= 1.0
        # Bounds add up what is off at its worst, everywhere, and so are far from what happens. Next
        # to the reading, or a few codes, they are small all the same: few readouts are left open.
        assert float((bound / (exact.abs() + 8.0)).median()) < 2e-4


def test_what_single_precision_leaves_open_is_decided_in_double() -> None:
    """Of 76800 readouts some dozens lie within their bounds of another code."""
    fast, slow = pair("robust", "laser.power_w=1e-4", ANY)
    a, b = normal(16, 64, 400)
    with fast.step(1), slow.step(1):
        assert torch.equal(fast.matmul(a, b), slow.matmul(a, b))
    code, bound, _ = _precisions(fast, 2).unbind(-1)
    inside = code.abs() < 2 ** (fast.compiled.arrays[33].receiver.converter.bits - 1) - 1
    assert ((code - code.round()).abs() < bound)[inside].any()
