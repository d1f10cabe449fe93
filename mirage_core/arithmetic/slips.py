"""How far one slip throws an integer, and the sets in which every slip throws it too far.

A residue that slips by one shifts the integer by the CRT weight of its modulus.  If that shift,
taken within the signed range, exceeds twice the largest legal integer, no legal integer becomes
another: the range check alone catches every single slip.
"""

from __future__ import annotations

from mirage_core.arithmetic.bfp import BfpFormat
from mirage_core.arithmetic.moduli_choice import safe_moduli
from mirage_core.arithmetic.rns import ModuliSet
from photonics.checks import instance_of
from photonics.errors import InputError


def slip_distances(moduli: ModuliSet) -> dict[int, int]:
    """Smallest magnitude of the shift that a slip of one residue by ±1 causes, by modulus."""
    instance_of("moduli", moduli, ModuliSet)
    shifts = zip(moduli.moduli, moduli.weights, strict=True)
    return {m: min(w % moduli.product, -w % moduli.product) for m, w in shifts}


def undetectable_slips(moduli: ModuliSet, bfp: BfpFormat) -> dict[int, int]:
    """Moduli of which a slip may go unnoticed by the range check, with its shift."""
    distances = slip_distances(moduli)
    return {m: shift for m, shift in distances.items() if shift <= 2 * bfp.max_dot}


def cheapest_safe_sets(
    bfp: BfpFormat, size: int = 3, largest: int = 64, count: int = 5
) -> list[ModuliSet]:
    """The cheapest sets in which the range check catches every single slip.

    Cost is that of :func:`mirage_core.arithmetic.moduli_choice.set_cost`.

    Args:
        bfp: number format whose dot products must fit.
        size: moduli in a set.
        largest: modulus at which the search gives up.
        count: how many sets; fewer if there are not as many.

    Raises:
        InputError: if there is none up to ``largest``.
    """
    instance_of("bfp", bfp, BfpFormat)
    safe = safe_moduli(bfp.max_dot, size, largest, count)
    if not safe:
        raise InputError(
            "largest",
            largest,
            f"no {size} moduli up to it catch every slip for dot products of ±{bfp.max_dot}",
            "allow larger moduli, or use redundant ones",
        )
    return [ModuliSet(moduli) for moduli in safe]
