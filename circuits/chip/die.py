r"""The index of guides over a die: width and thickness vary slowly, so that neighbours are alike.

The effective index departs from its design by a normal field n(r) over the die, stationary, with
the correlation ``exp(-d² / (2 ℓ²))`` of two places d apart.  It is a sum of plane waves whose wave
vectors are normal with an rms of 1/ℓ.  The arrays of a modulus are a chiplet of their own, unit
below unit; both paths of a digit of a rail lie in one place.

Legend of shapes: U unit, R row, J multiplier, D digit, S rail, W plane wave.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from circuits.design.multiplier import MultiplierDesign
from photonics.random import NoiseKey

# So many waves make a sum that is close to normal.
_WAVES = 128


def index_deviation(
    multiplier: MultiplierDesign, lattice: tuple[int, int, int, int], key: NoiseKey
) -> Tensor:
    """Deviation of the effective index at every digit, float64 (U, R, J, D, S).

    Args:
        multiplier: gives the pitches, the rms and the correlation length.
        lattice: how many digits there are, (U, R, J, D).
        key: of the die.
    """
    units, rows, multipliers, digits = lattice
    layout = multiplier.laid_out
    along, down, rail = (
        torch.arange(n, dtype=torch.float64) for n in (multipliers * digits, units * rows, 2)
    )
    vector = key.fold("vector").normal(0, 2 * _WAVES).reshape(2, _WAVES)
    across, downward = vector / multiplier.index_correlation_m
    turn_rad = 2.0 * math.pi * key.fold("phase").uniform(0, _WAVES)
    # A plane wave is the product of what it does along and across the rows.
    place = torch.outer(along * layout.digit_pitch_m, across)
    line_m = down[:, None] * layout.row_pitch_m + rail * layout.rail_pitch_m
    line = line_m[..., None] * downward + turn_rad
    waves = torch.einsum("pw,lsw->lps", place.cos(), line.cos())
    waves -= torch.einsum("pw,lsw->lps", place.sin(), line.sin())
    field = multiplier.index_rms * math.sqrt(2.0 / _WAVES) * waves
    return field.reshape(units, rows, multipliers, digits, 2)
