"""Sets of moduli: conversions against Python integers, range, special sets, slips."""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np
import pytest
import torch

from mirage_core import BfpFormat, ModuliSet
from mirage_core.arithmetic.moduli_choice import set_cost
from mirage_core.arithmetic.slips import cheapest_safe_sets, slip_distances, undetectable_slips
from mirage_core.arithmetic.special_moduli import special_k, special_set
from photonics.errors import InputError

EXHAUSTED = [*map(special_set, (3, 4, 5, 6, 7)), (29, 32, 33)]
DEVICES = [
    "cpu",
    pytest.param(
        "cuda", marks=pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU")
    ),
]


def whole_range(moduli: ModuliSet) -> list[int]:
    low = -(moduli.product // 2)
    return list(range(low, low + moduli.product))


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("moduli", EXHAUSTED)
def test_residues_are_those_of_python_integers(moduli: tuple[int, ...], device: str) -> None:
    rns = ModuliSet(moduli)
    integers = whole_range(rns)
    n = torch.tensor(integers, device=device)
    residues = rns.to_residues(n)
    for place, modulus in enumerate(moduli):
        assert residues[:, place].tolist() == [v % modulus for v in integers]
    assert torch.equal(rns.from_residues(residues), n)


def test_the_largest_special_set_does_not_overflow() -> None:
    rns = ModuliSet(special_set(20))
    n = torch.tensor([rns.max_magnitude, -rns.max_magnitude, -1, 0, 1, 10**17 + 3, -(10**16)])
    assert rns.from_residues(rns.to_residues(n)).tolist() == n.tolist()


@pytest.mark.slow  # 61 s
@pytest.mark.parametrize(
    "moduli", [(63, 64, 65), (31, 32, 33, 35, 37), (251, 253, 255, 256), (1021, 1023, 1024, 1025)]
)
def test_a_hundred_million_random_integers(moduli: tuple[int, ...]) -> None:
    rns = ModuliSet(moduli)
    rng = np.random.default_rng(0)
    for _ in range(100):
        drawn = rng.integers(-rns.max_magnitude, rns.max_magnitude, 10**6, endpoint=True)
        n = torch.from_numpy(drawn)
        residues = rns.to_residues(n)
        for place, modulus in enumerate(moduli):
            assert np.array_equal(residues[:, place].numpy(), drawn % modulus)
        assert torch.equal(rns.from_residues(residues), n)


WIDTHS = {
    (31, 32, 33): 31,
    (31, 32, 33, 35, 37): 63,
    (1021, 1023, 1024, 1025, 1031, 1033): 80,
}


@pytest.mark.parametrize("moduli", WIDTHS)
def test_every_width_of_the_reconstruction(moduli: tuple[int, ...]) -> None:
    rns = ModuliSet(moduli)
    total = sum((m - 1) * w for m, w in zip(moduli, rns.weights, strict=True))
    widths = (31, 63, 80)
    assert min(w for w in widths if total < 1 << w) == WIDTHS[moduli]
    rng = np.random.default_rng(1)
    n = [int(v) for v in rng.integers(-rns.max_magnitude, rns.max_magnitude, 3000)]
    residues = torch.tensor([[v % m for m in moduli] for v in n])
    assert rns.from_residues(residues).tolist() == n


def test_digit_counts() -> None:
    assert ModuliSet((31, 32, 33)).digit_counts == (5, 5, 6)
    assert ModuliSet((2, 3, 17, 65)).digit_counts == (1, 2, 5, 7)


def test_the_range_condition_of_the_paper_and_the_true_bound() -> None:
    found = ModuliSet((31, 32, 33)).range_of(BfpFormat())
    assert (found.paper_bits, found.bits) == (13, math.log2(32736))
    assert (found.max_magnitude, found.shortfall) == (16367, 3600 - 16367)
    assert found.meets_paper
    assert found.fits
    # M = 7497 holds ±3600, though the paper would ask for 2^13.
    tight = ModuliSet((17, 441)).range_of(BfpFormat())
    assert tight.fits
    assert not tight.meets_paper
    assert 7201 <= tight.product < 8192


# The least k of the paper's condition for (mantissa bits, group size).
LEAST_K = {
    3: {4: 4, 8: 4, 16: 4, 32: 5, 64: 5},
    4: {4: 4, 8: 5, 16: 5, 32: 5, 64: 6},
    5: {4: 5, 8: 5, 16: 6, 32: 6, 64: 6, 128: 7},
}


@pytest.mark.parametrize("bits", LEAST_K)
def test_least_special_sets_of_the_paper(bits: int) -> None:
    for group, k in LEAST_K[bits].items():
        bfp = BfpFormat(mantissa_bits=bits, group_size=group)
        meets = [j for j in range(2, 10) if ModuliSet(special_set(j)).range_of(bfp).meets_paper]
        assert meets[0] == k
        assert special_k(group << (2 * bits + 1)) == k


def test_integers_only() -> None:
    rns = ModuliSet((31, 32, 33))
    with pytest.raises(InputError, match=r"^n = 'torch.float32': must be of an integer type"):
        rns.to_residues(torch.tensor(1.0))
    with pytest.raises(InputError, match=r"^residues = 'torch.float64': must be of an integer"):
        rns.from_residues(torch.zeros(3, dtype=torch.float64))
    for bad in (True, 31.0, "31"):
        with pytest.raises(InputError, match=r"moduli = .*: must be a whole number"):
            ModuliSet((bad, 32, 33))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("moduli", "parts"),
    [
        ((30, 32, 33), ["30 and 32 share 2", "near to it is (29, 32, 33)"]),
        (
            (15, 16, 17),
            ["short by 1561", "11.99", "asks for 13", "(31, 32, 33) or (29, 32, 33)"],
        ),
    ],
)
def test_refusals_say_what_would_do(moduli: tuple[int, ...], parts: list[str]) -> None:
    with pytest.raises(InputError) as error:
        ModuliSet(moduli).check_range(BfpFormat())
    for part in parts:
        assert part in str(error.value)
    for k in (1, 21):
        with pytest.raises(InputError, match=f"k = {k}"):
            special_set(k)


