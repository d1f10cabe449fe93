"""Responses of digits and of what lies before them: log amplitudes, and phase between the rails.

Legend of shapes: D digit, S rail, Q quantity (log amplitude of rail +, of rail -, phase deviation);
``...`` places and drives.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from circuits.coding.phase_code import level_angle_rad
from photonics.optics import power_w


def log_response(
    field: Tensor, level: Tensor, weights: tuple[int, ...], modulus: int, bit: int
) -> Tensor:
    """Log amplitudes and phase deviation of digits for one value of their bit: (..., D, Q).

    Args:
        field: field transmission of either rail, complex128 (..., D, S).
        level: signed drives of the multipliers, (...).
        weights: what each digit counts.
        modulus: m.
        bit: value of all digits.
    """
    weight = torch.tensor(weights, dtype=torch.float64, device=level.device)
    ideal = bit * level_angle_rad(modulus) * (level[..., None] * weight)
    beat = field[..., 0] * field[..., 1].conj()
    deviation = torch.remainder(beat.angle() - ideal + math.pi, 2 * math.pi) - math.pi
    return torch.stack([*(power_w(field).log() / 2).unbind(-1), deviation], dim=-1)


def added(zero: Tensor, one: Tensor) -> Tensor:
    """What bit 1 adds to the response to bit 0, its phase within half a turn: (..., Q)."""
    delta = one - zero
    delta[..., 2] = torch.remainder(delta[..., 2] + math.pi, 2 * math.pi) - math.pi
    return delta


def line_response(field: Tensor) -> Tensor:
    """Log amplitudes and phase between the rails of fields (..., S): (..., Q)."""
    beat = field[..., 0] * field[..., 1].conj()
    return torch.stack([*(power_w(field).log() / 2).unbind(-1), beat.angle()], dim=-1)
