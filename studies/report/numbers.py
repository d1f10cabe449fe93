"""Numbers in words and tables."""

from __future__ import annotations


def number_text(value: float, digits: int = 3) -> str:
    """A number to some significant digits, without a power of ten where it is readable."""
    return f"{float(f'{value:.{digits}g}'):g}"
