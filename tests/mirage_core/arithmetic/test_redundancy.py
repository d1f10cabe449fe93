"""Redundant residues against brute force, and closed-form probabilities against enumeration."""

from __future__ import annotations

import itertools
import math
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import torch

from mirage_core import ModuliSet, load_machine
from mirage_core.arithmetic.error_probabilities import one_reading
from mirage_core.arithmetic.redundancy import RedundantCode
from mirage_core.arithmetic.redundancy_policy import Redundancy, sufficient_moduli
from mirage_core.arithmetic.residue_errors import ResidueErrors
from photonics.errors import InputError
from photonics.random import NoiseKey
from tests.tolerance import binomial_p_value, holm_rejections


def code(*moduli: int, limit: int = 3600) -> RedundantCode:
    return RedundantCode(ModuliSet(moduli), limit)


def distance_by_trying(c: RedundantCode) -> int:
    """Least number of residues in which a legal difference is not zero."""
    shifts = range(1, 2 * c.limit + 1)
    return min(sum(s % m != 0 for m in c.moduli.moduli) for s in shifts)


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


@pytest.mark.parametrize("c", [code(31, 32, 33, 35, 37), code(7, 11, 13, 15, 17, limit=150)])
def test_voting_equals_projecting(c: RedundantCode) -> None:
    words = random_words(c, 4000)
    integers, found = c.project(words)
    voted, accepted = c.vote(words)
    assert torch.equal(found, accepted)
    assert torch.equal(integers[found], voted[found])
    assert 0 < int(found.sum()) < 4000


def decide_by_definition(c: RedundantCode, word: tuple[int, ...], correct: bool) -> int | None:
    """The legal integer within reach of the residues, found by looking at all of them."""
    reach = c.corrects if correct else 0
    near = [
        y
        for y in range(-c.limit, c.limit + 1)
        if sum(y % m != r for m, r in zip(c.moduli.moduli, word, strict=True)) <= reach
    ]
    assert len(near) <= 1
    return near[0] if near else None


SMALL_CODES = [
    (code(5, 7, 8, limit=20), False),
    (code(3, 4, 5, 7, limit=3), True),
    (code(3, 4, 5, 7, limit=5), True),
]


@pytest.mark.parametrize("kind", ["slip", "uniform"])
@pytest.mark.parametrize(("c", "correct"), SMALL_CODES)
def test_probabilities_and_decisions_follow_the_definition(
    c: RedundantCode, correct: bool, kind: str
) -> None:
    moduli = c.moduli.moduli
    law = ResidueErrors(probability=0.2, kind=kind)  # type: ignore[arg-type]
    words = list(itertools.product(*(range(m) for m in moduli)))
    decisions = [decide_by_definition(c, w, correct) for w in words]
    decoded = c.decode(torch.tensor(words).unbind(-1), correct)
    assert decoded.accepted.tolist() == [d is not None for d in decisions]
    expected = [d for d in decisions if d is not None]
    assert decoded.integers[decoded.accepted].tolist() == expected
    x = torch.arange(-c.limit, c.limit + 1)
    chances = one_reading(c, law, x, correct)
    for i, sent in enumerate(x.tolist()):
        tally = {"correct": 0.0, "detected": 0.0, "undetected": 0.0}
        for word, decided in zip(words, decisions, strict=True):
            chance = 1.0
            for m, r in zip(moduli, word, strict=True):
                error = (r - sent) % m
                if error == 0:
                    chance *= 1 - law.probability
                elif kind == "uniform":
                    chance *= law.probability / (m - 1)
                else:
                    chance *= law.probability / 2 * (error == 1) + law.probability / 2 * (
                        error == m - 1
                    )
            outcome = "detected" if decided is None else "correct"
            tally[outcome if decided in (None, sent) else "undetected"] += chance
        for name, chance in tally.items():
            assert float(getattr(chances, name)[i]) == pytest.approx(chance, rel=1e-9, abs=1e-14)


def test_odds_after_reading_again_follow_the_companion() -> None:
    # p_err(R) = 1 - p_c sum p_d^r, which tends to p_u / (p_u + p_c).
    c = code(29, 32, 33)
    chances = one_reading(c, ResidueErrors(probability=0.05), torch.tensor([0, 3600]), False)
    correct, detected = float(chances.correct[0]), float(chances.detected[0])
    assert correct == pytest.approx(0.95**3, rel=1e-12, abs=0.0)
    for re_reads in (0, 1, 4):
        after = chances.after(re_reads)
        total = sum(correct * detected**r for r in range(re_reads + 1))
        assert float(after.correct[0]) == pytest.approx(total, rel=1e-12, abs=0.0)
        every = after.correct + after.detected + after.undetected
        assert every.tolist() == pytest.approx([1.0, 1.0], rel=1e-12, abs=0.0)
    wrong = chances.undetected / (chances.undetected + chances.correct)
    assert chances.after(60).undetected.tolist() == pytest.approx(wrong.tolist(), rel=1e-9, abs=0.0)


