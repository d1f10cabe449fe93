"""Heaters that couple as no law says: overrides of a machine, and the numbers in them."""

from __future__ import annotations

import json
import math

from photonics.random import NoiseKey

_KEY = NoiseKey.from_seed(41)
_COUPLING = "multiplier.heat.coupling"


def stencil(nearest: float, reach_rows: int = 1, reach_digits: int = 4) -> list[list[float]]:
    """What a heater of either rail does to the shifters around it, line by line."""
    heaters = [
        (f, y, t) for f in (0, 1) for y in range(-reach_rows, reach_rows + 1) for t in (0, 1)
    ]
    places = range(-reach_digits, reach_digits + 1)
    scatter = iter((0.5 + _KEY.fold("stencil").uniform(0, len(heaters) * len(places))).tolist())
    return [
        [
            _coupling(nearest, t - f, y, p) * (next(scatter) if (t - f, y, p) != (0, 0, 0) else 0.9)
            for p in places
        ]
        for f, y, t in heaters
    ]


def row(nearest: float, places: int, rails: int = 2) -> list[list[float]]:
    """Matrix of the heaters of a row."""
    heaters = [(rail, place) for rail in range(rails) for place in range(places)]
    scatter = iter((0.5 + _KEY.fold("row").uniform(0, len(heaters) ** 2)).tolist())
    return [
        [
            _coupling(nearest, t - f, 0, p - q) * (next(scatter) if (t, p) != (f, q) else 0.9)
            for f, q in heaters
        ]
        for t, p in heaters
    ]


def by_stencil(nearest: float) -> tuple[str, ...]:
    """Overrides for a machine without heaters."""
    return (f"{_COUPLING}.stencil={json.dumps(stencil(nearest))}",)


def by_row(nearest: float, places: int, rails: int = 2) -> tuple[str, ...]:
    """Overrides for a machine without heaters, whose rows all have so many places."""
    matrix = json.dumps(row(nearest, places, rails))
    return (f"{_COUPLING}.measured={matrix}", "multiplier.heat.reach_rows=0")


def _coupling(nearest: float, rails: int, rows: int, places: int) -> float:
    """1 for the heater of the shifter itself."""
    away = math.hypot(places, 2 * rails + 5 * rows)
    return nearest * math.exp(1.0 - away) if away else 1.0
