"""Quantisation and exact products by the kernels, against those of torch, bit by bit."""

from __future__ import annotations

import math

import pytest
import torch

from mirage_core.arithmetic.bfp import BfpFormat
from mirage_core.native.blocks import can_quantize, parts, product, quantize
from tests.mirage_core.native.kernels import INSTRUCTIONS, kernels


def numbers(rows: int, depth: int) -> torch.Tensor:
    """Numbers of very different sizes, ties of rounding, zeros and subnormal ones among them."""
    generator = torch.Generator().manual_seed(rows * depth)
    x = torch.randn(rows, depth, generator=generator)
    x *= torch.randn(rows, depth, generator=generator).mul(3.0).exp()
    x[torch.rand(rows, depth, generator=generator) < 0.2] = 0.0
    x[0] = (torch.arange(depth) - 3.0) * 0.5
    x[rows // 2] *= 2.0**-130
    return x


@pytest.mark.parametrize("instructions", INSTRUCTIONS)
@pytest.mark.parametrize("rounding", ["truncate", "nearest"])
@pytest.mark.parametrize(("bits", "group"), [(4, 16), (3, 8), (5, 16), (4, 7), (1, 1), (2, 40)])
@pytest.mark.parametrize("across", [False, True])
def test_blocks_are_those_of_the_format(
    instructions: str, rounding: str, bits: int, group: int, across: bool
) -> None:
    bfp = BfpFormat(mantissa_bits=bits, group_size=group, rounding=rounding)
    for rows, depth in ((1, 1), (5, 100), (40, 33)):
        # A stack whose items and rows do not lie one after another.
        stack = numbers(rows * 3, depth).unflatten(0, (rows, 3)).transpose(0, 1)
        stack = stack.mT.contiguous().mT if across else stack
        found = quantize(kernels(instructions), bfp, stack)
        assert found is not None
        for item, x in enumerate(stack):
            expected = bfp.quantize(x)
            mantissa = expected.mantissa.to(torch.int8)
            assert torch.equal(found.mantissa[item].transpose(0, 1), mantissa)
            some = (mantissa != 0).any(-1)
            scale = torch.where(some, torch.exp2(expected.exponent.float()), 1.0)
            assert torch.equal(found.scale[item].T, scale)


@pytest.mark.parametrize("instructions", INSTRUCTIONS)
def test_extreme_numbers_are_left_to_torch(instructions: str) -> None:
    bfp, library = BfpFormat(), kernels(instructions)
    x = torch.zeros(1, 20, 40)
    for value in (3e38, -3e38, math.inf, math.nan, 0.0, 1e-45, 1e-37, 1e30):
        # In the last row and group, which are not whole.
        x[0, 19, 39] = value
        for stack in (x, x.mT.contiguous().mT):
            assert (quantize(library, bfp, stack) is None) == (not abs(value) < 1e38)


@pytest.mark.parametrize("instructions", INSTRUCTIONS)
@pytest.mark.parametrize(("bits", "group"), [(4, 16), (5, 16), (4, 7), (1, 1), (2, 40)])
def test_products_add_up_groups_in_ascending_order(
    instructions: str, bits: int, group: int
) -> None:
    bfp, library = BfpFormat(mantissa_bits=bits, group_size=group), kernels(instructions)
    for rows, depth, vectors in ((1, 1, 1), (33, 100, 5), (70, 17, 9)):
        stacks = (numbers(2 * n, depth).unflatten(0, (2, n)) for n in (rows, vectors))
        w, x = (quantize(library, bfp, stack) for stack in stacks)
        assert w is not None
        assert x is not None
        total = torch.zeros(2, vectors, rows)
        for g in range(w.mantissa.shape[1]):
            dots = x.mantissa[:, g].long() @ w.mantissa[:, g].long().mT
            total += dots.float() * x.scale[:, g, :, None] * w.scale[:, g, None]
        assert torch.equal(product(library, bfp, w, x), total)


def test_formats_that_kernels_do_not_know_are_refused() -> None:
    assert can_quantize(BfpFormat())
    assert not can_quantize(BfpFormat(rounding="stochastic"))
    assert not can_quantize(BfpFormat(mantissa_bits=6))


def test_parts_cover_everything_once() -> None:
    for size in (0, 1, 31, 32, 33, 1000):
        covered = [n for first, last in parts(size, 32) for n in range(first, last)]
        assert covered == list(range(size))
