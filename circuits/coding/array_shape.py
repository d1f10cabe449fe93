"""Moduli and sizes that arrays can have."""

from __future__ import annotations

from dataclasses import dataclass

from photonics.errors import InputError

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
            size = getattr(self, name)
            if not isinstance(size, int) or size < 1:
                raise InputError(f"array.{name}", size, "must be a whole number of at least 1")


def check_modulus(modulus: int) -> None:
    """Refuse what is no modulus, or too large for residues of 16 bits."""
    if not isinstance(modulus, int) or not 2 <= modulus <= _MOST_MODULUS:
        raise InputError("modulus", modulus, f"must be a whole number, 2 to {_MOST_MODULUS}")
