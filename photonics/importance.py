"""Rare errors of a phase decision, by importance sampling.

Errors of one in 10⁹ are never seen in plain noise.  The noise is therefore pushed from the
phasor toward the two edges of its cell, half of the samples to either, and every sample counts
with the ratio of the density that it should have been drawn from to the one that it was::

    w(n) = φ(n) / ½ [φ(n - p₁) + φ(n - p₂)] = 2 / (e^(p₁·n - p₁²/2) + e^(p₂·n - p₂²/2))

The weighted mean of any indicator is then an unbiased estimate of its probability in plain noise,
and the decision under test is used as it is.  Source: A. B. Owen, "Monte Carlo theory, methods
and examples" (2013), ch. 9.

Legend of shapes: N sample, E edge of the cell, Q quadrature (I, Q).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class PushedNoise:
    """Noise in units of its rms.

    Attributes:
        noise: pushed normals, float64 (N, Q).
        weight: by what each sample counts, float64 (N,).
    """

    noise: Tensor
    weight: Tensor

    def probability(self, happened: Tensor) -> Estimate:
        """Probability, in plain noise, of what happened (N,) in the pushed samples."""
        counted = self.weight * happened
        deviation = float(counted.std()) / math.sqrt(len(counted))
        return Estimate(float(counted.mean()), deviation)


@dataclass(frozen=True)
class Estimate:
    """A probability with its standard error."""

    value: float
    standard_error: float


def edge_push(angle_rad: Tensor, half_cell_rad: float, amplitude_snr: float) -> Tensor:
    """The shortest ways from phasors to both edges of their cells, float64 (N, E, Q).

    Args:
        angle_rad: direction of each phasor, (N,).
        half_cell_rad: from there to either edge, below a quarter turn.
        amplitude_snr: length of the phasors in units of the noise, A/σ.
    """
    ways = []
    for edge in (angle_rad + half_cell_rad, angle_rad - half_cell_rad):
        along = amplitude_snr * torch.cos(edge - angle_rad)
        way_i = along * torch.cos(edge) - amplitude_snr * torch.cos(angle_rad)
        way_q = along * torch.sin(edge) - amplitude_snr * torch.sin(angle_rad)
        ways.append(torch.stack([way_i, way_q], dim=-1))
    return torch.stack(ways, dim=-2)


def pushed_noise(normals: tuple[Tensor, Tensor], push: Tensor) -> PushedNoise:
    """Push standard normals of I and Q, (N,) each, along ``push`` (N, E, Q), edges in turn."""
    plain = torch.stack(normals, dim=-1).to(torch.float64)
    sample = torch.arange(len(plain))
    noise = plain + push[sample, sample % push.shape[1]]
    tilt = (push * noise[:, None, :]).sum(-1) - 0.5 * push.square().sum(-1)
    weight = torch.exp(math.log(push.shape[1]) - torch.logsumexp(tilt, dim=1))
    return PushedNoise(noise, weight)
