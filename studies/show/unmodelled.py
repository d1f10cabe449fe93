"""What the model leaves out, printed beside what it says."""

from __future__ import annotations

from circuits.analysis.unmodelled import Unmodelled
from studies.report.tables import print_table


def print_unmodelled(modulus: int, left_out: list[Unmodelled]) -> None:
    """Print what is left out for one modulus, and about how much it would do."""
    print_table(
        f"Not modelled, modulus {modulus}: what it would do, to an order of magnitude",
        ("left out", "about", "by"),
        [(each.name, f"{each.size:.1g} {each.unit}", each.how) for each in left_out],
    )
