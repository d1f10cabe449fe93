r"""Phase errors of the receiver, each for itself: on light of a known amplitude.

With A the amplitude of the I/Q phasor and σ the rms noise of either quadrature, white noise turns
the phase by σ/A.  What shifts the phasor by ε turns its phase by Im(ε/A e^{-iφ}).

Legend of shapes: G tile, N streamed vector, M row, B quadrature (I, Q); I + iQ is one complex
number of shape (G, N, M).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from circuits.analysis.optical_errors import Light, Workload, wrapped
from circuits.chip.arrays import ModulusArrays
from circuits.design.circuit import Design
from circuits.optics.hybrid import Hybrid
from circuits.receiver.gain import GainControl
from circuits.receiver.memory import SymbolMemory, symbol_run
from circuits.receiver.phase_receiver import PhaseReceiver
from photonics.converters import QUANTISATION_VARIANCE_LSB2
from photonics.optics import phasor

SHOT = "shot noise"
AMPLIFIER = "amplifier"
STAGE = "gain stage"
DARK = "dark current"
STEPS = "converter steps"
CONVERTER_NOISE = "converter noise"
CONVERTER_INL = "converter nonlinearity"
CLIPPING = "clipping"
INTENSITY = "laser intensity"
LINEWIDTH = "laser linewidth"
JITTER = "clock jitter"
MEMORY = "earlier symbols"
HYBRID = "hybrid and offsets"


@dataclass(frozen=True)
class Reception:
    """The receivers of a workload's readings.

    Attributes:
        design: of the machine.
        arrays: arrays of the tiles, in their order.
        work: what they are given.
    """

    design: Design
    arrays: ModulusArrays
    work: Workload

    @cached_property
    def receiver(self) -> PhaseReceiver:
        """The receiver by design."""
        return PhaseReceiver(self.design.receiver, self.arrays.optics.modulus)

    @cached_property
    def memory(self) -> SymbolMemory:
        """What it keeps of earlier symbols."""
        return SymbolMemory.of(self.design)

    @cached_property
    def gain(self) -> GainControl:
        """What sets the receivers for each vector."""
        return GainControl(self.design, self.arrays.optics.modulus, self.work.streamed.shape[1])

    @cached_property
    def full_scale_a(self) -> Tensor:
        """Full scale of each vector's readings, float64 (N, 1)."""
        bits = self.gain.code.digits(self.work.streamed.long())
        return self.gain.full_scale_a(bits).unsqueeze(-1)

    @cached_property
    def common_mode(self) -> Tensor:
        """Common mode of each vector over its full scale, float64 (N, 1, K)."""
        bits = self.gain.code.digits(self.work.streamed.long())
        return self.gain.common_mode(bits).unsqueeze(-2)

    @cached_property
    def hybrid(self) -> Hybrid:
        """Hybrids of the rows of the tiles, (G, M)."""
        return self.arrays.hybrid.at(slice(None), slice(0, self.work.drives.shape[1]))

    def powers_w(self, light: Light) -> tuple[Tensor, Tensor]:
        """Power of both rails at the receivers, (G, N, M)."""
        first_w, second_w = self.design.rail_powers_w(self.arrays.optics.modulus)
        return first_w * (2.0 * light.plus_np).exp(), second_w * (2.0 * light.minus_np).exp()

    def ideal_a(self, light: Light) -> Tensor:
        """I + iQ in A behind perfect hybrids."""
        first_w, second_w = self.powers_w(light)
        amplitude_a = self.receiver.responsivity_a_per_w * (first_w * second_w).sqrt()
        return amplitude_a * phasor(light.phase_rad)

    def detected_a(self, light: Light) -> tuple[Tensor, Tensor]:
        """I + iQ in A behind the hybrids as they are, and the sums of both pairs, alike."""
        first_w, second_w = self.powers_w(light)
        beat_w = (first_w * second_w).sqrt() * phasor(light.phase_rad)
        seen = []
        for alpha, beta, gamma in (self.hybrid.difference(), self.hybrid.total()):
            a, b, c = (x.unsqueeze(1) for x in (alpha, beta, gamma))
            pair = [
                a[..., i] * first_w + b[..., i] * second_w + (c[..., i] * beat_w).real
                for i in (0, 1)
            ]
            seen.append(self.receiver.responsivity_a_per_w * torch.complex(*pair))
        return seen[0], seen[1]

    def sampled_a(self, current_a: Tensor) -> Tensor:
        """I + iQ at the sampling instants, earlier symbols and all."""
        run = symbol_run(slice(0, current_a.shape[1]), self.memory.depth)
        return self.memory.sampled(current_a[:, run], None, dim=1)

    def jitter_a(self, current_a: Tensor) -> Tensor:
        """What one rms of the clock's jitter adds to I + iQ."""
        if not self.memory.jitters:
            return torch.zeros_like(current_a)
        run = symbol_run(slice(0, current_a.shape[1]), self.memory.depth)
        late = torch.ones_like(current_a.real)
        return self.memory.sampled(current_a[:, run], late, dim=1) - self.sampled_a(current_a)

    def ratio(self, current_a: Tensor, offset: float = 1.0) -> Tensor:
        """I + iQ over the full scale, trimmed; with ``offset`` 0 its trim is left out."""
        ratio = current_a / self.full_scale_a
        if self.arrays.receiver is None:
            return ratio
        trim = self.arrays.receiver.at(slice(None), slice(0, current_a.shape[-1]))
        gain = trim.gain.unsqueeze(1)
        shift = offset * (trim.offset.unsqueeze(1) * self.common_mode[..., None, :]).sum(-1)
        in_phase = gain[..., 0] * ratio.real - shift[..., 0]
        return torch.complex(in_phase, gain[..., 1] * ratio.imag - shift[..., 1])

    def with_inl(self, ratio: Tensor) -> Tensor:
        """I + iQ as converters read it whose transitions are not where they should be."""
        if self.arrays.converters is None:
            return ratio
        transitions = self.arrays.converters.transitions[:, None, : ratio.shape[-1]]
        pair = (ratio.real, ratio.imag)
        read = [
            self._input_with_inl(x, t) for x, t in zip(pair, transitions.unbind(-2), strict=True)
        ]
        return torch.complex(*read)

    def _input_with_inl(self, ratio: Tensor, transitions: Tensor) -> Tensor:
        """Input less the deviation of the transitions around it, interpolated."""
        adc = self.receiver.adc
        count = transitions.shape[-1]
        off = transitions - adc.lsb * torch.arange(1 - adc.half_range, adc.half_range)
        place = (ratio / adc.lsb + adc.half_range - 1.0).clamp(0.0, count - 1.0)
        below = place.floor().clamp(max=max(count - 2.0, 0.0))
        wide = off.expand(*ratio.shape, count)
        low, high = (
            torch.take_along_dim(wide, (below.long() + k).clamp(max=count - 1)[..., None], -1)
            for k in (0, 1)
        )
        share = (place - below)[..., None]
        return ratio - ((1.0 - share) * low + share * high).squeeze(-1)

    def noise_a2(self, light: Light) -> dict[str, Tensor]:
        """Variance in A² of a quadrature by its source, behind perfect hybrids: (G, N, M)."""
        receiver = self.design.receiver
        bandwidth = receiver.noise_bandwidth_hz
        first_w, second_w = self.powers_w(light)
        diode = receiver.photodiode
        dark = 2.0 * float(diode.shot_variance_a2(torch.zeros((), dtype=torch.float64), bandwidth))
        amplifier = receiver.tia.noise_variance_a2(receiver.tia.noise_bandwidth_hz)
        stage = receiver.amplifier_variance_a2 - amplifier
        step_a = self.receiver.adc.lsb * self.full_scale_a
        one = torch.ones_like(first_w)
        return {
            SHOT: self.receiver.noise_terms()[0] * (first_w + second_w),
            AMPLIFIER: amplifier * one,
            STAGE: stage * one,
            DARK: dark * one,
            STEPS: QUANTISATION_VARIANCE_LSB2 * step_a.square() * one,
            CONVERTER_NOISE: (receiver.adc_noise_lsb * step_a).square() * one,
        }

    @property
    def intensity_rms(self) -> float:
        """Rms relative fluctuation of the laser's power."""
        return math.sqrt(self.design.laser.intensity_variance(self.bandwidth_hz))

    @property
    def linewidth_rad(self) -> float:
        """Rms phase between the rails because of the laser's linewidth and their delay."""
        delay_s = self.design.receiver.rail_mismatch_s
        return math.sqrt(self.design.laser.phase_variance_rad2(delay_s, self.bandwidth_hz))

    @property
    def bandwidth_hz(self) -> float:
        """Noise bandwidth."""
        return self.design.receiver.noise_bandwidth_hz


