"""Every claim of the registry, with few cases; those that need many are slow tests."""

from __future__ import annotations

import pytest

from studies.verification.check import holm
from studies.verification.claims import CLAIMS, Claim, claims_at
from tests.studies.verification.findings import IDEAL

# Claims that `make check` decides with more cases.
LONG = (
    "equivalence, robust",
    "equivalence, isca2024",
    "predicted error rates, robust",
    "predicted error rates, thermo-optic",
)
# Restless machines take 13 of them.
SLOW = pytest.mark.slow  # 35 s


def marked(claim: Claim) -> object:
    """A claim as a test, slow where it takes long even with few cases."""
    slow = claim.name in LONG or claim.least != "quick"
    return pytest.param(claim, id=claim.name, marks=[SLOW] if slow else [])


@pytest.mark.parametrize("claim", [marked(c) for c in CLAIMS])
def test_claim_holds(claim: Claim) -> None:
    checks = holm(claim.find_out(IDEAL, claim.least).checks)
    assert checks
    # Few cases decide, too: a question left open makes ``mirage verify --quick`` end with 1.
    assert [c for c in checks if not c.holds] == []
    assert all(c.cases > 0 for c in checks if not c.skipped)


def test_claims_have_names_of_their_own_and_say_something() -> None:
    assert len({c.name for c in CLAIMS}) == len(CLAIMS)
    for claim in CLAIMS:
        assert len(claim.says.split()) > 5


def test_every_claim_is_checked_at_full_depth_and_most_before() -> None:
    names = {depth: [c.name for c in claims_at(depth)] for depth in ("quick", "default", "full")}
    assert names["full"] == [c.name for c in CLAIMS]
    assert set(names["default"]) - set(names["quick"]) == {"equivalence, restless"}
    assert names["full"] == names["default"]


def test_a_claim_without_what_it_needs_is_skipped() -> None:
    claim = Claim("any", "anything at all", lambda machine, depth: 1 / 0, needs="no_such_package")  # type: ignore[arg-type, return-value]
    (check,) = claim.find_out(IDEAL, "quick").checks
    assert (check.status, check.skipped) == ("skipped", "no_such_package is not installed")
    assert check.holds
