"""Probabilities of what a code detects, corrects and lets through."""

from __future__ import annotations

import itertools

import pytest
import torch

from mirage_core.arithmetic.error_probabilities import one_reading
from mirage_core.arithmetic.redundancy import RedundantCode
from mirage_core.arithmetic.residue_errors import ResidueErrors
from tests.mirage_core.arithmetic.codes import code


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
