"""Holm's procedure: step by step against Bonferroni, and at its level in the family."""

from __future__ import annotations

from photonics.random import NoiseKey
from studies.verification.statistics import holm_rejections


def test_each_rejection_eases_the_next() -> None:
    # 0.05 / 4 = 0.0125, / 3 = 0.0167, / 2 = 0.025: the third fails, and hides the fourth.
    assert holm_rejections([0.026, 0.01, 0.049, 0.016], 0.05) == [1, 3]
    # Bonferroni alone rejects the first only.
    assert [i for i, p in enumerate([0.026, 0.01, 0.049, 0.016]) if p < 0.05 / 4] == [1]
    assert holm_rejections([0.0, 0.0], 0.05) == [0, 1]
    assert holm_rejections([], 0.05) == []
    assert holm_rejections([1.0], 0.05) == []


def test_a_true_family_is_rejected_as_often_as_the_level_says() -> None:
    # Of independent uniform p-values the least of n is below level / n with 1 - (1 - level/n)^n.
    p_values = NoiseKey.from_seed(0).uniform(0, 20_000 * 5).reshape(-1, 5).tolist()
    rejected = sum(bool(holm_rejections(family, 0.1)) for family in p_values)
    expected = 20_000 * (1 - (1 - 0.1 / 5) ** 5)
    assert abs(rejected - expected) < 5 * expected**0.5
