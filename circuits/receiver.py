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

from circuits.design import ReceiverDesign
from circuits.phase_code import nearest_residue
from devices.adc import Adc
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
        return float(per_watt), float(pair) + self.design.tia.noise_variance_a2(bandwidth)

    def detect(
        self, powers_w: Tensor, responsivity: Tensor, key: NoiseKey | None, start: int = 0
    ) -> Tensor:
        """Currents I and Q of the balanced pairs, with shot and amplifier noise.

        Args:
            powers_w: powers on the four diodes, (..., 4), float64.
            responsivity: of each diode over the nominal one, (..., 4).
            key: stream of the noise; none for mean currents.
            start: index of the first readout in its stream, counted along the flattened ``...``.

        Returns:
            Currents in A, (..., 2).
        """
        diode, bandwidth = self.design.photodiode, self.design.noise_bandwidth_hz
        seen_w = powers_w * responsivity
        current: Tensor = diode.current_a(seen_w)
        if key is None:
            return current[..., 0::2] - current[..., 1::2]
        shape = powers_w.shape[:-1]
        count = shape.numel()

        def pair(source: str) -> Tensor:
            normals = key.fold(source).normal_pairs(start, count, torch.float64)
            return torch.stack(normals, dim=-1).reshape(*shape, 2)

        shot = torch.cat([pair("shot noise I"), pair("shot noise Q")], dim=-1)
        current = current + diode.shot_variance_a2(seen_w, bandwidth).sqrt() * shot
        amplifier_rms_a = math.sqrt(self.design.tia.noise_variance_a2(bandwidth))
        return current[..., 0::2] - current[..., 1::2] + amplifier_rms_a * pair("amplifier noise")

    def decide(self, in_phase: Tensor, quadrature: Tensor) -> Tensor:
        """Convert and decide: residues, int16, from I and Q as fractions of the full scale."""
        code_i, code_q = self.adc.code(in_phase), self.adc.code(quadrature)
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
