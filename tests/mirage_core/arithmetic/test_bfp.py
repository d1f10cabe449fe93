"""Block floating point over all widths, groups and roundings, in exact rational arithmetic."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mirage_core import BfpFormat, TensorCore
from mirage_core.arithmetic.bfp import POISONED, Rounding
from photonics.random import NoiseKey

ROUNDINGS: tuple[Rounding, ...] = ("truncate", "nearest", "stochastic")
KEY = NoiseKey.from_seed(5)
floats = st.floats(width=32, allow_nan=False, allow_infinity=False)
subnormal = st.floats(width=32, min_value=-(2.0**-126), max_value=2.0**-126)


def rounded(value: Fraction, rounding: Rounding, chance: Fraction) -> int:
    """An exact multiple of the unit as an integer."""
    if rounding == "nearest":
        return round(value)  # Python rounds halves to even
    whole = math.floor(abs(value))
    if rounding == "stochastic":
        whole += chance < abs(value) - whole
    return whole if value >= 0 else -whole


def by_definition(bfp: BfpFormat, rows: list[list[float]]) -> tuple[list[list[int]], list[int]]:
    """Mantissas of the padded rows, and exponents, group by group."""
    padded = [row + [0.0] * (-len(row) % bfp.group_size) for row in rows]
    chances = KEY.fold("stochastic rounding").uniform(0, sum(map(len, padded))).tolist()
    mantissas, exponents = [], []
    for start in range(0, len(chances), bfp.group_size):
        flat = [v for row in padded for v in row][start : start + bfp.group_size]
        largest = max(map(abs, flat))
        exponent = max(math.frexp(largest)[1] if largest else -125, -125) - bfp.mantissa_bits
        unit, top = Fraction(2) ** exponent, bfp.max_mantissa
        group = [
            rounded(Fraction(v) / unit, bfp.rounding, Fraction(chances[start + i]))
            for i, v in enumerate(flat)
        ]
        mantissas.append([max(-top, min(top, n)) for n in group])
        exponents.append(exponent)
    return mantissas, exponents


def check(bfp: BfpFormat, rows: list[list[float]]) -> None:
    blocks = bfp.quantize(torch.tensor(rows), KEY)
    mantissas, exponents = by_definition(bfp, rows)
    assert blocks.mantissa.flatten(0, 1).tolist() == mantissas
    assert blocks.exponent.flatten().tolist() == exponents
    held = [Fraction(v) for v in blocks.dequantize().flatten().tolist()]
    width, groups = len(rows[0]), len(mantissas) // len(rows)
    for row in range(len(rows)):
        own = range(row * groups, (row + 1) * groups)
        exact = [n * Fraction(2) ** exponents[g] for g in own for n in mantissas[g]]
        assert held[row * width : (row + 1) * width] == exact[:width]


@settings(max_examples=300, deadline=None, derandomize=True)
@given(
    st.integers(1, 10),
    st.integers(1, 9),
    st.sampled_from(ROUNDINGS),
    st.lists(st.lists(floats | subnormal, min_size=7, max_size=7), min_size=1, max_size=3),
)
def test_any_numbers(bits: int, group: int, rounding: Rounding, rows: list[list[float]]) -> None:
    check(BfpFormat(mantissa_bits=bits, group_size=group, rounding=rounding), rows)


@pytest.mark.parametrize("rounding", ROUNDINGS)
@pytest.mark.parametrize("bits", range(1, 11))
def test_every_width_in_groups_of_every_kind(bits: int, rounding: Rounding) -> None:
    # Halves, their neighbours, whole numbers and what saturates; lengths with and without a tail.
    unit = 2.0**-bits
    halves = [(k + 0.5) * unit * s for k in range(min(1 << bits, 40)) for s in (1, -1)]
    row = [0.75, *halves, 1 - unit / 4, *(h * (1 + 2.0**-20) for h in halves), 0.0]
    for group in (1, 2, 3, 16, 1000, 1024):
        check(BfpFormat(mantissa_bits=bits, group_size=group, rounding=rounding), [row, row[::-1]])


@pytest.mark.parametrize("rounding", ROUNDINGS)
def test_subnormal_zero_and_largest_groups(rounding: Rounding) -> None:
    tiny = 2.0**-149
    rows = [
        [tiny, -3 * tiny, 2.0**-126 - tiny, 0.0],
        [0.0, -0.0, 0.0, 0.0],
        [3.4028234663852886e38, -1.0, tiny, -3.4028234663852886e38],
        [2.0**-126, -(2.0**-130), 2.0**-136, 2.0**-137],
    ]
    for bits in (1, 4, 10):
        check(BfpFormat(mantissa_bits=bits, group_size=4, rounding=rounding), rows)


def test_whole_mantissas_are_never_carried_up() -> None:
    # Nothing to round: every draw must leave these alone, the largest draws too.
    bfp = BfpFormat(mantissa_bits=10, group_size=1024, rounding="stochastic")
    x = torch.arange(1024.0).expand(2000, 1024).contiguous()
    assert torch.equal(bfp.quantize(x, KEY).dequantize(), x)


def test_a_split_batch_rounds_as_a_whole_one() -> None:
    bfp = BfpFormat(group_size=8, rounding="stochastic")
    x = torch.randn(10, 20, generator=torch.Generator().manual_seed(0))
    whole = bfp.quantize(x, KEY).mantissa
    assert torch.equal(bfp.quantize(x[3:], KEY, row_offset=3).mantissa, whole[3:])
    assert not torch.equal(bfp.quantize(x[3:], KEY).mantissa, whole[3:])
    key, w = NoiseKey.from_seed(0), torch.randn(4, 20, generator=torch.Generator().manual_seed(1))
    core = TensorCore("isca2024-ideal", fidelity="integer")
    stochastic = core.machine.bfp.model_copy(update={"rounding": "stochastic"})
    core.machine = core.machine.model_copy(update={"bfp": stochastic})
    product = core.gemm(w, x, key, "forward")
    assert torch.equal(core.gemm(w, x[3:], key, "forward", row_offset=3), product[3:])


@pytest.mark.parametrize("rounding", ROUNDINGS)
@pytest.mark.parametrize("bad", [math.inf, -math.inf, math.nan])
@pytest.mark.parametrize("place", [0, 5, 9])
def test_one_bad_number_poisons_its_group_and_no_other(
    bad: float, place: int, rounding: Rounding
) -> None:
    bfp = BfpFormat(mantissa_bits=4, group_size=4, rounding=rounding)
    x = torch.randn(3, 10, generator=torch.Generator().manual_seed(0))
    clean = bfp.quantize(x, KEY)
    x[1, place] = bad
    blocks = bfp.quantize(x, KEY)
    group = place // 4
    assert int(blocks.exponent[1, group]) == POISONED
    assert not bool(blocks.mantissa[1, group].any())
    spared = torch.ones(3, 10, dtype=torch.bool)
    spared[1, 4 * group : 4 * group + 4] = False
    assert torch.equal(blocks.dequantize().isnan(), ~spared)
    assert torch.equal(blocks.dequantize()[spared], clean.dequantize()[spared])


def test_no_finite_group_looks_poisoned() -> None:
    for bits in range(1, 11):
        x = torch.tensor([[3.4028234663852886e38, 2.0**-149, 0.0]])
        exponents = BfpFormat(mantissa_bits=bits, group_size=1).quantize(x).exponent
        assert int(exponents.max()) == 128 - bits < POISONED
