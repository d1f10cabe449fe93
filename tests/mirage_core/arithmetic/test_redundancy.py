"""Redundant residues against brute force, and closed-form probabilities against enumeration."""

from __future__ import annotations

import itertools
import math

import pytest
import torch

from mirage_core.arithmetic.redundancy import RedundantCode
from mirage_core.arithmetic.residue_errors import ResidueErrors
from photonics.random import NoiseKey
from tests.mirage_core.arithmetic.codes import code, distance_by_trying


@pytest.mark.parametrize(
    ("c", "detects", "corrects"),
    [
        (code(31, 32, 33), 0, 0),
        (code(31, 32, 33, 35), 1, 0),
        (code(31, 32, 33, 35, 37), 2, 1),
        (code(31, 32, 33, 35, 37, limit=16367), 2, 1),
        (code(31, 32, 33, 35, 37, 41), 3, 1),
        (code(31, 32, 33, 35, 37, 41, 43), 4, 2),
        (code(31, 32, 33, 5, 7), 1, 0),
        (code(31, 32, 33, limit=490), 1, 0),
    ],
)
def test_what_a_code_detects_and_corrects(c: RedundantCode, detects: int, corrects: int) -> None:
    assert c.distance == distance_by_trying(c)
    assert (c.detects, c.corrects) == (detects, corrects)


def single_errors(c: RedundantCode, integers: torch.Tensor) -> torch.Tensor:
    """Residues (pattern, integer, place) of every error of one residue."""
    residues = c.moduli.to_residues(integers)
    patterns = []
    for place, modulus in enumerate(c.moduli.moduli):
        for error in range(1, modulus):
            wrong = residues.clone()
            wrong[:, place] = (wrong[:, place] + error) % modulus
            patterns.append(wrong)
    return torch.stack(patterns)


def test_every_single_residue_error_is_corrected() -> None:
    # The information moduli hold 32,735 integers of either sign: all that there are, so there
    # are no 100,000 to try.
    c = code(31, 32, 33, 35, 37, limit=16367)
    for integers in torch.arange(-16367, 16368).split(2048):
        received = single_errors(c, integers)
        assert received.shape[0] == sum(m - 1 for m in c.moduli.moduli)
        decoded = c.decode(received.flatten(0, 1).unbind(-1), correct=True)
        assert bool((decoded.accepted & decoded.corrected).all())
        assert torch.equal(decoded.integers.view(-1, len(integers)), integers.expand(163, -1))


def test_double_errors_are_corrected_by_four_redundant_moduli() -> None:
    c = code(31, 32, 33, 35, 37, 41, 43)
    integers = torch.tensor([-3600, -77, 0, 1234, 3600])
    residues = c.moduli.to_residues(integers)
    for first, second in itertools.combinations(range(7), 2):
        for one, two in itertools.product((1, 5, -1), (1, -1, 12)):
            wrong = residues.clone()
            wrong[:, first] += one
            wrong[:, second] += two
            wrong = torch.remainder(wrong, torch.tensor(c.moduli.moduli))
            decoded = c.decode(wrong.unbind(-1), correct=True)
            assert bool(decoded.corrected.all())
            assert torch.equal(decoded.integers.long(), integers)


def random_words(c: RedundantCode, count: int) -> list[torch.Tensor]:
    """Residues near to legal integers and far from them."""
    key = NoiseKey.from_seed(4)
    integers = (key.fold("x").uniform(0, count) * (2 * c.limit + 1)).long() - c.limit
    errors = ResidueErrors(probability=0.3, kind="uniform")
    return [
        torch.remainder(integers % m + errors.error(key.fold(m).uniform(0, count), m), m)
        for m in c.moduli.moduli
    ]


def vote(c: RedundantCode, words: list[torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
    """Nearest legal integers and which were found, by the majority logic of arXiv 2309.10759.

    Every subset of moduli just large enough to hold the range names an integer.  One that
    disagrees with e of the N residues gets the votes of the C(N - e, n) subsets without them.
    """
    m = c.moduli.moduli
    enough = len(m) - c.distance + 1
    ballots = [
        code(*(m[i] for i in kept), limit=c.limit).check([words[i] for i in kept])
        for kept in itertools.combinations(range(len(m)), enough)
    ]
    integers = torch.stack([n.long() for n, _ in ballots])
    legal = torch.stack([ok for _, ok in ballots])
    agree = (integers.unsqueeze(0) == integers.unsqueeze(1)) & legal
    votes, winner = (agree.sum(1) * legal).max(0)
    best = integers.gather(0, winner.unsqueeze(0)).squeeze(0)
    return best, votes >= math.comb(len(m) - c.corrects, enough)


@pytest.mark.parametrize("c", [code(31, 32, 33, 35, 37), code(7, 11, 13, 15, 17, limit=150)])
def test_voting_equals_decoding(c: RedundantCode) -> None:
    words = random_words(c, 4000)
    decoded = c.decode(words, correct=True)
    voted, accepted = vote(c, words)
    assert torch.equal(decoded.accepted, accepted)
    assert torch.equal(decoded.integers[accepted].long(), voted[accepted])
    assert 0 < int(accepted.sum()) < 4000
