"""Receiver of the compact model: amplitudes and phase in, residues out, all in FP32.

The same receiver as :mod:`circuits.receiver` with its noise gathered: the sum of independent
shot, dark and amplifier noise on a quadrature is one normal with the summed variance.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor

from circuits.hybrid import Hybrid
from circuits.phase_code import level_angle_rad
from circuits.receiver import PhaseReceiver

Form = tuple[Tensor, Tensor, Tensor, Tensor]


@dataclass(frozen=True)
class HybridRows:
    """Hybrids of the rows of tiles in FP32: (α, β, Re γ, Im γ) of each pair, all (G, 1, M).

    Attributes:
        difference: of the balanced differences of I and Q.
        total: of the sums, which set the shot noise.
    """

    difference: tuple[Form, Form]
    total: tuple[Form, Form]

    @classmethod
    def of(cls, hybrid: Hybrid) -> HybridRows:
        """From hybrids at places (G, M)."""

        def forms(coefficients: tuple[Tensor, Tensor, Tensor]) -> tuple[Form, Form]:
            alpha, beta, gamma = coefficients
            parts = [x.float().unsqueeze(1) for x in (alpha, beta, gamma.real, gamma.imag)]
            first, second = (tuple(p[..., pair] for p in parts) for pair in (0, 1))
            return cast(Form, first), cast(Form, second)

        return cls(forms(hybrid.difference()), forms(hybrid.total()))

    def at(self, group: Tensor, row: Tensor) -> HybridRows:
        """Those of single readouts (S,), by their group and row."""

        def pick(forms: tuple[Form, Form]) -> tuple[Form, Form]:
            first, second = (tuple(x[group, 0, row] for x in form) for form in forms)
            return cast(Form, first), cast(Form, second)

        return HybridRows(pick(self.difference), pick(self.total))


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
        hybrid: HybridRows | None = None,
    ) -> tuple[Tensor, Tensor]:
        """I and Q as fractions of the full scale; the arguments broadcast together.

        Args:
            plus_np: log amplitude of rail +, neper; overwritten.
            minus_np: the same of rail -; overwritten.
            phase_rad: phase between the rails.
            intensity: power of the laser in this symbol over its mean.
            noise: standard normals for I and Q.
            full_scale_a: full scale of the converters in A.
            hybrid: flaws of the receivers; none for perfect ones.
        """
        first_w, second_w = self.rail_powers_w
        per_watt, dark = self.receiver.noise_terms()
        # Square roots of the power that each rail lets through.
        plus, minus = plus_np.exp_(), minus_np.exp_()
        if hybrid is not None:
            return self._through_hybrid(
                plus, minus, phase_rad, intensity, noise, full_scale_a, hybrid
            )
        light_w = plus.square().mul_(first_w).add_(minus.square(), alpha=second_w).mul_(intensity)
        sigma_a = light_w.mul_(per_watt).add_(dark).sqrt_()
        amplitude_a = plus.mul_(minus).mul_(intensity)
        amplitude_a.mul_(self.receiver.responsivity_a_per_w * math.sqrt(first_w * second_w))
        scale = full_scale_a.reciprocal()
        in_phase = phase_rad.cos().mul_(amplitude_a).addcmul_(sigma_a, noise[0]).mul_(scale)
        quadrature = phase_rad.sin().mul_(amplitude_a).addcmul_(sigma_a, noise[1]).mul_(scale)
        return in_phase, quadrature

    def _through_hybrid(
        self,
        plus: Tensor,
        minus: Tensor,
        phase_rad: Tensor,
        intensity: Tensor,
        noise: tuple[Tensor, Tensor],
        full_scale_a: Tensor,
        hybrid: HybridRows,
    ) -> tuple[Tensor, Tensor]:
        """As above, each pair with the difference and the sum that its hybrid gives."""
        first_w, second_w = self.rail_powers_w
        responsivity = self.receiver.responsivity_a_per_w
        per_watt, dark = self.receiver.noise_terms()
        signal_w = plus.square().mul_(first_w).mul_(intensity)
        reference_w = minus.square().mul_(second_w).mul_(intensity)
        beat_w = plus.mul_(minus).mul_(intensity).mul_(math.sqrt(first_w * second_w))
        cosine, sine = phase_rad.cos().mul_(beat_w), phase_rad.sin().mul_(beat_w)
        results = []
        for pair in (0, 1):
            seen = (
                alpha * signal_w + beta * reference_w + real * cosine - imag * sine
                for alpha, beta, real, imag in (hybrid.difference[pair], hybrid.total[pair])
            )
            current_a = next(seen).mul_(responsivity)
            # The noise terms are per watt of both rails, of which an ideal pair sees half.
            sigma_a = next(seen).mul_(2.0 * per_watt).add_(dark).sqrt_()
            results.append(current_a.addcmul_(sigma_a, noise[pair]).div_(full_scale_a))
        return results[0], results[1]

    def phase_rad(self, residue: Tensor, deviation_rad: Tensor) -> Tensor:
        """Phase of an ideal residue (float32 integers) plus its deviation, FP32."""
        return torch.add(deviation_rad, residue, alpha=level_angle_rad(self.receiver.modulus))
