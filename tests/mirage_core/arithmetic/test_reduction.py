"""Residues that are not reduced: sums, differences and products of residues, of any type."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch

from mirage_core import ModuliSet, RedundantCode
from photonics.errors import InputError

NARROW = [torch.int8, torch.uint8, torch.int16, torch.int32, torch.int64]


def signed(n: np.ndarray, product: int) -> list[int]:
    """Representable integers congruent to Python integers of any size."""
    return [(int(v) + product // 2) % product - product // 2 for v in n]


def test_a_product_of_residues_is_the_residue_of_the_product() -> None:
    rns = ModuliSet((127, 128, 129))
    product = rns.to_residues(torch.tensor(-900)) * rns.to_residues(torch.tensor(1000))
    assert rns.from_residues(product).item() == -900_000
    assert rns.combine(product.unbind(-1)).item() == -900_000
    code = RedundantCode(ModuliSet((127, 128, 129, 131, 133)), 1_000_000)
    wide = code.moduli.to_residues(torch.tensor([-900])) * code.moduli.to_residues(
        torch.tensor([1000])
    )
    assert code.check(wide.unbind(-1))[0].tolist() == [-900_000]
    assert code.decode(wide.unbind(-1), True).integers.tolist() == [-900_000]


@pytest.mark.parametrize("dtype", NARROW)
@pytest.mark.parametrize("moduli", [(3, 5, 7), (2, 3, 5, 7), (7, 8, 9)])
def test_every_sum_and_product_of_a_small_set(moduli: tuple[int, ...], dtype: torch.dtype) -> None:
    # Residues reach 8, their products 64: every type holds them, and only the set can go wrong.
    rns = ModuliSet(moduli)
    n = torch.arange(-(rns.product // 2), (rns.product + 1) // 2)
    residues = rns.to_residues(n).to(dtype)
    one, two = residues[:, None], residues[None]
    integers = n.numpy().astype(object)
    for found, expected in (
        (rns.from_residues(one + two), integers[:, None] + integers[None]),
        (rns.from_residues(one * two), integers[:, None] * integers[None]),
    ):
        assert found.flatten().tolist() == signed(expected.flatten(), rns.product)


@pytest.mark.parametrize("dtype", [torch.int8, torch.int16, torch.int64])
def test_negative_residues_count_backwards(dtype: torch.dtype) -> None:
    rns = ModuliSet((3, 5, 7))
    low = itertools.product(range(-3, 3), range(-5, 5), range(-7, 7))
    words = torch.tensor(list(low), dtype=dtype)
    reduced = torch.remainder(words.long(), torch.tensor(rns.moduli))
    assert torch.equal(rns.from_residues(words), rns.from_residues(reduced))
    assert rns.from_residues(-rns.to_residues(torch.arange(-52, 53))).tolist() == [
        -n for n in range(-52, 53)
    ]


@pytest.mark.parametrize("moduli", [(127, 128, 129), (251, 253, 255, 256), (2**20 - 1, 2**20)])
def test_random_products_of_large_sets(moduli: tuple[int, ...]) -> None:
    rns = ModuliSet(moduli)
    rng = np.random.default_rng(2)
    a, b = rng.integers(-rns.max_magnitude, rns.max_magnitude, (2, 20_000))
    product = rns.to_residues(torch.from_numpy(a)) * rns.to_residues(torch.from_numpy(b))
    expected = signed(a.astype(object) * b.astype(object), rns.product)
    assert rns.from_residues(product).tolist() == expected


@pytest.mark.parametrize("bad", [torch.ones(1), torch.ones(1, dtype=torch.uint64), [1], 1])
def test_what_holds_no_integers_is_refused(bad: object) -> None:
    rns, good = ModuliSet((3, 5)), torch.tensor([1])
    code = RedundantCode(rns, 3)
    for read in (rns.combine, code.check, lambda r: code.decode(r, True)):
        with pytest.raises(InputError, match=r"^residues = .*: must be "):
            read([good, bad])  # type: ignore[operator]
        with pytest.raises(InputError, match="residues = '1 tensors': must be 2, one per modulus"):
            read([good])  # type: ignore[operator]


@pytest.mark.parametrize("dtype", NARROW)
def test_residues_that_are_not_reduced_are_refused_where_they_must_be(dtype: torch.dtype) -> None:
    rns = ModuliSet((3, 5))
    code = RedundantCode(rns, 3)
    empty = torch.zeros(0, dtype=dtype)
    for read in (
        rns.combine_reduced,
        lambda r: code.check_reduced(r)[0],
        lambda r: code.decode_reduced(r, True).integers,
    ):
        good = [torch.tensor([2, 0], dtype=dtype), torch.tensor([4, 3], dtype=dtype)]
        assert read(good).tolist() == [-1, 3]
        assert read([empty, empty]).tolist() == []
        with pytest.raises(InputError, match=r"^residues = 5: must be within 0 ... 4, modulo 5$"):
            read([good[0], torch.tensor([1, 5], dtype=dtype)])
        if dtype is not torch.uint8:
            with pytest.raises(InputError, match=r"^residues = -1: must be within 0 ... 2, modulo"):
                read([good[0] - 1, good[1]])
        with pytest.raises(InputError, match="residues = '1 tensors': must be 2, one per modulus"):
            read([good[0]])
        with pytest.raises(InputError, match=r"residues = 'torch.float32': must be of an integer"):
            read([good[0].float(), good[1]])
