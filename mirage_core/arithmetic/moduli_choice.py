"""Which moduli to take: coprime ones near to a wish, and the cheapest in which slips show."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import combinations, count

from circuits.coding.phase_code import digit_count

Cost = tuple[int, int, int]


def shared_factor(moduli: Sequence[int]) -> tuple[int, int, int] | None:
    """The first pair that is not coprime, with its common factor; none if all are coprime."""
    for a, b in combinations(moduli, 2):
        if math.gcd(a, b) > 1:
            return a, b, math.gcd(a, b)
    return None


def coprime_near(moduli: Sequence[int], beside: Sequence[int] = ()) -> tuple[int, ...]:
    """A pairwise coprime set near to a given one, rising.

    The largest modulus is settled first; each becomes the nearest integer, the smaller of two,
    that is coprime to those settled before.

    Args:
        moduli: what was asked for.
        beside: moduli that stay as they are, to which those of the set are coprime, too.
    """
    settled: list[int] = []
    for modulus in sorted((max(2, m) for m in moduli), reverse=True):
        known = math.prod((*beside, *settled))
        near = (m for step in count() for m in (modulus - step, modulus + step) if m >= 2)
        settled.append(next(m for m in near if math.gcd(m, known) == 1))
    return tuple(sorted(settled))


def set_cost(moduli: tuple[int, ...]) -> Cost:
    """Cost of a set: its largest modulus, then bits of all its converters, then its product.

    The largest modulus comes first because a readout errs when its phase is off by π/m: for the
    same errors, twice the modulus takes twice the signal-to-noise ratio.
    """
    return max(moduli), sum(digit_count(m) for m in moduli), math.prod(moduli)


def safe_moduli(limit: int, size: int, largest: int, wanted: int) -> list[tuple[int, ...]]:
    """The cheapest sets in which a slip of one residue never turns a legal integer into another.

    Args:
        limit: largest magnitude of a legal integer.
        size: moduli in a set.
        largest: modulus at which the search gives up.
        wanted: how many sets; fewer if there are not as many.
    """
    safe: list[tuple[int, ...]] = []
    for top in range(2, largest + 1):
        safe += [m for m in _coprime_sets(size, top) if _is_safe(m, limit)]
        if len(safe) >= wanted:
            break
    return sorted(safe, key=set_cost)[:wanted]


def _coprime_sets(size: int, top: int) -> Iterator[tuple[int, ...]]:
    """Rising sets with a given largest modulus."""
    for smaller in combinations(range(2, top), size - 1):
        moduli = (*smaller, top)
        if math.lcm(*moduli) == math.prod(moduli):
            yield moduli


def _is_safe(moduli: tuple[int, ...], limit: int) -> bool:
    """Whether all shifts exceed twice the limit; the range is then sufficient, too."""
    product = math.prod(moduli)
    for modulus in moduli:
        rest = product // modulus
        inverse = pow(rest, -1, modulus)
        if rest * min(inverse, modulus - inverse) <= 2 * limit:
            return False
    return True