def white_errors(reception: Reception, light: Light) -> dict[str, Tensor]:
    """Rms phase error σ/A of every white source on its own, (G, N, M)."""
    amplitude_a = reception.ideal_a(light).abs()
    return {k: v.sqrt() / amplitude_a for k, v in reception.noise_a2(light).items()}


def shared_errors(reception: Reception, light: Light) -> dict[str, Tensor]:
    """Rms phase error of what all rows of an array share in a symbol, (G, N, M).

    Intensity noise scales the phasor, which turns nothing but what an offset trim has moved.
    """
    ideal_a = reception.ideal_a(light)
    detected_a, _ = reception.detected_a(light)
    pulled = reception.ratio(detected_a, offset=0.0) / reception.ratio(detected_a)
    return {
        INTENSITY: reception.intensity_rms * pulled.imag.abs(),
        LINEWIDTH: torch.full_like(ideal_a.real, reception.linewidth_rad),
        JITTER: (reception.jitter_a(ideal_a) / reception.sampled_a(ideal_a)).imag.abs(),
    }


def repeated_errors(reception: Reception, light: Light) -> dict[str, Tensor]:
    """Phase error of the receiver's own flaws, the same whenever the data are, (G, N, M)."""
    ideal_a = reception.ideal_a(light)
    ratio = ideal_a / reception.full_scale_a
    clipped = torch.complex(ratio.real.clamp(-1.0, 1.0), ratio.imag.clamp(-1.0, 1.0))
    turned = {
        HYBRID: reception.ratio(reception.detected_a(light)[0]),
        MEMORY: reception.sampled_a(ideal_a),
        CLIPPING: clipped,
        CONVERTER_INL: reception.with_inl(ratio),
    }
    return {name: wrapped(x.angle() - light.phase_rad) for name, x in turned.items()}
