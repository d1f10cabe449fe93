"""An array is its rows: the same digits, laser and clock, and heat of one another."""

from __future__ import annotations

import math

import pytest
import torch

from circuits import Design, ModularArray, ModularDotProduct, RowPosition, fabricate
from circuits.receiver.memory import symbol_run
from mirage_core import load_machine
from photonics.errors import InputError
from photonics.random import NoiseKey
from tests.circuits.designs import SHAPE

KEY = NoiseKey.from_seed(5)


def integers(name: str, *shape: int) -> torch.Tensor:
    uniform = KEY.fold(name).uniform(0, math.prod(shape)).view(shape)
    return (uniform * 31).long() - 15


@pytest.mark.parametrize("preset", ["robust", "isca2024"])
def test_rows_of_an_array_read_what_each_reads_alone(preset: str) -> None:
    # No heat, so a row does not know of the others; and every symbol held until it has settled.
    machine = load_machine(preset, ["bfp.group_size=4"])
    chip = fabricate(machine.design, (31,), SHAPE, seed=2)
    x, w = integers("x", 40, 4), integers("w", 3, 4)
    for unit in (0, 1):
        array = ModularArray.of(chip, 31, unit).held()
        together = array.ratios(x, w)
        for row in range(3):
            alone = ModularDotProduct(31, 4, chip=chip, position=RowPosition(unit, row))
            torch.testing.assert_close(
                together[:, row], alone.ratios(x, w[row]), rtol=0, atol=1e-12
            )
            assert torch.equal(array.read(x, w)[:, row], alone.read(x, w[row]))


def test_fewer_drives_than_rows_leave_the_rest_dark() -> None:
    chip = fabricate(Design(), (31,), SHAPE, seed=3)
    array = ModularArray.of(chip, 31)
    x, w = integers("x", 5, 4), integers("w", 3, 4)
    assert torch.equal(array.ratios(x, w[:2]), array.ratios(x, w)[:, :2])


def test_heat_of_one_row_reaches_the_next() -> None:
    machine = load_machine("thermo-optic", ["bfp.group_size=4"])
    chip = fabricate(machine.design, (31,), SHAPE, seed=2)
    array = ModularArray.of(chip, 31).held()
    x, w = integers("x", 5, 4), integers("w", 3, 4)
    cold = w.clone()
    cold[1:] = 0
    moved = (array.ratios(x, w)[:, 0] - array.ratios(x, cold)[:, 0]).abs().amax()
    alone = ModularDotProduct(31, 4, chip=chip)
    assert float(moved) > 1e-5
    torch.testing.assert_close(
        array.ratios(x, cold)[:, 0], alone.ratios(x, w[0]), rtol=0, atol=1e-12
    )


def test_an_unsettled_array_streams_in_order() -> None:
    machine = load_machine("isca2024", ["bfp.group_size=4", "clock_hz=3e10"])
    array = ModularArray.of(fabricate(machine.design, (31,), SHAPE, seed=2), 31)
    depth = array.memory.depth
    assert depth > 1
    x, w = integers("x", 30, 4), integers("w", 3, 4)
    run = symbol_run(slice(0, 30), depth)
    whole = array.ratios(x[run], w)
    later = array.ratios(x[run][10:], w)
    torch.testing.assert_close(later, whole[10:], rtol=0, atol=1e-12)
    assert float((whole - array.held().ratios(x, w)).abs().max()) > 1e-3


@pytest.mark.parametrize(
    ("x", "w", "word"),
    [
        (torch.ones(4, dtype=torch.int64), torch.ones(3, 4, dtype=torch.int64), "x, w"),
        (torch.ones(2, 4, dtype=torch.int64), torch.ones(4, 4, dtype=torch.int64), "M up to 3"),
        (torch.ones(2, 3, dtype=torch.int64), torch.ones(3, 4, dtype=torch.int64), "4 long"),
        (torch.ones(2, 4), torch.ones(3, 4, dtype=torch.int64), "integer type"),
    ],
)
def test_what_does_not_fit_is_refused(x: torch.Tensor, w: torch.Tensor, word: str) -> None:
    array = ModularArray.of(fabricate(Design(), (31,), SHAPE, seed=0), 31).held()
    with pytest.raises(InputError, match=word):
        array.read(x, w)


def test_a_unit_that_is_not_there_is_refused() -> None:
    with pytest.raises(InputError, match=r"position.unit = 2"):
        ModularArray.of(fabricate(Design(), (31,), SHAPE, seed=0), 31, 2)
