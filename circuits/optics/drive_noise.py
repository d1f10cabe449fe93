r"""Noise of the converters of a tile's drives: drawn when it is loaded, held until the next load.

``v = v_set + n``, n normal: an error of the swing, which turns the phase by the slope of the curve
of the shifter there.  All readings of a load see the same, readings again among them.
"""

from __future__ import annotations

import math

from torch import Tensor

from photonics.random import NoiseKey


def drive_normals(key: NoiseKey, first: int, count: int, shape: tuple[int, ...]) -> Tensor:
    """One standard normal for every converter of tiles, float64 (count, *shape).

    Args:
        key: of what is loaded: a product, and a block of rows of it on the arrays of one modulus.
        first: number of the first tile.
        count: of tiles.
        shape: converters of a tile: rows, multipliers, digits or 1, rails or 1.
    """
    each = math.prod(shape)
    return key.fold("drive noise").normal(first * each, count * each).view(count, *shape)