@pytest.mark.parametrize("kind", ["slip", "uniform"])
def test_errors_come_as_often_as_their_law_says(kind: str) -> None:
    law = ResidueErrors(probability=0.1, kind=kind)  # type: ignore[arg-type]
    count, modulus = 200_000, 13
    errors = law.error(NoiseKey.from_seed(5).uniform(0, count), modulus)
    found = torch.bincount(errors, minlength=modulus)
    chances = law.probabilities(torch.arange(modulus), modulus)
    assert float(chances.sum()) == pytest.approx(1.0, rel=1e-12, abs=0.0)
    assert [int(n) > 0 for n in found] == [bool(p > 0) for p in chances]
    likely = [(int(n), float(p)) for n, p in zip(found, chances, strict=True) if p > 0]
    assert holm_rejections([binomial_p_value(n, count, p) for n, p in likely]) == []
    assert int(ResidueErrors(probability=0.0).error(torch.tensor([1e-9, 0.5]), 7).sum()) == 0


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        ({"policy": "correct", "redundant_moduli": (35,)}, "detects 1 wrong and corrects none"),
        ({"policy": "correct"}, r"redundant_moduli = \(\).*use \(13, 19\)"),
        ({"policy": "correct", "redundant_moduli": (5, 7)}, "as few as 2"),
        ({"policy": "reread", "redundant_moduli": (34,)}, "32 and 34 share 2; near to it is"),
        (
            {"policy": "correct", "redundant_moduli": (34,)},
            r"redundancy\.redundant_moduli = \(34,\): .* 32 and 34 share 2; use \(13, 19\)",
        ),
        (
            {"policy": "reread", "redundant_moduli": (33, 37)},
            r"^redundancy\.redundant_moduli = \(33, 37\): must be coprime to \(31, 32, 33\) and "
            r"to each other, but 33 and 33 share 33; near to it is \(35, 37\)$",
        ),
        (
            {"policy": "reread", "redundant_moduli": (35, 66)},
            r"66 share 2; .*\(37, 65\)",
        ),
        ({"policy": "reread", "redundant_moduli": (35, 40)}, r"32 and 40 share 8"),
        ({"policy": "reread", "redundant_moduli": (35, 49)}, r"35 and 49 share 7"),
        # What is near must correct, too, where that is asked for: (5, 7) does not.
        ({"policy": "correct", "redundant_moduli": (3, 5)}, r"33 and 3 share 3; .*\(13, 19\)"),
        ({"policy": "reread", "redundant_moduli": (0,)}, r"= \(0,\): 0 is below 2; .*\(5,\)"),
        (
            {"policy": "reread", "redundant_moduli": (2**30 + 1, 2**30 + 7)},
            r"redundant_moduli = .* must be below 2\^62",
        ),
    ],
)
def test_redundancy_that_cannot_do_as_it_says_is_refused(
    policy: dict[str, object], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        Redundancy.model_validate(policy).check(ModuliSet((31, 32, 33)), 3600)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"policy": "none", "redundant_moduli": (35,)}, "not used by the policy none"),
        ({"policy": "none", "attempts": 3}, "attempts = 3: are not used by the policy none"),
        ({"policy": "drop", "attempts": 0}, "attempts = 0: are not used by the policy drop"),
        ({"policy": "reread", "attempts": 0}, "attempts = 0: reread needs at least one"),
    ],
)
def test_no_policy_holds_what_it_has_no_use_for(values: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Redundancy.model_validate(values)


def test_how_often_a_policy_reads_again() -> None:
    found = {
        (policy, attempts): Redundancy(policy=policy, attempts=attempts).re_reads
        for policy, attempts in [
            ("none", None),
            ("drop", None),
            ("reread", None),
            ("correct", None),
            ("reread", 1),
            ("correct", 0),
        ]
    }
    assert list(found.values()) == [0, 0, 3, 3, 1, 0]


@pytest.mark.parametrize(
    ("info", "limit"),
    [((31, 32, 33), 3600), ((211,), 50), ((16, 17), 100), ((3, 5, 64), 200), ((3, 4, 5, 7), 209)],
)
def test_suggested_moduli_correct_and_smaller_ones_do_not(
    info: tuple[int, ...], limit: int
) -> None:
    best = sufficient_moduli(ModuliSet(info), limit)
    assert best is not None
    assert distance_by_trying(code(*info, *best, limit=limit)) == 3
    for pair in itertools.combinations(range(2, best[1] + 1), 2):
        every = (*info, *pair)
        if math.lcm(*every) == math.prod(every) and pair[::-1] < best[::-1]:
            assert distance_by_trying(code(*every, limit=limit)) < 3


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Fail, and not hang, where something does not come to an end."""

    def late(*_: object) -> None:
        raise AssertionError(f"not done within {seconds} s")

    before = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        # The smallest of three moduli must exceed 7200 by itself.
        (["moduli=[8209]"], r"redundant_moduli = \(\): .*; use \(7201, 7202\), or the policy"),
        # Two more of which each pair exceeds 2^31 would take the product beyond 2^62.
        (
            ["moduli=[1000003, 1000033]", "bfp.mantissa_bits=10", "bfp.group_size=1024"],
            r"redundant_moduli = \(\): .* corrects none; use the policy reread$",
        ),
    ],
)
def test_the_search_for_redundant_moduli_ends(overrides: list[str], message: str) -> None:
    with within(5.0), pytest.raises(InputError, match=message):
        load_machine("isca2024", [*overrides, "redundancy.policy=correct"])


def test_no_moduli_are_suggested_to_those_that_do_not_hold_the_range() -> None:
    with within(5.0):
        assert sufficient_moduli(ModuliSet((3, 5)), 3600) is None
