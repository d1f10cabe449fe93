"""Receiver of the compact model: amplitudes and phase in, residues out, all in FP32.

The same receiver as :mod:`circuits.receiver` with its noise gathered: the sum of independent
shot, dark and amplifier noise on a quadrature is one normal with the summed variance.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from circuits.phase_code import level_angle_rad
from circuits.receiver import PhaseReceiver


@dataclass(frozen=True)
class CompactReceiver:
    """Turns log amplitudes and phases into I and Q for one modulus and launched power."""

    receiver: PhaseReceiver
    rail_powers_w: tuple[float, float]

    def quadratures(
        self,
        plus_np: Tensor,
        minus_np: Tensor,
        phase_rad: Tensor,
        intensity: Tensor,
        noise: tuple[Tensor, Tensor],
        full_scale_a: Tensor,
    ) -> tuple[Tensor, Tensor]:
        """I and Q as fractions of the full scale; the arguments broadcast together.

        Args:
            plus_np: log amplitude of rail +, neper; overwritten.
            minus_np: the same of rail -; overwritten.
            phase_rad: phase between the rails.
            intensity: power of the laser in this symbol over its mean.
            noise: standard normals for I and Q.
            full_scale_a: full scale of the converters in A.
        """
        first_w, second_w = self.rail_powers_w
        per_watt, dark = self.receiver.noise_terms()
        # Square roots of the power that each rail lets through.
        plus, minus = plus_np.exp_(), minus_np.exp_()
        light_w = plus.square().mul_(first_w).add_(minus.square(), alpha=second_w).mul_(intensity)
        sigma_a = light_w.mul_(per_watt).add_(dark).sqrt_()
        amplitude_a = plus.mul_(minus).mul_(intensity)
        amplitude_a.mul_(self.receiver.responsivity_a_per_w * math.sqrt(first_w * second_w))
        scale = full_scale_a.reciprocal()
        in_phase = phase_rad.cos().mul_(amplitude_a).addcmul_(sigma_a, noise[0]).mul_(scale)
        quadrature = phase_rad.sin().mul_(amplitude_a).addcmul_(sigma_a, noise[1]).mul_(scale)
        return in_phase, quadrature

    def phase_rad(self, residue: Tensor, deviation_rad: Tensor) -> Tensor:
        """Phase of an ideal residue (float32 integers) plus its deviation, FP32."""
        return torch.add(deviation_rad, residue, alpha=level_angle_rad(self.receiver.modulus))
