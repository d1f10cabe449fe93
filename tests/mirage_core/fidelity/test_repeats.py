"""Errors that stay and errors that come anew, told apart by a second reading."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch

import mirage_core as mirage
from circuits.compiled.arrays import CompiledChip
from mirage_core.arithmetic.redundancy_policy import UNPROTECTED
from mirage_core.engines import CompactEngine, InjectedEngine
from mirage_core.fidelity.repeats import Repeats, read_twice
from photonics.random import NoiseKey
from tests.machines import SMALL
from tests.mirage_core.helpers import gaussian

KEY = NoiseKey.from_seed(5)


def with_row_turned(chip: CompiledChip, modulus: int, line: int) -> CompiledChip:
    """The chip with one row of one array a whole residue off."""
    arrays = chip.arrays[modulus]
    response = arrays.digits.input_response.clone()
    response[line, 2] += round(2 * math.pi / modulus / arrays.digits.step[2])
    digits = replace(arrays.digits, input_response=response)
    return replace(chip, arrays={**chip.arrays, modulus: replace(arrays, digits=digits)})


@pytest.mark.parametrize(("share", "chance"), [(0.0, 0.1), (0.02, 0.0), (0.25, 0.5), (1.0, 0.0)])
def test_the_two_kinds_are_what_two_readings_were_made_of(share: float, chance: float) -> None:
    count = 10_000
    wrong = 2 * count * (share + (1 - share) * chance)
    twice = count * (share + (1 - share) * chance**2)
    found = Repeats(count, round(wrong), round(twice))
    assert found.persistent == pytest.approx(count * share, abs=1e-6)
    assert found.random == pytest.approx(count * (1 - share) * chance, abs=1e-6)


def test_independent_errors_are_random_whatever_their_rate() -> None:
    """Errors are binomial; of independent readings N f scatters by √N p / (1 - p) around zero."""
    chance = 0.05
    core = mirage.TensorCore("isca2024-ideal", fidelity="integer")
    operands, *_ = core.operands(gaussian(32, 320), gaussian(64, 320, seed=1), KEY)
    errors = mirage.ResidueErrors(probability=chance)
    engine = InjectedEngine(core.moduli, errors, UNPROTECTED, tile_rows=32)
    for found in read_twice(engine, operands, KEY, core.moduli.moduli):
        count = found.readouts
        assert count == 20 * 32 * 64
        assert abs(found.errors - count * chance) < 5 * math.sqrt(count * chance / 2)
        assert found.persistent < 5 * math.sqrt(count) * chance / (1 - chance)
        # Independent as the readings are, some of them coincide.
        assert abs(found.twice - count * chance**2) < 5 * math.sqrt(count) * chance


def test_a_row_that_is_off_is_wrong_in_both_readings() -> None:
    """Of two groups on two units, the first one's rows 3 and 11 are on row 3 of unit 0."""
    core = mirage.TensorCore("isca2024-ideal", overrides=SMALL)
    first, second, third = core.moduli.moduli
    operands, *_ = core.operands(gaussian(16, 32), gaussian(50, 32, seed=1), KEY)
    engine = CompactEngine(with_row_turned(core.compiled, second, 3), core.moduli)
    found = read_twice(engine, operands, KEY, (first, second, third))
    assert found[0] == found[2] == Repeats(2 * 16 * 50)
    assert found[1] == Repeats(2 * 16 * 50, wrong=2 * 100, twice=100)
    assert found[1].persistent == pytest.approx(100)
    assert found[1].random == pytest.approx(0, abs=1e-9)


def test_the_first_reading_is_that_of_the_product_and_the_second_another() -> None:
    core = mirage.TensorCore("robust", overrides=[*SMALL, "laser.power_w=1e-3"])
    operands, *_ = core.operands(gaussian(16, 32), gaussian(50, 32, seed=1), KEY)
    engine = replace(core.engine, redundancy=None)  # type: ignore[type-var]
    again = KEY.fold("again")
    counted = [
        sum((b.counts.errors[m] for b in engine.blocks(operands, key)), 0)
        for key in (KEY, again)
        for m in core.moduli.moduli
    ]
    found = read_twice(engine, operands, KEY, core.moduli.moduli)
    assert [r.wrong for r in found] == [
        a + b for a, b in zip(counted[:3], counted[3:], strict=True)
    ]
    assert counted[:3] != counted[3:]
    assert min(counted) > 20


def test_nothing_is_told_of_no_readouts() -> None:
    assert torch.tensor([Repeats().persistent, Repeats().random]).tolist() == [0, 0]
