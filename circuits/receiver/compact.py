"""Receiver of the compact model: amplitudes and phase in, residues out, all in FP32.

The same receiver as :mod:`circuits.receiver.phase_receiver` with its noise gathered: the sum of
independent shot, dark and amplifier noise on a quadrature is one normal with the summed variance.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple, cast

import torch
from torch import Tensor

from circuits.chip.arrays import Converters, ModulusArrays
from circuits.coding.phase_code import level_angle_rad
from circuits.optics.hybrid import Hybrid
from circuits.receiver.gain import SymbolSetting
from circuits.receiver.phase_receiver import PhaseReceiver

Form = tuple[Tensor, Tensor, Tensor, Tensor]
# Gain and offset of receivers, each of I and of Q.
TrimRows = tuple[tuple[Tensor, Tensor], tuple[tuple[Tensor, ...], tuple[Tensor, ...]]]


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
class ReceiverRows:
    """What the receivers of the rows of tiles have of their own; parts that are ideal are none.

    Attributes:
        hybrid: flaws of hybrids and diodes.
        trim: gain, and offsets by share of the common mode, of I and Q, each (G, 1, M).
        converters: transitions, (G, 1, M, Q, codes - 1).
    """

    hybrid: HybridRows | None
    trim: TrimRows | None
    converters: Converters | None

    @classmethod
    def of(cls, arrays: ModulusArrays, unit: Tensor, row: Tensor) -> ReceiverRows:
        """Those of rows (M,) on arrays (G, M)."""
        hybrid = None if arrays.hybrid.is_ideal else HybridRows.of(arrays.hybrid.at(unit, row))
        trim = None
        if arrays.receiver is not None:
            rows = arrays.receiver.at(unit, row)
            gain_i, gain_q = rows.gain.float().unsqueeze(1).unbind(-1)
            offset_i, offset_q = rows.offset.float().unsqueeze(1).unbind(-2)
            trim = (gain_i, gain_q), (offset_i.unbind(-1), offset_q.unbind(-1))
        converters = None
        if arrays.converters is not None:
            converters = Converters(arrays.converters.at(unit, row).transitions.unsqueeze(1))
        return cls(hybrid, trim, converters)

    def at(self, group: Tensor, row: Tensor) -> ReceiverRows:
        """Those of single readouts (S,), by their group and row."""
        hybrid = None if self.hybrid is None else self.hybrid.at(group, row)
        trim = None
        if self.trim is not None:
            (gain_i, gain_q), offsets = self.trim
            gain = gain_i[group, 0, row], gain_q[group, 0, row]
            offset_i, offset_q = (tuple(x[group, 0, row] for x in shares) for shares in offsets)
            trim = gain, (offset_i, offset_q)
        converters = None if self.converters is None else self.converters.at(group, 0, row)
        return ReceiverRows(hybrid, trim, converters)


class Detected(NamedTuple):
    """Settled currents of I and Q in A and their rms noise in A, all of one shape."""

    current_a: tuple[Tensor, Tensor]
    rms_a: tuple[Tensor, Tensor]


@dataclass(frozen=True)
class CompactReceiver:
    """Turns log amplitudes and phases into I and Q for one modulus and launched power."""

    receiver: PhaseReceiver
    rail_powers_w: tuple[float, float]

    def detect(
        self,
        plus_np: Tensor,
        minus_np: Tensor,
        phase_rad: Tensor,
        intensity: Tensor,
        hybrid: HybridRows | None = None,
    ) -> Detected:
        """Settled currents and their noise; the arguments broadcast together.

        Args:
            plus_np: log amplitude of rail +, neper; overwritten.
            minus_np: the same of rail -; overwritten.
            phase_rad: phase between the rails.
            intensity: power of the laser in this symbol over its mean.
            hybrid: flaws of the receivers; none for perfect ones.
        """
        # Square roots of the power that each rail lets through.
        plus, minus = plus_np.exp_(), minus_np.exp_()
        if hybrid is not None:
            return self._through_hybrid(plus, minus, phase_rad, intensity, hybrid)
        first_w, second_w = self.rail_powers_w
        per_watt, dark = self.receiver.noise_terms()
        light_w = plus.square().mul_(first_w).add_(minus.square(), alpha=second_w).mul_(intensity)
        sigma_a = light_w.mul_(per_watt).add_(dark).sqrt_()
        amplitude_a = plus.mul_(minus).mul_(intensity)
        amplitude_a.mul_(self.receiver.responsivity_a_per_w * math.sqrt(first_w * second_w))
        current_a = phase_rad.cos().mul_(amplitude_a), phase_rad.sin().mul_(amplitude_a)
        return Detected(current_a, (sigma_a, sigma_a))

    def ratios(
        self,
        detected: Detected,
        noise: tuple[Tensor, Tensor],
        setting: SymbolSetting,
        trim: TrimRows | None = None,
    ) -> tuple[Tensor, Tensor]:
        """I and Q at the converters, as fractions of the full scale.

        Args:
            detected: currents at the sampling instants, and their noise.
            noise: standard normals for I and Q.
            setting: of the receivers for the symbols.
            trim: of the receivers; none where nothing is set.
        """
        means, rms = self.at_converters(detected, setting, trim)
        first, second = (means[q].addcmul_(rms[q], noise[q]) for q in (0, 1))
        return first, second

    def at_converters(
        self, detected: Detected, setting: SymbolSetting, trim: TrimRows | None = None
    ) -> tuple[tuple[Tensor, Tensor], tuple[Tensor, Tensor]]:
        """Mean and rms of I and Q at the converters, as fractions of the full scale."""
        scale, added = setting.full_scale_a.reciprocal(), self.receiver.converter_rms
        means, noises = [], []
        for pair in (0, 1):
            mean = detected.current_a[pair] * scale
            rms = detected.rms_a[pair] * scale
            if trim is not None:
                assert setting.common_mode is not None
                mean, rms = mean * trim[0][pair], rms * trim[0][pair]
                for offset, share in zip(trim[1][pair], setting.common_mode, strict=True):
                    mean = mean - offset * share
            if added:
                rms = rms.square().add_(added**2).sqrt_()
            means.append(mean)
            noises.append(rms)
        return (means[0], means[1]), (noises[0], noises[1])

    def _through_hybrid(
        self,
        plus: Tensor,
        minus: Tensor,
        phase_rad: Tensor,
        intensity: Tensor,
        hybrid: HybridRows,
    ) -> Detected:
        """As above, each pair with the difference and the sum that its hybrid gives."""
        first_w, second_w = self.rail_powers_w
        responsivity = self.receiver.responsivity_a_per_w
        per_watt, dark = self.receiver.noise_terms()
        signal_w = plus.square().mul_(first_w).mul_(intensity)
        reference_w = minus.square().mul_(second_w).mul_(intensity)
        beat_w = plus.mul_(minus).mul_(intensity).mul_(math.sqrt(first_w * second_w))
        cosine, sine = phase_rad.cos().mul_(beat_w), phase_rad.sin().mul_(beat_w)
        currents, noises = [], []
        for pair in (0, 1):
            seen = (
                alpha * signal_w + beta * reference_w + real * cosine - imag * sine
                for alpha, beta, real, imag in (hybrid.difference[pair], hybrid.total[pair])
            )
            currents.append(next(seen).mul_(responsivity))
            # The noise terms are per watt of both rails, of which an ideal pair sees half.
            noises.append(next(seen).mul_(2.0 * per_watt).add_(dark).sqrt_())
        return Detected((currents[0], currents[1]), (noises[0], noises[1]))

    def phase_rad(self, residue: Tensor, deviation_rad: Tensor) -> Tensor:
        """Phase of an ideal residue (float32 integers) plus its deviation, FP32."""
        return torch.add(deviation_rad, residue, alpha=level_angle_rad(self.receiver.modulus))
