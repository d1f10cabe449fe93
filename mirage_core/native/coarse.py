"""What rows make of light, as the kernels read it in single precision; see ``coarse.h``.

Legend of shapes: L line (unit, row), B pair (I, Q).
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from circuits.receiver.receiver import Receiver
from mirage_core.native.library import LANES


def coarse_rows(receiver: Receiver, lines: Tensor) -> Tensor:
    """Numbers of rows in codes, float32 (B, 13, L + 32), those of rows that are not there last.

    Of currents times the setting of a symbol: coefficients of light of rail +, of rail - and of
    cosine and sine of their beat; as many of the variance of its noise, and the variance without
    light; what is taken off per common mode, of two; the most that all coefficients count for the
    light of both rails together; and that for its noise, over the least.

    Args:
        receiver: of one modulus.
        lines: of :class:`~mirage_core.engines.screening.Screening`, float64 (L, 40).
    """
    top = float(receiver.converter.half_range)
    first_w, second_w = receiver.rail_powers_w
    beat_w = math.sqrt(first_w * second_w)
    powers_w = torch.tensor([first_w, second_w, beat_w, beat_w], dtype=torch.float64)
    codes = top * lines[:, 16:18, None]
    current, light = (lines[:, at : at + 8].unflatten(1, (2, 4)) * powers_w for at in (0, 8))
    current = receiver.responsivity_a_per_w * codes * current
    light = 2.0 * receiver.noise.shot_a2_per_w * codes.square() * light
    still = receiver.noise.still_a2 * codes.square()
    taken = top * lines[:, 18:22].unflatten(1, (2, 2))
    # The beat is half of the light of both rails at most.
    most, largest = (
        x.abs()[..., :2].amax(-1) + x.abs()[..., 2:].sum(-1) / 2.0 for x in (current, light)
    )
    least = light[..., :2].amin(-1) - light.abs()[..., 2:].sum(-1) / 2.0
    unlike = torch.where(least > 0.0, largest / least, torch.inf).where(largest > 0.0, 1.0)
    bounds = torch.stack((most, unlike), dim=-1)
    found = torch.cat((current, light, still, taken, bounds), dim=-1).permute(1, 2, 0)
    return torch.nn.functional.pad(found.float(), (0, LANES))
