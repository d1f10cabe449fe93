"""Sets of moduli near to one that will not do: what an error message can suggest."""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Iterator, Sequence
from itertools import combinations

# Sets looked at before the search gives up; a handful is the rule.
_PATIENCE = 4000


def shared_factor(moduli: Sequence[int]) -> tuple[int, int, int] | None:
    """The first pair that is not coprime, with its common factor; none if all are coprime."""
    for a, b in combinations(moduli, 2):
        if math.gcd(a, b) > 1:
            return a, b, math.gcd(a, b)
    return None


def nearest_sets(
    moduli: Sequence[int],
    product: int = 1,
    count: int = 2,
    beside: Sequence[int] = (),
    accept: Callable[[tuple[int, ...]], bool] = lambda _: True,
) -> list[tuple[int, ...]]:
    """Pairwise coprime sets near to a given one, with at least a given product.

    The distance is the sum of the changes of the moduli.  A set whose product falls short is
    scaled up first, so that the search starts where the answers are; among equally near sets
    the smaller product comes first.

    Args:
        moduli: what was asked for; neither coprime nor sufficient, perhaps.
        product: least product of a set.
        count: how many sets.
        beside: moduli that stay as they are, and to which those of a set are coprime, too.
        accept: what else is asked of a set.
    """
    possible = [max(2, m) for m in moduli]
    short = max(1.0, product / math.prod(possible)) ** (1.0 / len(possible))
    start = tuple(sorted(math.floor(m * short) for m in possible))
    found = []
    for candidate in _outwards(start):
        coprime = shared_factor((*beside, *candidate)) is None
        if coprime and math.prod(candidate) >= product and accept(candidate):
            found.append(candidate)
            if len(found) == count:
                break
    return found


def listed(sets: Sequence[tuple[int, ...]]) -> str:
    """Sets of moduli, to choose from."""
    return " or ".join(str(s) for s in sets)


def near_to_it(sets: Sequence[tuple[int, ...]]) -> str:
    """What to suggest to those who asked for something near; empty where there is nothing."""
    return f"near to it are {listed(sets)}" if sets else ""


def _outwards(start: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    """Ascending sets in the order of their distance from one, a bounded number of them."""
    queue = [(0, math.prod(start), start)]
    seen = {start}
    for _ in range(_PATIENCE):
        *_, moduli = heapq.heappop(queue)
        yield moduli
        for place, modulus in enumerate(moduli):
            for other in (modulus - 1, modulus + 1):
                changed = (*moduli[:place], other, *moduli[place + 1 :])
                if other < 2 or changed in seen or list(changed) != sorted(changed):
                    continue
                seen.add(changed)
                distance = sum(abs(a - b) for a, b in zip(changed, start, strict=True))
                heapq.heappush(queue, (distance, math.prod(changed), changed))
