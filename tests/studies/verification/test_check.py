"""Checks: what counts as a failure, and what is said of them all together."""

from __future__ import annotations

import math

from studies.verification.check import Check, compare, holm, verdict


def test_the_verdict_tells_what_was_not_told() -> None:
    checks = [Check("a", 1), Check("b", 0, skipped="it rains"), Check("c", 1, inconclusive="dark")]
    assert verdict(checks).startswith(
        "all checks decided passed | inconclusive, since dark: c | skipped, since it rains: b "
        "(1 passed, 0 failed, 1 inconclusive, 1 skipped; "
    )
    assert [c.holds for c in checks] == [True, True, False]
    assert verdict([*checks, Check("d", 1, 1)]).startswith("FAILED: d | ")
    assert verdict(checks[1:]).startswith("nothing was decided")
    # A failure is one whatever else is open.
    assert Check("e", 1, 1, inconclusive="dark").status == "failed"


def test_differences_are_compared_with_what_is_unsure() -> None:
    # Surely within the margin, surely another, surely neither.
    assert compare(0.5, 0.4, 1.0) == "alike"
    assert compare(-0.9, 0.4, 1.0) == "different"
    assert compare(0.9, 1.0, 1.0) == "unsure"
    assert compare(math.nan, 0.1, 1.0) == compare(0.0, math.nan, 1.0) == "unsure"


def test_holm_judges_all_p_values_together() -> None:
    checks = [Check("a", 1, p_values=(0.5, 1e-5)), Check("b", 1, p_values=(2e-4, 0.01))]
    # Holm at 0.001 over four: 1e-5 < 0.001/4, 2e-4 < 0.001/3, 0.01 > 0.001/2.
    assert [c.failures for c in holm(checks)] == [1, 1]
    assert [c.failures for c in holm([Check("c", 1, 2), *checks])] == [2, 1, 1]
    assert [c.failures for c in holm([Check("b", 1, p_values=(2.6e-4,) * 4)])] == [0]
