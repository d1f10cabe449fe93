r"""Phase errors of the receiver, each for itself: on light of a known amplitude.

With A the amplitude of the I/Q phasor and σ the rms noise of either quadrature, white noise turns
the phase by σ/A.  What shifts the phasor by ε turns its phase by Im(ε/A e^{-iφ}).

Legend of shapes: G tile, N streamed vector, M row, B quadrature (I, Q); I + iQ is one complex
number of shape (G, N, M).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from circuits.analysis.workload import Light, Workload, wrapped
from circuits.coding.phase_code import drive_level
from circuits.compiled.arrays import CompiledArrays
from circuits.receiver.gain import SymbolSetting
from circuits.receiver.memory import symbol_run
from circuits.receiver.receiver import Detected, Receiver
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

# So much where no light arrives, by which nothing could be divided.
_LEAST_A = 1e-100


@dataclass(frozen=True)
class Reception:
    """The receivers of a workload's readings, and what noise reaches them with the light.

    Attributes:
        arrays: of one modulus of a compiled chip.
        work: what they are given.
    """

    arrays: CompiledArrays
    work: Workload

    @cached_property
    def receiver(self) -> Receiver:
        """The receivers of the rows of the tiles, (G, 1, M)."""
        row = torch.arange(self.work.drives.shape[1])
        return self.arrays.receiver.at(self.work.unit[:, None, None], row)

    @cached_property
    def setting(self) -> SymbolSetting:
        """What they are set to for each vector, float64 (N, 1)."""
        bits = self.receiver.gain.code.digits(self.work.streamed.long())
        return self.receiver.setting(bits).apply(lambda x: x.unsqueeze(-1))

    @cached_property
    def laser_rms_rad(self) -> Tensor:
        """Rms phase between the rails by the laser's linewidth for each vector, float64 (N, 1)."""
        digits = self.receiver.gain.code.digits(self.work.streamed.long()).flatten(-2)
        return self.receiver.laser.phase_rms_of(digits).unsqueeze(-1)

    @cached_property
    def drives_rms_rad(self) -> Tensor:
        """Rms phase by the noise of the drives from load to load, float64 (G, N, M)."""
        work, noise = self.work, self.arrays.drive_noise
        if noise is None:
            return torch.zeros(work.shape, dtype=torch.float64)
        bits = self.receiver.gain.code.digits(work.streamed.long())
        return noise.rms_rad(bits, work.unit, drive_level(work.drives.long(), noise.modulus))

    def powers_w(self, light: Light) -> tuple[Tensor, Tensor]:
        """Power of both rails at the receivers, (G, N, M)."""
        first_w, second_w = self.receiver.rail_powers_w
        return first_w * (2.0 * light.plus_np).exp(), second_w * (2.0 * light.minus_np).exp()

    def ideal_a(self, light: Light) -> Tensor:
        """I + iQ in A behind perfect hybrids."""
        first_w, second_w = self.powers_w(light)
        amplitude_a = self.receiver.responsivity_a_per_w * (first_w * second_w).sqrt()
        return amplitude_a.clamp(min=_LEAST_A) * phasor(light.phase_rad)

    def detect(self, light: Light) -> Detected:
        """Settled currents and their noise behind the hybrids as they are, (G, N, M)."""
        one = torch.ones((), dtype=torch.float64)
        amplitudes = light.plus_np.clone(), light.minus_np.clone()
        return self.receiver.detect(*amplitudes, light.phase_rad, one)

    def sampled_a(self, current_a: Tensor) -> Tensor:
        """I + iQ at the sampling instants, earlier symbols and all."""
        memory = self.receiver.memory
        run = symbol_run(slice(0, current_a.shape[1]), memory.depth)
        return memory.sampled(current_a[:, run], None, dim=1)

    def jitter_a(self, current_a: Tensor) -> Tensor:
        """What one rms of the clock's jitter adds to I + iQ."""
        memory = self.receiver.memory
        if not memory.jitters:
            return torch.zeros_like(current_a)
        run = symbol_run(slice(0, current_a.shape[1]), memory.depth)
        late = torch.ones_like(current_a.real)
        return memory.sampled(current_a[:, run], late, dim=1) - self.sampled_a(current_a)

    def ratio(self, current_a: Tensor, *, offsets: bool = True) -> Tensor:
        """I + iQ over the full scale, trimmed; its offset trims may be left out."""
        receiver = self.receiver if offsets else self.receiver.without_offsets()
        return torch.complex(*receiver.scaled((current_a.real, current_a.imag), self.setting))

    def with_inl(self, ratio: Tensor) -> Tensor:
        """I + iQ as converters read it whose transitions are not where they should be."""
        transitions = self.receiver.transitions
        if transitions is None:
            return ratio
        pair = (ratio.real, ratio.imag)
        read = [
            self._input_with_inl(x, t) for x, t in zip(pair, transitions.unbind(-2), strict=True)
        ]
        return torch.complex(*read)

    def _input_with_inl(self, ratio: Tensor, transitions: Tensor) -> Tensor:
        """Input less the deviation of the transitions around it, interpolated."""
        adc = self.receiver.converter
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
        noise, converter = self.receiver.noise, self.receiver.converter
        first_w, second_w = self.powers_w(light)
        step_a = converter.lsb * self.setting.full_scale_a
        one = torch.ones_like(first_w)
        return {
            SHOT: noise.shot_a2_per_w * (first_w + second_w),
            AMPLIFIER: noise.amplifier_a2 * one,
            STAGE: noise.stage_a2 * one,
            DARK: noise.dark_a2 * one,
            STEPS: QUANTISATION_VARIANCE_LSB2 * step_a.square() * one,
            CONVERTER_NOISE: (converter.noise_lsb * step_a).square() * one,
        }


def white_errors(reception: Reception, light: Light) -> dict[str, Tensor]:
    """Rms phase error σ/A of every white source on its own, (G, N, M)."""
    amplitude_a = reception.ideal_a(light).abs()
    return {k: v.sqrt() / amplitude_a for k, v in reception.noise_a2(light).items()}


def shared_errors(reception: Reception, light: Light) -> dict[str, Tensor]:
    """Rms phase error of what all rows of an array share in a symbol, (G, N, M).

    Intensity noise scales the phasor, which turns nothing but what an offset trim has moved.
    """
    ideal_a = reception.ideal_a(light)
    detected_a = torch.complex(*reception.detect(light).current_a)
    pulled = reception.ratio(detected_a, offsets=False) / reception.ratio(detected_a)
    laser = reception.receiver.laser
    return {
        INTENSITY: laser.intensity_rms * pulled.imag.abs(),
        LINEWIDTH: reception.laser_rms_rad.expand_as(ideal_a),
        JITTER: (reception.jitter_a(ideal_a) / reception.sampled_a(ideal_a)).imag.abs(),
    }


def repeated_errors(reception: Reception, light: Light) -> dict[str, Tensor]:
    """Phase error of the receiver's own flaws, the same whenever the data are, (G, N, M)."""
    ideal_a = reception.ideal_a(light)
    ratio = ideal_a / reception.setting.full_scale_a
    clipped = torch.complex(ratio.real.clamp(-1.0, 1.0), ratio.imag.clamp(-1.0, 1.0))
    turned = {
        HYBRID: reception.ratio(torch.complex(*reception.detect(light).current_a)),
        MEMORY: reception.sampled_a(ideal_a),
        CLIPPING: clipped,
        CONVERTER_INL: reception.with_inl(ratio),
    }
    return {name: wrapped(x.angle() - light.phase_rad) for name, x in turned.items()}
