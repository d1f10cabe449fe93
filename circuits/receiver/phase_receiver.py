"""Phase receiver: two rails in, one residue out.

::

    rail + ─►┐               ┌► (S+R)/2 ─►|─┐
             │  90 degree    ├► (S-R)/2 ─►|─┴─► TIA ─► ADC ─► code I ┐
    rail - ─►┘    hybrid     ├► (S+iR)/2 ►|─┐                        ├─► nearest level
                             └► (S-iR)/2 ►|─┴─► TIA ─► ADC ─► code Q ┘

I = R √(P+ P-) cos φ and Q = R √(P+ P-) sin φ, with φ the phase between the rails.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from circuits.chip.arrays import Converters
from circuits.coding.phase_code import nearest_residue
from circuits.design.receiver import ReceiverDesign
from devices.electronics.adc import Adc
from photonics.random import NoiseKey

# Above this a table of all code pairs no longer fits a cache, and each pair is decided afresh.
_MAX_TABLE_BITS = 10


@dataclass(frozen=True)
class PhaseReceiver:
    """The receiver of the dot products of one modulus."""

    design: ReceiverDesign
    modulus: int

    @cached_property
    def adc(self) -> Adc:
        """Converter of each quadrature."""
        return self.design.adc(self.modulus)

    @property
    def responsivity_a_per_w(self) -> float:
        """Responsivity of the diodes."""
        return self.design.photodiode.responsivity_a_per_w

    def noise_terms(self) -> tuple[float, float]:
        """Noise of one quadrature: ``(A² per W of P+ + P-, A² in the dark)``.

        The two diodes of a pair share half of the light of both rails, so the shot noise is
        ``2 q (R (P+ + P-)/2 + 2 I_dark) B``; the amplifier adds its own.
        """
        diode, bandwidth = self.design.photodiode, self.design.noise_bandwidth_hz
        dark = torch.zeros((), dtype=torch.float64)
        per_watt = diode.shot_variance_a2(dark + 0.5, bandwidth) - diode.shot_variance_a2(
            dark, bandwidth
        )
        pair = 2.0 * diode.shot_variance_a2(dark, bandwidth)
        return float(per_watt), float(pair) + self.design.amplifier_variance_a2

    def currents_a(self, powers_w: Tensor, responsivity: Tensor) -> Tensor:
        """Mean currents I and Q in A of the balanced pairs, (..., 2).

        Args:
            powers_w: powers on the four diodes, (..., 4), float64.
            responsivity: of each diode over the nominal one, (..., 4).
        """
        current: Tensor = self.design.photodiode.current_a(powers_w * responsivity)
        return current[..., 0::2] - current[..., 1::2]

    def noise_a(
        self, powers_w: Tensor, responsivity: Tensor, key: NoiseKey, start: int = 0
    ) -> Tensor:
        """Noise of I and Q in A, (..., 2): shot noise of every diode, and the amplifiers'.

        Args:
            powers_w: powers on the four diodes, (..., 4), float64.
            responsivity: of each diode over the nominal one, (..., 4).
            key: stream of the noise.
            start: index of the first readout in its stream, counted along the flattened ``...``.
        """
        shape = powers_w.shape[:-1]
        halves = [_pair(key.fold(f"shot noise {x}"), start, shape) for x in "IQ"]
        variance_a2 = self.design.photodiode.shot_variance_a2(
            powers_w * responsivity, self.design.noise_bandwidth_hz
        )
        shot = variance_a2.sqrt() * torch.cat(halves, dim=-1)
        amplifier = _pair(key.fold("amplifier noise"), start, shape)
        amplifier_rms_a = math.sqrt(self.design.amplifier_variance_a2)
        return shot[..., 0::2] - shot[..., 1::2] + amplifier_rms_a * amplifier

    @property
    def converter_rms(self) -> float:
        """Rms noise at the input of a converter as a fraction of the full scale."""
        return self.adc.input_noise_lsb * self.adc.lsb

    def converter_noise(self, key: NoiseKey, start: int, shape: torch.Size) -> Tensor:
        """Noise at the inputs of the converters as fractions of the full scale, (..., 2)."""
        return self.converter_rms * _pair(key.fold("converter noise"), start, shape)

    def codes(
        self, in_phase: Tensor, quadrature: Tensor, converters: Converters | None = None
    ) -> tuple[Tensor, Tensor]:
        """Codes of I and Q from fractions of the full scale.

        Args:
            in_phase: I, (...).
            quadrature: Q, (...).
            converters: of the places of the readings, broadcasting over (...); none if linear.
        """
        if converters is None:
            linear = self.adc.model_copy(update={"inl_rms_lsb": 0.0})
            return linear.code(in_phase), linear.code(quadrature)
        transitions = converters.transitions.to(in_phase.dtype).unbind(-2)
        code_i, code_q = (
            (x.unsqueeze(-1) >= t).sum(-1) - self.adc.half_range
            for x, t in zip((in_phase, quadrature), transitions, strict=True)
        )
        return code_i.to(in_phase.dtype), code_q.to(in_phase.dtype)

    def decide(
        self, in_phase: Tensor, quadrature: Tensor, converters: Converters | None = None
    ) -> Tensor:
        """Convert and decide: residues, int16, from I and Q as fractions of the full scale."""
        code_i, code_q = self.codes(in_phase, quadrature, converters)
        if self.adc.bits <= _MAX_TABLE_BITS:
            top = self.adc.half_range
            index = code_i.mul(2 * top).add_(code_q).add_(top * (2 * top + 1)).to(torch.int64)
            return self._table.to(index.device).take(index)
        return self._nearest(code_i, code_q)

    @cached_property
    def _table(self) -> Tensor:
        """Decided residue of every pair of codes, flattened with code I outermost."""
        top = self.adc.half_range
        codes = torch.arange(-top, top, dtype=torch.float64)
        return self._nearest(*torch.meshgrid(codes, codes, indexing="ij")).flatten()

    def _nearest(self, code_i: Tensor, code_q: Tensor) -> Tensor:
        middle_i, middle_q = code_i.to(torch.float64) + 0.5, code_q.to(torch.float64) + 0.5
        return nearest_residue(middle_i, middle_q, self.modulus).to(torch.int16)


def _pair(key: NoiseKey, start: int, shape: torch.Size) -> Tensor:
    """Two standard normals for each readout, float64 (..., 2)."""
    normals = key.normal_pairs(start, shape.numel(), torch.float64)
    return torch.stack(normals, dim=-1).reshape(*shape, 2)
