"""Noise of the laser: one draw for all rows that it feeds in one symbol.

Intensity noise scales both rails alike; phase noise enters through the difference of their
delays, and is the same for every row.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from circuits.design import Design
from photonics.random import NoiseKey


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
    bandwidth = design.receiver.noise_bandwidth_hz
    rms = math.sqrt(design.laser.intensity_variance(bandwidth))
    delay_s = design.receiver.rail_mismatch_s
    phase_rms_rad = math.sqrt(design.laser.phase_variance_rad2(delay_s, bandwidth))
    intensity, phase = key.fold("laser").normal_pairs(start, count, dtype)
    return (1.0 + rms * intensity).clamp_(min=0.0), phase_rms_rad * phase
