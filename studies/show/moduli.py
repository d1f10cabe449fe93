"""What a set of moduli can hold, and what one wrong readout does to it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mirage_core.arithmetic.bfp import BfpFormat
from mirage_core.arithmetic.moduli_choice import set_cost
from mirage_core.arithmetic.rns import ModuliSet
from mirage_core.arithmetic.slips import cheapest_safe_sets, slip_distances, undetectable_slips
from photonics.errors import InputError
from studies.report.tables import console, print_table

# Modulus at which the search for cheap sets gives up.
_LARGEST = 128


def show(moduli: Sequence[int], bits: int, group: int, count: int = 5) -> dict[str, Any]:
    """Print a set beside a number format, and the cheapest sets without a blind spot.

    Args:
        moduli: the set; it need not hold the format.
        bits: of a mantissa.
        group: elements of a dot product.
        count: how many of the cheapest sets.

    Returns:
        The same, for JSON.
    """
    rns, bfp = ModuliSet(moduli), BfpFormat(mantissa_bits=bits, group_size=group)
    found, distances = rns.range_of(bfp), slip_distances(rns)
    blind = list(undetectable_slips(rns, bfp))
    cheapest = _cheapest(bfp, count)
    print_table(
        f"{_braces(rns.moduli)}: slips of one residue by ±1, {bits}-bit mantissas in groups of "
        f"{group}",
        ("modulus", "ADC digits", "slip distance", "seen if above", "range check alone"),
        [
            (
                str(m),
                str(digits),
                f"{shift:,}",
                f"{2 * bfp.max_dot:,}",
                "BLIND SPOT" if m in blind else "sees every slip",
            )
            for (m, shift), digits in zip(distances.items(), rns.digit_counts, strict=True)
        ],
    )
    say = console().print
    short = "" if found.fits else f", short by {found.shortfall:,}"
    say(f"range: M = {rns.product:,} = 2^{found.bits:.2f}, integers ±{found.max_magnitude:,}")
    say(f"true bound, g (2^bm - 1)^2 = {bfp.max_dot:,} within it: {_yes(found.fits)}{short}")
    say(f"paper's condition, log2 M >= {found.paper_bits:g}: {_yes(found.meets_paper)}")
    say(f"blind spots: {', '.join(map(str, blind)) or 'none'}")
    sets = ", ".join(_braces(m) for m in cheapest) or f"none up to {_LARGEST}"
    say(f"cheapest sets of three without one, by phase margin, then ADC digits: {sets}")
    return {
        "moduli": list(rns.moduli),
        "mantissa_bits": bits,
        "group_size": group,
        "product": rns.product,
        "max_magnitude": found.max_magnitude,
        "max_dot": bfp.max_dot,
        "fits": found.fits,
        "log2_product": found.bits,
        "paper_bits": found.paper_bits,
        "meets_paper": found.meets_paper,
        "adc_digits": dict(zip(rns.moduli, rns.digit_counts, strict=True)),
        "slip_distances": distances,
        "undetectable_slips": blind,
        "cheapest_safe_sets": [{"moduli": list(m), "adc_digits": set_cost(m)[1]} for m in cheapest],
    }


def _cheapest(bfp: BfpFormat, count: int) -> list[tuple[int, ...]]:
    try:
        return [s.moduli for s in cheapest_safe_sets(bfp, largest=_LARGEST, count=count)]
    except InputError:
        return []


def _braces(moduli: Sequence[int]) -> str:
    return "{" + ", ".join(map(str, moduli)) + "}"


def _yes(holds: bool) -> str:
    return "yes" if holds else "NO"
