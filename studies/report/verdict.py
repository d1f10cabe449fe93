"""Who meets a target: for sure, or only as far as the intervals tell."""

from __future__ import annotations

from collections.abc import Sequence

from studies.report.variants import rate_text
from studies.runner.table import Estimate


def who_meets(found: Sequence[tuple[str, Estimate]], target: float) -> str:
    """Names whose estimates lie below a target, and those whose intervals reach across it.

    Estimates without an interval are taken as they are.
    """
    sure = [(name, e) for name, e in found if e.value < target and not e.high >= target]
    across = [(name, e) for name, e in found if e.low < target <= e.high]
    told = _list(sure) or "none"
    return f"{told}; not decided by as many chips: {_list(across)}" if across else told


def _list(found: Sequence[tuple[str, Estimate]]) -> str:
    return ", ".join(f"{name} ({rate_text(e)})" for name, e in found)