def slips_by_trying(moduli: tuple[int, ...], limit: int) -> dict[int, bool]:
    """Whether a slip of ±1 of each modulus turns some legal integer into another, by trying all."""
    product = math.prod(moduli)
    by_residues = {tuple(n % m for m in moduli): n for n in range(-limit, limit + 1)}
    assert len(by_residues) == 2 * limit + 1 <= product
    seen = {}
    for place, modulus in enumerate(moduli):
        slipped = (
            (*r[:place], (r[place] + step) % modulus, *r[place + 1 :])
            for r in by_residues
            for step in (1, -1)
        )
        seen[modulus] = any(s in by_residues for s in slipped)
    return seen


@pytest.mark.parametrize("moduli", [(31, 32, 33), (29, 32, 33), (23, 31, 37), (33, 34, 35)])
def test_blind_spots_are_where_a_slip_makes_a_legal_integer(moduli: tuple[int, ...]) -> None:
    bfp = BfpFormat()
    blind = undetectable_slips(ModuliSet(moduli), bfp)
    assert {m for m, hit in slips_by_trying(moduli, bfp.max_dot).items() if hit} == set(blind)


def test_slip_distances_of_the_notes() -> None:
    assert slip_distances(ModuliSet((31, 32, 33))) == {31: 15840, 32: 1023, 33: 15872}
    assert undetectable_slips(ModuliSet((31, 32, 33)), BfpFormat()) == {32: 1023}
    assert min(slip_distances(ModuliSet((29, 32, 33))).values()) == 7424 > 2 * 3600
    assert undetectable_slips(ModuliSet((29, 32, 33)), BfpFormat()) == {}


def test_cheapest_safe_sets_are_safe_and_cheapest() -> None:
    bfp = BfpFormat()
    found = [s.moduli for s in cheapest_safe_sets(bfp, largest=40, count=4)]
    assert found[0] == (29, 32, 33)
    safe = [
        m
        for m in combinations(range(2, 41), 3)
        if math.lcm(*m) == math.prod(m) >= 7201 and not undetectable_slips(ModuliSet(m), bfp)
    ]
    assert found == sorted(safe, key=set_cost)[:4]
    assert set_cost((29, 32, 33)) == (33, 5 + 5 + 6, 30624)
    # Fewer bits of converters do not make up for half the phase margin.
    assert undetectable_slips(ModuliSet((8, 57, 61)), bfp) == {}
    assert set_cost((8, 57, 61)) == (61, 3 + 6 + 6, 27816)
    # How far the search may go does not change what it finds.
    assert [s.moduli for s in cheapest_safe_sets(bfp, largest=64, count=4)] == found
    with pytest.raises(InputError, match="largest = 20"):
        cheapest_safe_sets(bfp, largest=20)
