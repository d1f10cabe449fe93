r"""The receiver of a dot product: light of both rails in, one residue out.

::

    rail + ─►┐               ┌►|─┐
             │  90 degree    ├►|─┴─► filter ─► gain ─► x trim - offset ─► ADC ─► code I ┐
    rail - ─►┘    hybrid     ├►|─┐                                                      ├─► nearest
                             └►|─┴─► filter ─► gain ─► x trim - offset ─► ADC ─► code Q ┘   level

I = R √(P+ P-) cos φ and Q = R √(P+ P-) sin φ, with φ the phase between the rails.  A flawed hybrid
gives each pair ``R (α P+ + β P- + Re(γ E+ E-*))`` instead, and as much for the sum of its diodes,
which sets the shot noise.  The sum of independent shot, dark and amplifier noise on a quadrature
is one normal with the summed variance.

Whatever is read, in whatever precision, takes this path: the compact model in FP32, controllers and
budgets in FP64, the fields of the reference from their photocurrents on.

Legend of shapes: B pair (I, Q), C coefficient (α, β, Re γ, Im γ), K part of the common mode;
``...`` places of the receivers, and readings that broadcast against them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, TypeVar

import torch
from torch import Tensor

from circuits.coding.phase_code import level_angle_rad
from circuits.receiver.converter import Converter
from circuits.receiver.gain import GainControl, SymbolSetting
from circuits.receiver.memory import SymbolMemory
from circuits.receiver.shared_noise import LaserNoise

Pair = tuple[Tensor, Tensor]
Number = TypeVar("Number", float, Tensor)


class WhiteNoise(NamedTuple):
    """Variance of one quadrature by its source, behind an ideal hybrid.

    Attributes:
        shot_a2_per_w: shot noise, per watt of both rails together.
        dark_a2: dark currents of both diodes.
        amplifier_a2: amplifier.
        stage_a2: what the gain stage adds, referred to the input of the amplifier.
    """

    shot_a2_per_w: float
    dark_a2: float
    amplifier_a2: float
    stage_a2: float

    @property
    def still_a2(self) -> float:
        """What is there without light."""
        return self.dark_a2 + (self.amplifier_a2 + self.stage_a2)

    def variance_a2(self, light_w: Number) -> Number:
        """Of all sources together, in this light of both rails."""
        return light_w * self.shot_a2_per_w + self.still_a2


class Detected(NamedTuple):
    """Settled currents of I and Q in A and their rms noise in A, all of one shape."""

    current_a: Pair
    rms_a: Pair


@dataclass(frozen=True)
class Receiver:
    """Receivers of the rows of one modulus, as plain numbers.

    Attributes:
        modulus: m.
        rail_powers_w: power that enters either rail on the chip.
        responsivity_a_per_w: of the diodes, for light in front of the hybrid.
        noise: white noise of a quadrature by its source.
        gain: what sets the full scale.
        memory: what a reading keeps of earlier symbols.
        laser: noise of the laser.
        converter: of I and Q.
        difference: coefficients of the balanced differences, (B, C, ...); none for ideal hybrids.
        total: coefficients of the sums of the diodes, (B, C, ...); none for ideal hybrids.
        trim_gain: factor of either quadrature behind the gain stage, (B, ...); none where nothing
            is trimmed.
        trim_offset: taken off after that, by part of the symbol's common mode, (B, K, ...).
        transitions: of nonlinear converters, (..., B, codes - 1); none for linear ones.
    """

    modulus: int
    rail_powers_w: tuple[float, float]
    responsivity_a_per_w: float
    noise: WhiteNoise
    gain: GainControl
    memory: SymbolMemory
    laser: LaserNoise
    converter: Converter
    difference: Tensor | None
    total: Tensor | None
    trim_gain: Tensor | None
    trim_offset: Tensor | None
    transitions: Tensor | None

    def at(self, *place: int | slice | Tensor | None) -> Receiver:
        """The receivers of some places, by an index of the place axes."""

        def pick(part: Tensor | None, leading: int) -> Tensor | None:
            return None if part is None else part[(slice(None),) * leading + place]

        return replace(
            self,
            difference=pick(self.difference, 2),
            total=pick(self.total, 2),
            trim_gain=pick(self.trim_gain, 1),
            trim_offset=pick(self.trim_offset, 2),
            transitions=pick(self.transitions, 0),
        )

    def float(self) -> Receiver:
        """This receiver with the coefficients of its places in FP32, but for transitions."""
        parts = self.difference, self.total, self.trim_gain, self.trim_offset
        names = ("difference", "total", "trim_gain", "trim_offset")
        found: dict[str, Any] = {
            name: None if part is None else part.float()
            for name, part in zip(names, parts, strict=True)
        }
        return replace(self, **found)

    def without_offsets(self) -> Receiver:
        """This receiver with nothing taken off: what a small change of the light does."""
        if self.trim_offset is None:
            return self
        return replace(self, trim_offset=torch.zeros_like(self.trim_offset))

    def setting(self, bits: Tensor) -> SymbolSetting:
        """What the receivers are set to for streamed digits (..., J, D), float64 (...)."""
        common_mode = None
        if self.trim_gain is not None:
            common_mode = self.gain.common_mode(bits).unbind(-1)
        return SymbolSetting(self.gain.full_scale_a(bits), common_mode)

    def phase_rad(self, residue: Tensor, deviation_rad: Tensor) -> Tensor:
        """Phase of an ideal residue (integers as floats) plus its deviation."""
        return torch.add(deviation_rad, residue, alpha=level_angle_rad(self.modulus))

    def detect(
        self, plus_np: Tensor, minus_np: Tensor, phase_rad: Tensor, intensity: Tensor
    ) -> Detected:
        """Settled currents and their noise; the arguments broadcast together.

        Args:
            plus_np: log amplitude of rail +, neper; overwritten.
            minus_np: log amplitude of rail -; overwritten.
            phase_rad: phase between the rails.
            intensity: power of the laser in this symbol over its mean.
        """
        # Square roots of the power that each rail lets through.
        plus, minus = plus_np.exp_(), minus_np.exp_()
        first_w, second_w = self.rail_powers_w
        beat_w = math.sqrt(first_w * second_w)
        if self.difference is None or self.total is None:
            light_w = plus.square().mul_(first_w).add_(minus.square(), alpha=second_w)
            sigma_a = self.noise.variance_a2(light_w.mul_(intensity)).sqrt_()
            amplitude_a = plus.mul_(minus).mul_(intensity)
            amplitude_a.mul_(self.responsivity_a_per_w * beat_w)
            current_a = phase_rad.cos().mul_(amplitude_a), phase_rad.sin().mul_(amplitude_a)
            return Detected(current_a, (sigma_a, sigma_a))
        signal_w = plus.square().mul_(first_w).mul_(intensity)
        reference_w = minus.square().mul_(second_w).mul_(intensity)
        mixed_w = plus.mul_(minus).mul_(intensity).mul_(beat_w)
        cosine, sine = phase_rad.cos().mul_(mixed_w), phase_rad.sin().mul_(mixed_w)

        def seen(coefficients: Tensor) -> Tensor:
            alpha, beta, real, imag = coefficients.unbind(0)
            return alpha * signal_w + beta * reference_w + real * cosine - imag * sine

        currents = [seen(pair).mul_(self.responsivity_a_per_w) for pair in self.difference]
        # An ideal pair sees half of the light of both rails.
        noises = [self.noise.variance_a2(seen(pair).mul_(2.0)).sqrt_() for pair in self.total]
        return Detected((currents[0], currents[1]), (noises[0], noises[1]))

    def sampled(self, settled: Detected, jitter: Tensor | None, dim: int) -> Detected:
        """Currents at the sampling instants of consecutive symbols along ``dim``.

        The first ``memory.depth`` of them are only remembered.  Shot noise is that of the light
        that is there; what passed before has left.
        """
        depth = self.memory.depth
        if depth == 0:
            return settled
        first, second = (self.memory.sampled(x, jitter, dim) for x in settled.current_a)
        rms_i, rms_q = (x.narrow(dim, depth, x.shape[dim] - depth) for x in settled.rms_a)
        return Detected((first, second), (rms_i, rms_q))

    def scaled(self, current_a: Pair, setting: SymbolSetting) -> Pair:
        """I and Q at the converters as fractions of the full scale, trims applied."""
        scale = setting.full_scale_a.reciprocal()
        first, second = (
            self._trimmed(x * scale, setting, pair) for pair, x in enumerate(current_a)
        )
        return first, second

    def _trimmed(self, ratio: Tensor, setting: SymbolSetting, pair: int) -> Tensor:
        if self.trim_gain is None or self.trim_offset is None:
            return ratio
        assert setting.common_mode is not None
        ratio = ratio * self.trim_gain[pair]
        for offset, common in zip(self.trim_offset[pair], setting.common_mode, strict=True):
            ratio = ratio - offset * common
        return ratio

    def at_converters(self, detected: Detected, setting: SymbolSetting) -> tuple[Pair, Pair]:
        """Mean and rms of I and Q at the converters, as fractions of the full scale."""
        scale, added = setting.full_scale_a.reciprocal(), self.converter.noise_rms
        noises = []
        for pair, rms_a in enumerate(detected.rms_a):
            rms = rms_a * scale
            if self.trim_gain is not None:
                rms = rms * self.trim_gain[pair]
            if added:
                rms = rms.square().add_(added**2).sqrt_()
            noises.append(rms)
        return self.scaled(detected.current_a, setting), (noises[0], noises[1])

    def ratios(self, detected: Detected, normals: Pair, setting: SymbolSetting) -> Pair:
        """I and Q at the converters with their noise, as fractions of the full scale.

        Args:
            detected: currents at the sampling instants, and their noise.
            normals: standard normals for I and Q.
            setting: of the receivers for the symbols.
        """
        means, rms = self.at_converters(detected, setting)
        first, second = (means[q].addcmul_(rms[q], normals[q]) for q in (0, 1))
        return first, second

    def codes(self, in_phase: Tensor, quadrature: Tensor) -> Pair:
        """Codes of I and Q from fractions of the full scale."""
        return self.converter.codes(in_phase, quadrature, self.transitions)

    def decide(self, in_phase: Tensor, quadrature: Tensor) -> Tensor:
        """Convert and decide: residues, int16, from I and Q as fractions of the full scale."""
        return self.converter.decide(in_phase, quadrature, self.transitions)
