"""Noise of the laser: one draw for all rows that it feeds in one symbol.

Intensity noise scales both rails alike; phase noise enters through the difference of their
delays, and is the same for every row.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from circuits.design.circuit import Design
from circuits.receiver.memory import SymbolMemory
from photonics.random import NoiseKey, normal_pairs_at


def laser_noise(
    design: Design, key: NoiseKey, start: int, count: int, dtype: torch.dtype
) -> tuple[Tensor, Tensor]:
    """Relative power (about 1) and phase between the rails (rad) of a run of symbols.

    Args:
        design: gives intensity noise, linewidth, rail mismatch and bandwidth.
        key: key of the array's readouts; the laser takes a stream of its own from it.
        start: index of the first symbol.
        count: number of symbols.
        dtype: float32 or float64.
    """
    return scaled_laser_noise(design, key.fold("laser").normal_pairs(start, count, dtype))


def laser_noise_run(design: Design, key: NoiseKey, symbol: Tensor) -> tuple[Tensor, Tensor]:
    """As :func:`laser_noise`, float64, for symbols (n,) of any numbers."""
    array = torch.zeros_like(symbol)
    return laser_noise_at(design, [key], array, symbol, torch.float64)


def clock_jitter(memory: SymbolMemory, key: NoiseKey, symbol: Tensor) -> Tensor | None:
    """Standard normals of the sampling clock for symbols (n,), shared by all rows of an array.

    None where the jitter moves nothing.
    """
    if not memory.jitters:
        return None
    array = torch.zeros_like(symbol)
    return normal_pairs_at([key.fold("clock")], array, symbol)[0]


def laser_noise_at(
    design: Design,
    keys: Sequence[NoiseKey],
    array: Tensor,
    symbol: Tensor,
    dtype: torch.dtype,
) -> tuple[Tensor, Tensor]:
    """As :func:`laser_noise`, for single symbols (n,): index of the array's key, of the symbol."""
    lasers = [key.fold("laser") for key in keys]
    return scaled_laser_noise(design, normal_pairs_at(lasers, array, symbol, dtype))


def scaled_laser_noise(design: Design, normals: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
    """Relative power and phase between the rails (rad) from two standard normals (...)."""
    bandwidth = design.receiver.noise_bandwidth_hz
    rms = math.sqrt(design.laser.intensity_variance(bandwidth))
    delay_s = design.receiver.rail_mismatch_s
    phase_rms_rad = math.sqrt(design.laser.phase_variance_rad2(delay_s, bandwidth))
    intensity, phase = normals
    return (1.0 + rms * intensity).clamp_(min=0.0), phase_rms_rad * phase
