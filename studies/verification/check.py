"""What a check reports, and how all of them are judged together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, get_args

from matplotlib.figure import Figure

from studies.verification.statistics import FAMILY_LEVEL as FAMILY_LEVEL
from studies.verification.statistics import holm_rejections

# Two-sided normal quantile of that level, for intervals that must lie within given bounds.
Z_LEVEL = 3.2905

Status = Literal["passed", "failed", "inconclusive", "skipped"]


@dataclass(frozen=True)
class Check:
    """Outcome of one check.

    Attributes:
        name: what was compared with what.
        cases: how many comparisons.
        failures: how many differed; of tests of hypotheses, how many were rejected.
        detail: for a reader.
        p_values: of tests of hypotheses, which :func:`holm` turns into failures.
        points: what was measured, one plain mapping for each operating point.
        inconclusive: why nothing can be told from what was found; empty if something can.
        skipped: why the check was not made; empty if it was.
        seconds: how long it took.
    """

    name: str
    cases: int
    failures: int = 0
    detail: str = ""
    p_values: tuple[float, ...] = ()
    points: tuple[dict[str, Any], ...] = ()
    inconclusive: str = ""
    skipped: str = ""
    seconds: float = 0.0

    @property
    def status(self) -> Status:
        """A failure counts whatever else could not be told."""
        if self.skipped:
            return "skipped"
        if self.failures:
            return "failed"
        return "inconclusive" if self.inconclusive else "passed"

    @property
    def holds(self) -> bool:
        """Whether the campaign passes with it: an open question is no proof."""
        return self.status in ("passed", "skipped")

    def as_dict(self) -> dict[str, Any]:
        """This check as plain data."""
        return {
            "name": self.name,
            "status": self.status,
            "cases": self.cases,
            "failures": self.failures,
            "detail": self.detail,
            "p_values": list(self.p_values),
            "points": list(self.points),
            "inconclusive": self.inconclusive,
            "skipped": self.skipped,
            "seconds": round(self.seconds, 3),
        }


@dataclass(frozen=True)
class Finding:
    """What was found of one claim.

    Attributes:
        checks: the outcomes.
        figures: by file name without its ending, how to draw what was seen.
    """

    checks: list[Check]
    figures: dict[str, Callable[[], Figure]] = field(default_factory=dict)


Outcome = Literal["alike", "different", "unsure"]


def compare(difference: float, unsure: float, margin: float) -> Outcome:
    """Two quantities from their difference: alike within a margin, different, or neither surely.

    Args:
        difference: as estimated.
        unsure: how far off it may be, at the family-wise level.
        margin: largest difference that does not matter.
    """
    if abs(difference) + unsure <= margin:
        return "alike"
    return "different" if abs(difference) > unsure else "unsure"


def holm(checks: Sequence[Check]) -> list[Check]:
    """Holm's procedure over the p-values of all checks, at one family-wise level."""
    p_values = [(p, i) for i, check in enumerate(checks) for p in check.p_values]
    tested = list(checks)
    for rejected in holm_rejections([p for p, _ in p_values]):
        i = p_values[rejected][1]
        tested[i] = replace(tested[i], failures=tested[i].failures + 1)
    return tested


def verdict(checks: Sequence[Check]) -> str:
    """One line: what failed, what was not told and why, how many checks there were."""
    failed = [c.name for c in checks if c.status == "failed"]
    decided = any(c.status == "passed" for c in checks)
    good = "all checks decided passed" if decided else "nothing was decided"
    parts = [f"FAILED: {'; '.join(failed)}" if failed else good]
    for status in ("inconclusive", "skipped"):
        reasons: dict[str, list[str]] = {}
        for check in checks:
            if check.status == status:
                reasons.setdefault(getattr(check, status), []).append(check.name)
        parts += [f"{status}, since {why}: {'; '.join(names)}" for why, names in reasons.items()]
    counts = tally(checks)
    counted = ", ".join(f"{count} {status}" for status, count in counts.items())
    return f"{' | '.join(parts)} ({counted}; family-wise level {FAMILY_LEVEL})"


def tally(checks: Sequence[Check]) -> dict[str, int]:
    """Number of checks of each status."""
    return {status: sum(c.status == status for c in checks) for status in get_args(Status)}
