"""Redundant codes for the tests of redundancy."""

from __future__ import annotations

from mirage_core.arithmetic.redundancy import RedundantCode
from mirage_core.arithmetic.rns import ModuliSet


def code(*moduli: int, limit: int = 3600) -> RedundantCode:
    return RedundantCode(ModuliSet(moduli), limit)


def distance_by_trying(c: RedundantCode) -> int:
    """Least number of residues in which a legal difference is not zero."""
    shifts = range(1, 2 * c.limit + 1)
    return min(sum(s % m != 0 for m in c.moduli.moduli) for s in shifts)
