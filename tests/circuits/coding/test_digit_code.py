"""Digits of streamed integers: every residue has its code, of every type."""

from __future__ import annotations

import pytest
import torch

from circuits.coding.digit_code import DigitCode
from circuits.coding.phase_code import digit_count, drive_level
from photonics.errors import InputError
from tests.circuits.designs import INTEGERS


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


@pytest.mark.parametrize(
    ("modulus", "count"), [(31, 5), (32, 5), (33, 6), (2, 1), (64, 6), (65, 7)]
)
def test_digits_represent_every_residue(modulus: int, count: int) -> None:
    residues = torch.arange(modulus)
    bits = DigitCode(modulus).digits(residues - 5 * modulus)
    assert bits.shape == (modulus, count)
    assert digit_count(modulus) == count
    assert torch.equal((bits * 2 ** torch.arange(count)).sum(-1), residues)


@pytest.mark.parametrize(
    ("modulus", "count", "values"),
    [
        (31, 5, (-15, 15)),
        (32, 5, (-16, 15)),
        (33, 5, (-16, 15)),
        (65, 6, (-32, 31)),
        (17, 4, (-8, 7)),
        (29, 5, (-14, 14)),
    ],
)
def test_twos_complement_saves_the_digit_of_the_odd_one(
    modulus: int, count: int, values: tuple[int, int]
) -> None:
    code = DigitCode(modulus, "twos-complement")
    assert (code.count, (code.values[0], code.values[-1])) == (count, values)
    coded = torch.tensor(code.values)
    assert torch.equal((code.digits(coded) * torch.tensor(code.weights)).sum(-1), coded)
    assert torch.equal(code.digits(coded + 7 * modulus), code.digits(coded))
    if modulus % 2 and modulus // 2 > values[1]:
        with pytest.raises(InputError, match="has no code"):
            code.digits(torch.tensor([values[1] + 1]))
