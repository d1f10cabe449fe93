"""Residues as phases: drive levels and the nearest-level decision.

A residue r is the phase 2π r / m.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor


def digit_count(modulus: int) -> int:
    """Binary digits of the residues 0 ... m-1: ceil(log2 m), which is 6 for m = 33."""
    return (modulus - 1).bit_length()


def residue(value: Tensor, modulus: int) -> Tensor:
    """Residues 0 ... m-1 of integers of any type and size: int64, the shape of ``value``."""
    # In a narrow type the modulus itself may not fit.
    return torch.remainder(value.to(torch.int64), modulus)


def drive_level(value: Tensor, modulus: int) -> Tensor:
    """Signed drive of least magnitude that is congruent to an integer of any type and size.

    Odd m: -(m-1)/2 ... (m-1)/2.  Even m: -m/2 ... m/2 - 1.
    """
    half = modulus // 2
    return residue(residue(value, modulus) + half, modulus) - half


def level_angle_rad(modulus: int) -> float:
    """Phase between neighbouring residues, 2π/m; a decision errs beyond half of it."""
    return 2.0 * math.pi / modulus


def nearest_residue(in_phase: Tensor, quadrature: Tensor, modulus: int) -> Tensor:
    """Residue whose phase is nearest to that of (I, Q): int64, the shape of the inputs.

    ``atan2`` proposes a level and two cross products with the edges of its cell settle it, so
    that the result does not hang on the last bit of ``atan2``, which differs between vector
    body and tail.  Inputs are float64; the origin is decided as residue 0.
    """
    cell = level_angle_rad(modulus)
    level = torch.round(torch.atan2(quadrature, in_phase) / cell).to(torch.int64)
    edges = (torch.arange(modulus + 1, dtype=torch.float64, device=in_phase.device) - 0.5) * cell
    edge_x, edge_y = edges.cos(), edges.sin()

    def beyond(edge: Tensor) -> Tensor:
        """Whether the reading lies at or after an edge, counter-clockwise."""
        index = torch.remainder(edge, modulus)
        return edge_x[index] * quadrature - edge_y[index] * in_phase >= 0

    level = level - (~beyond(level)).to(torch.int64)
    level = level + beyond(level + 1).to(torch.int64)
    at_origin = (in_phase == 0) & (quadrature == 0)
    return torch.remainder(level, modulus).masked_fill(at_origin, 0)
