"""Integers of every type and size, and what is no row, no chip, no place, no operand."""

from __future__ import annotations

import pytest
import torch

from circuits import ArrayShape, Design, ModularDotProduct, RowPosition, bring_up, fabricate
from circuits.coding.digit_code import DigitCode, Encoding
from circuits.coding.phase_code import drive_level
from mirage_core import TensorCore, load_machine
from photonics.errors import InputError

INTEGERS = (torch.int8, torch.uint8, torch.int16, torch.int32, torch.int64)
RAW = fabricate(Design(), (31,), ArrayShape(2, 3, 4), seed=1)


@pytest.mark.parametrize("dtype", INTEGERS, ids=str)
@pytest.mark.parametrize("modulus", [2, 31, 33, 200, 1000])
def test_integers_of_every_type_at_its_ends(dtype: torch.dtype, modulus: int) -> None:
    ends = torch.iinfo(dtype)
    numbers = sorted({*range(ends.min, ends.min + 40), *range(ends.max - 40, ends.max + 1), 0, 1})
    held = torch.tensor(numbers, dtype=dtype)
    digits = DigitCode(modulus).digits(held)
    coded = [sum(int(bit) << d for d, bit in enumerate(row)) for row in digits]
    assert coded == [n % modulus for n in numbers]
    half = modulus // 2
    assert drive_level(held, modulus).tolist() == [(n + half) % modulus - half for n in numbers]


@pytest.mark.parametrize("dtype", INTEGERS, ids=str)
@pytest.mark.parametrize("encoding", ["unsigned", "twos-complement"])
def test_a_row_reads_integers_of_every_type(dtype: torch.dtype, encoding: Encoding) -> None:
    ends = torch.iinfo(dtype)
    x = torch.tensor([[ends.max, 3], [ends.min, 1], [ends.max - 7, 0]], dtype=dtype)
    w = torch.tensor([[1, 2], [ends.max, 5], [1, ends.max]], dtype=dtype)
    design = ModularDotProduct(33, 2).design
    coded = design.multiplier.model_copy(update={"encoding": encoding})
    mdpu = ModularDotProduct(33, 2, design.model_copy(update={"multiplier": coded}))
    exact = [
        sum(a * b for a, b in zip(p, q, strict=True)) % 33
        for p, q in zip(x.tolist(), w.tolist(), strict=True)
    ]
    assert mdpu.read(x, w).tolist() == exact


@pytest.mark.parametrize(
    ("x", "word"),
    [
        ([1, 2, 3, 4], "a tensor of integers"),
        (torch.ones(4), "integer type"),
        (torch.ones(4, dtype=torch.uint64), "int64 holds"),
        (torch.ones(3, dtype=torch.int64), "4 long"),
        (torch.tensor(1), "4 long"),
    ],
)
def test_what_is_no_operand_is_refused(x: object, word: str) -> None:
    mdpu, good = ModularDotProduct(31, 4), torch.ones(4, dtype=torch.int64)
    with pytest.raises(InputError, match=rf"^x = .*{word}"):
        mdpu.read(x, good)  # type: ignore[arg-type]
    with pytest.raises(InputError, match=rf"^w = .*{word}"):
        mdpu.read(good, x)  # type: ignore[arg-type]


@pytest.mark.parametrize("modulus", [1, 0, -3, 1 << 15, 31.0])
def test_what_is_no_modulus_is_refused(modulus: int) -> None:
    with pytest.raises(InputError, match=r"^modulus = "):
        ModularDotProduct(modulus, 4)
    with pytest.raises(InputError, match=r"^modul(us|i) = "):
        fabricate(Design(), (31, modulus), ArrayShape(1, 1, 2), 0)


def test_moduli_and_shapes_of_no_chip_are_refused() -> None:
    with pytest.raises(InputError, match="one array for each modulus"):
        fabricate(Design(), (31, 31), ArrayShape(1, 1, 2), 0)
    with pytest.raises(InputError, match="at least one"):
        fabricate(Design(), (), ArrayShape(1, 1, 2), 0)
    with pytest.raises(InputError, match=r"array.rows = 1.5: must be a whole number"):
        ArrayShape(1, 1.5, 2)  # type: ignore[arg-type]


@pytest.mark.parametrize(("unit", "row"), [(2, 0), (0, 3), (-1, 0), (0, -1)])
def test_places_that_a_chip_does_not_have_are_refused(unit: int, row: int) -> None:
    with pytest.raises(InputError, match=r"^position\.(unit|row) = .*0 to "):
        ModularDotProduct(31, 4, chip=RAW, position=RowPosition(unit, row))


@pytest.mark.parametrize("length", [1, 3, 5])
def test_light_passes_the_whole_row_of_a_chip(length: int) -> None:
    with pytest.raises(InputError, match=r"^length = .*all 4 multipliers.*stream zeros"):
        ModularDotProduct(31, length, chip=RAW)


def test_a_chip_keeps_its_glass_under_another_design() -> None:
    brighter = RAW.design.model_copy(
        update={"laser": RAW.design.laser.model_copy(update={"power_w": 5e-3})}
    )
    mdpu = ModularDotProduct(31, 4, brighter, chip=RAW)
    x = torch.arange(4)
    dim = ModularDotProduct(31, 4, chip=RAW)
    ratio = mdpu.powers(x, x) / dim.powers(x, x)
    expected = torch.full((4,), 5e-3 / RAW.design.laser.power_w, dtype=torch.float64)
    torch.testing.assert_close(ratio, expected, rtol=1e-9, atol=0)
    other = RAW.design.multiplier.model_copy(update={"polarity": "one-coupled"})
    with pytest.raises(InputError, match=r"^chip = .*multiplier.*another design"):
        ModularDotProduct(31, 4, RAW.design.model_copy(update={"multiplier": other}), chip=RAW)


def test_a_chip_says_which_it_is_in_a_line() -> None:
    assert repr(RAW) == "Chip(moduli=(31,), 2 x 3 x 4, seed=1, raw)"
    assert RAW in [RAW]
    assert RAW.copied() != RAW


def test_whoever_spoils_a_commissioned_chip_spoils_his_own_copy() -> None:
    machine = load_machine("robust", ["array.units=1", "array.rows=2", "bfp.group_size=4"])
    chip = TensorCore(machine, fidelity="compact").chip
    kept = chip.trims[29].digit_rad.clone()
    chip.trims[29].digit_rad.zero_()
    again = bring_up(machine.design, chip.moduli, chip.shape, machine.chip_seed)
    assert torch.equal(again.trims[29].digit_rad, kept)
