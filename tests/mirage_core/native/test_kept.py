"""What is kept of stationary operands changes no bit, and stays within its bound."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import torch

from mirage_core import TensorCore
from mirage_core.native.kept import KeptTiles, tile_bytes
from photonics.random import NoiseKey
from tests.mirage_core.native.kernels import INSTRUCTIONS, pair
from tests.mirage_core.native.test_engine import DRIVES, MACHINES, WANDER, normal
from tests.mirage_core.native.test_spares import OTHERS

NAMES = ("robust", "dim", "closed", "short rows", "many rows", "corrected", *OTHERS)


def told(core: TensorCore, a: torch.Tensor, b: torch.Tensor) -> tuple[torch.Tensor, dict[str, Any]]:
    """A product, and all that the ledger says of it."""
    core.ledger.kinds.clear()
    with core.step(1):
        found = core.matmul(a, b)
    return found, dict(vars(core.ledger.total))


def kept(core: TensorCore) -> KeptTiles:
    """What the kernels of a core keep."""
    assert core._native is not None
    return core._native.kept


@pytest.mark.parametrize("instructions", INSTRUCTIONS)
@pytest.mark.parametrize("name", NAMES)
def test_weights_that_stay_give_the_same_bits(name: str, instructions: str) -> None:
    machine = {**MACHINES, **OTHERS}[name]
    core, _ = pair(*machine, instructions=instructions)
    a, b = normal(37, 40, 70)
    # The third time all of it is recalled; half as many vectors need other sums of the same words.
    for vectors in (70, 70, 70, 35, 1):
        fresh, _ = pair(*machine, instructions=instructions)
        found, expected = (told(each, a, b[:, :vectors]) for each in (core, fresh))
        assert torch.equal(found[0], expected[0])
        assert found[1] == expected[1]
    assert kept(core).bytes > 37 * 40


def test_weights_that_change_in_place_are_read_anew() -> None:
    core, _ = pair("robust")
    a, b = normal(20, 40, 30)
    for number in range(3):
        told(core, a, b)
        a[5, 7 + number] *= -1.0
        fresh, _ = pair("robust")
        found, expected = told(core, a, b), told(fresh, a, b)
        assert torch.equal(found[0], expected[0])
        assert found[1] == expected[1]


def test_stacks_are_kept_item_by_item() -> None:
    core, _ = pair("robust", "laser.power_w=2e-3", "calibration.accept=any")
    pairs = [normal(20, 40, 30, seed) for seed in range(3)]
    w, x = torch.stack([a for a, _ in pairs]), torch.stack([b.T for _, b in pairs])
    keys = [NoiseKey.from_seed(seed) for seed in range(3)]
    results = []
    for _ in range(3):
        core.ledger.kinds.clear()
        results.append((core.gemms(w, x, keys, "forward"), dict(vars(core.ledger.total))))
    for result, counts in results[1:]:
        assert torch.equal(result, results[0][0])
        assert counts == results[0][1]


@pytest.mark.parametrize(
    ("settings", "shape"),
    [((), (16, 40, 30)), ((), (20, 40, 513)), (WANDER, (20, 40, 30)), (DRIVES, (20, 40, 30))],
    ids=["few rows", "many vectors", "rows that wander", "noisy drives"],
)
def test_nothing_is_kept_where_it_does_not_pay_or_hold(
    settings: tuple[str, ...], shape: tuple[int, int, int]
) -> None:
    core, _ = pair("robust", *settings, "calibration.accept=any")
    for _ in range(2):
        told(core, *normal(*shape))
    assert kept(core).bytes == 0


def test_memory_is_bound_and_the_last_used_stay() -> None:
    first, second, third = (torch.full((1, 2, 3, 4), n, dtype=torch.int8) for n in range(3))
    tiles = KeptTiles(most_bytes=250)
    assert tiles.of(first, 100) is None
    room = tiles.of(first.clone(), 100)
    assert room is not None
    assert (room.nbytes, int(room.sum())) == (100, 0)
    room[3] = 1
    again = tiles.of(first.clone(), 100)
    assert again is not None
    assert again.data_ptr() == room.data_ptr()
    assert tiles.of(second, 50) is None
    assert tiles.of(second, 50) is not None
    assert tiles.bytes == 100 + 50 + 2 * 24
    # The first one was used longest ago.
    assert tiles.of(third, 60) is None
    assert tiles.of(third, 60) is not None
    assert tiles.bytes == 50 + 60 + 2 * 24
    assert tiles.of(first, 100) is None
    assert tiles.of(torch.zeros(1, 1, 1, 1, dtype=torch.int8), 250) is None


def test_threads_that_share_a_core_do_not_trip_over_each_other() -> None:
    tiles = KeptTiles(most_bytes=40_000)
    operands = [torch.full((1, 2, 3, 4 + n), n, dtype=torch.int8) for n in range(14)]
    sizes = [1_000] * 12 + [30_000] * 2

    def ask(seed: int) -> None:
        chosen = torch.randint(14, (10_000,), generator=torch.Generator().manual_seed(seed))
        for number in chosen.tolist():
            tiles.of(operands[number], sizes[number])

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(6) as pool:
            list(pool.map(ask, range(6)))
    finally:
        sys.setswitchinterval(interval)
    assert tiles.bytes <= 40_000


def test_a_tile_is_its_bounds_and_words() -> None:
    assert tile_bytes(16, 5) == 448 + 16 * 6 * 32 * 4
