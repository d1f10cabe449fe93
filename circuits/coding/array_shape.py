"""Moduli and sizes that arrays can have."""

from __future__ import annotations

from dataclasses import dataclass

from photonics.checks import whole_number

# Decided residues are int16.
_MOST_MODULUS = (1 << 15) - 1


@dataclass(frozen=True)
class ArrayShape:
    """Size of the modular arrays of a chip: units, rows in each, multipliers in a row."""

    units: int
    rows: int
    length: int

    def __post_init__(self) -> None:
        for name in ("units", "rows", "length"):
            size = whole_number(f"array.{name}", getattr(self, name), least=1)
            object.__setattr__(self, name, size)


def check_modulus(modulus: int) -> int:
    """A modulus; refuse what is none, or too large for residues of 16 bits."""
    return whole_number("modulus", modulus, least=2, most=_MOST_MODULUS)
