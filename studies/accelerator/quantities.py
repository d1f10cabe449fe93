"""Numbers of the accelerator's tables in words: one way to round, and one meaning of MB and GB."""

from __future__ import annotations

import math

MEGABYTE, GIGABYTE = 2**20, 1e9
"""Bytes: memories are sized in powers of two, traffic and bandwidths in powers of ten."""
_DIGITS, _LEAST, _MOST = 4, 1e-3, 1e9


def number(value: float) -> str:
    """Four significant digits; whole numbers in full, very small and large ones by powers."""
    if value == 0.0:
        return "0"
    if not _LEAST <= abs(value) < _MOST:
        mantissa, _, power = f"{value:.{_DIGITS - 1}e}".partition("e")
        return f"{mantissa.rstrip('0').rstrip('.')}e{int(power)}"
    decimals = max(_DIGITS - 1 - math.floor(math.log10(abs(value))), 0)
    text = f"{value:,.{decimals}f}"
    return text.rstrip("0").rstrip(".") if decimals else text


def within(low: float, high: float) -> str:
    """A range in brackets, with a space before it; nothing where there is no range."""
    if math.isclose(low, high, rel_tol=1e-9):
        return ""
    return f" ({number(low)} to {number(high)})"
