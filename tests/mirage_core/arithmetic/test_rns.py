"""Block floating point and residues against definitions in plain Python."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mirage_core import BfpFormat, ModuliSet
from photonics.errors import InputError
from photonics.random import NoiseKey
from tests.tolerance import assert_mean


def quantize_by_definition(group: list[float], bits: int) -> tuple[list[int], int]:
    """Mantissas and exponent of one group, truncated, in exact arithmetic."""
    largest = max(abs(v) for v in group)
    exponent = max(math.frexp(largest)[1], -125) if largest else -125
    unit = Fraction(2) ** (exponent - bits)
    return [math.trunc(Fraction(v) / unit) for v in group], exponent - bits


floats = st.floats(width=32, allow_nan=False, allow_infinity=False)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.lists(floats, min_size=1, max_size=8), st.integers(1, 10))
def test_truncation_follows_the_definition(values: list[float], bits: int) -> None:
    blocks = BfpFormat(mantissa_bits=bits, group_size=8).quantize(torch.tensor(values))
    mantissa, exponent = quantize_by_definition(values, bits)
    assert blocks.mantissa[0, : len(values)].tolist() == mantissa
    assert blocks.exponent.tolist() == [exponent]
    exact = [m * Fraction(2) ** exponent for m in mantissa]
    assert [Fraction(v) for v in blocks.dequantize().tolist()] == exact


@pytest.mark.parametrize("rounding", ["truncate", "nearest", "stochastic"])
def test_magnitude_never_exceeds_its_bits(rounding: str) -> None:
    bfp = BfpFormat(mantissa_bits=4, group_size=16, rounding=rounding)  # type: ignore[arg-type]
    x = torch.tensor([3.4028235e38, -3.4028235e38, 0.99999994, -1.0] * 40).view(5, 32)
    blocks = bfp.quantize(x, NoiseKey.from_seed(0))
    assert int(blocks.mantissa.abs().max()) == 15


def test_nearest_rounds_half_to_even() -> None:
    bfp = BfpFormat(mantissa_bits=4, group_size=8, rounding="nearest")
    x = torch.tensor([8.0, 0.5, 1.5, 2.5, -0.5, -1.5, 3.5, 7.5]) / 16
    assert bfp.quantize(x).mantissa.flatten().tolist() == [8, 0, 2, 2, 0, -2, 4, 8]


def test_stochastic_rounding_is_unbiased_and_keyed() -> None:
    bfp = BfpFormat(mantissa_bits=4, group_size=16, rounding="stochastic")
    x = torch.full((4000, 16), 0.3)
    x[:, 0] = 0.9
    key = NoiseKey.from_seed(1)
    mantissa = bfp.quantize(x, key).mantissa[:, 0, 1:]
    assert set(mantissa.unique().tolist()) == {4, 5}
    chance = 0.3 * 16 - 4
    assert_mean(mantissa.numpy(), 4 + chance, math.sqrt(chance * (1 - chance)))
    assert torch.equal(bfp.quantize(x, key).mantissa[:, 0, 1:], mantissa)
    with pytest.raises(InputError, match="key"):
        bfp.quantize(x)


def test_tails_are_padded_with_zeros() -> None:
    blocks = BfpFormat(group_size=16).quantize(torch.ones(2, 35))
    assert blocks.mantissa.shape == (2, 3, 16)
    assert blocks.mantissa[:, 2, 3:].abs().sum() == 0
    assert torch.equal(blocks.dequantize(), torch.ones(2, 35))


@pytest.mark.parametrize(
    "x", [torch.ones(3, dtype=torch.float64), torch.ones(3, 0), torch.tensor(1.0)]
)
def test_quantize_refuses(x: torch.Tensor) -> None:
    with pytest.raises(InputError, match="x = "):
        BfpFormat().quantize(x)


@pytest.mark.parametrize("moduli", [(31, 32, 33), (15, 16, 17), (29, 32, 33), (3, 5, 7, 8)])
def test_every_integer_of_the_range(moduli: tuple[int, ...]) -> None:
    rns = ModuliSet(moduli)
    product = math.prod(moduli)
    low = -(product // 2)
    n = torch.arange(low, low + product)
    residues = rns.to_residues(n)
    for place, modulus in enumerate(moduli):
        assert residues[:, place].tolist() == [v % modulus for v in range(low, low + product)]
    assert torch.equal(rns.from_residues(residues), n)
    parts = [residue.to(torch.int16) for residue in residues.unbind(-1)]
    assert torch.equal(rns.combine(parts).long(), n)


def test_every_tuple_of_residues_is_an_integer_of_the_range() -> None:
    rns = ModuliSet((31, 32, 33))
    tuples = torch.tensor(list(itertools.product(range(31), range(32), range(33))))
    integers = rns.from_residues(tuples)
    assert integers.unique().numel() == 32736
    assert (int(integers.min()), int(integers.max())) == (-16368, 16367)
    assert torch.equal(rns.to_residues(integers), tuples)


def test_wide_sets_do_not_overflow() -> None:
    rns = ModuliSet((1021, 1023, 1024, 1025, 1031, 1033))
    rng = np.random.default_rng(0)
    n = [int(v) for v in rng.integers(-rns.max_magnitude, rns.max_magnitude, 2000)]
    assert rns.from_residues(rns.to_residues(torch.tensor(n))).tolist() == n


def test_a_slip_shifts_the_integer_by_its_weight() -> None:
    rns = ModuliSet((31, 32, 33))
    zero = torch.zeros(3, dtype=torch.int64)
    shifts = []
    for place in range(3):
        slipped = zero.clone()
        slipped[place] = 1
        shifts.append(abs(int(rns.from_residues(slipped))))
    assert shifts == [15840, 1023, 15872]


@pytest.mark.parametrize(
    ("moduli", "message"),
    [
        ((30, 32, 33), "30 and 32 share 2"),
        ((31, 32, 33, 62), "31 and 62 share 31"),
        ((), "at least one"),
        ((31, 1), "1 must lie between 2 and 2\\^31 - 1"),
        ((2**31 - 1, 2**31 - 3, 2**31 - 19), "below 2\\^62"),
        # Products of two of its residues would not fit 64 bits.
        ((7, 2**33 + 1), "8589934593 must lie between 2 and"),
    ],
)
def test_impossible_sets_are_refused(moduli: tuple[int, ...], message: str) -> None:
    with pytest.raises(InputError, match=message):
        ModuliSet(moduli)


def test_the_largest_moduli_are_exact() -> None:
    rns = ModuliSet((2, 2**31 - 1, 2**28 - 57))
    far = rns.max_magnitude
    numbers = torch.tensor([-far, -far + 1, -1, 0, 1, far // 3, far])
    assert torch.equal(rns.from_residues(rns.to_residues(numbers)), numbers)


def test_too_small_a_range_says_by_how_much() -> None:
    with pytest.raises(InputError, match=r"short by 1561.*\(31, 32, 33\)"):
        ModuliSet((15, 16, 17)).check_range(BfpFormat())
    ModuliSet((31, 32, 33)).check_range(BfpFormat())


def test_residues_need_one_per_modulus() -> None:
    with pytest.raises(InputError, match="one residue per modulus"):
        ModuliSet((31, 32, 33)).from_residues(torch.zeros(5, 2, dtype=torch.int64))
