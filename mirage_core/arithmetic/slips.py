"""How far one slip throws an integer, and the sets in which every slip throws it too far.

A residue that slips by one shifts the integer by the CRT weight of its modulus.  If that shift,
taken within the signed range, exceeds twice the largest legal integer, no legal integer becomes
another: the range check alone catches every single slip.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import combinations

from circuits.coding.phase_code import digit_count
from mirage_core.arithmetic.bfp import BfpFormat
from mirage_core.arithmetic.rns import ModuliSet
from photonics.errors import InputError

Cost = tuple[int, int, int]


def slip_distances(moduli: ModuliSet) -> dict[int, int]:
    """Smallest magnitude of the shift that a slip of one residue by ±1 causes, by modulus."""
    shifts = zip(moduli.moduli, moduli.weights, strict=True)
    return {m: min(w % moduli.product, -w % moduli.product) for m, w in shifts}


def undetectable_slips(moduli: ModuliSet, bfp: BfpFormat) -> dict[int, int]:
    """Moduli of which a slip may go unnoticed by the range check, with its shift."""
    distances = slip_distances(moduli)
    return {m: shift for m, shift in distances.items() if shift <= 2 * bfp.max_dot}


def set_cost(moduli: tuple[int, ...]) -> Cost:
    """Cost of a set: its largest modulus, then bits of all its converters, then its product.

    The largest modulus comes first because a readout errs when its phase is off by π/m: for the
    same errors, twice the modulus takes twice the signal-to-noise ratio.
    """
    return max(moduli), sum(digit_count(m) for m in moduli), math.prod(moduli)


def cheapest_safe_sets(
    bfp: BfpFormat, size: int = 3, largest: int = 64, count: int = 5
) -> list[ModuliSet]:
    """The cheapest sets, by :func:`set_cost`, in which the range check catches every single slip.

    Args:
        bfp: number format whose dot products must fit.
        size: moduli in a set.
        largest: modulus at which the search gives up.
        count: how many sets; fewer if there are not as many.

    Raises:
        InputError: if there is none up to ``largest``.
    """
    safe: list[tuple[int, ...]] = []
    for top in range(2, largest + 1):
        safe += [m for m in _coprime_sets(size, top) if _is_safe(m, bfp.max_dot)]
        if len(safe) >= count:
            break
    if not safe:
        raise InputError(
            "largest",
            largest,
            f"no {size} moduli up to it catch every slip for dot products of ±{bfp.max_dot}",
            "allow larger moduli, or use redundant ones",
        )
    return [ModuliSet(moduli) for moduli in sorted(safe, key=set_cost)[:count]]


def _coprime_sets(size: int, top: int) -> Iterator[tuple[int, ...]]:
    """Those with a given largest modulus."""
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
