"""Suggested sets of moduli: coprime, near, and found without an end of searching."""

from __future__ import annotations

import math
from itertools import combinations_with_replacement

import pytest

from mirage_core.arithmetic.moduli_choice import coprime_near, safe_moduli, shared_factor


def test_what_is_coprime_is_its_own_nearest_and_the_rest_becomes_coprime() -> None:
    for wish in combinations_with_replacement(range(1, 20), 3):
        near = coprime_near(wish)
        assert shared_factor(near) is None
        assert len(near) == 3
        assert min(near) >= 2
        if min(wish) > 1 and math.lcm(*wish) == math.prod(wish):
            assert near == wish


@pytest.mark.parametrize(
    ("wish", "beside", "near"),
    [
        ((30, 32, 33), (), (29, 32, 33)),
        ((30, 30, 30), (), (29, 30, 31)),
        ((33, 37), (31, 32, 33), (35, 37)),
        ((0,), (31, 32, 33), (5,)),
        (tuple(range(2, 22, 2)), (), (7, 9, 11, 13, 17, 19, 20, 23, 29, 31)),
    ],
)
def test_the_nearest_sets_that_are_coprime(
    wish: tuple[int, ...], beside: tuple[int, ...], near: tuple[int, ...]
) -> None:
    assert coprime_near(wish, beside) == near


def test_no_set_is_safe_where_one_modulus_stands_alone() -> None:
    assert safe_moduli(100, 1, 64, 1) == []
