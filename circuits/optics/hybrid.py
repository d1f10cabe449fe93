r"""The 90 degree hybrid as it is built, and what its flaws do to I and Q.

::

    S ──(split)──┬─────────────►(coupler I)──► k = 0, 1
                 │                  ▲
    R ──(split)──┼──(-90°)──────────┘
                 ├─────────────►(coupler Q)──► k = 2, 3
                 └──(ψ)──────────────▲          (R's other half)

Output k carries ``h_k0 S + h_k1 R``, and its diode has a responsivity of its own.  The balanced
difference of a pair is therefore ``α |S|² + β |R|² + Re(γ S R*)``, and the sum, which sets the
shot noise, has the same form.  Ideally α = β = 0 and γ = 1 for I, -i for Q.  A finite common-mode
rejection is α and β; it is not a parameter beside the couplers that cause it.

Both ways to every diode pass one splitter and one coupler, and what these lose is alike for all
four.  α, β and γ are therefore those of lossless parts, and the loss is a factor of the
responsivity; :meth:`Hybrid.attenuated` puts it on the fields.

Legend of shapes: K diode (4), S input (signal, reference), B balanced pair (I, Q); ``...`` places.
"""

from __future__ import annotations

import cmath
import math
from dataclasses import dataclass

import torch
from torch import Tensor

from circuits.design.receiver import HybridDesign
from photonics.optics import phasor
from photonics.random import NoiseKey


@dataclass(frozen=True)
class Hybrid:
    """Hybrids with their diodes.

    Attributes:
        transfer: fields of the outputs from the inputs, complex128 (..., K, S).
        responsivity: of each diode over the nominal one, float64 (..., K).
    """

    transfer: Tensor
    responsivity: Tensor

    @classmethod
    def build(
        cls,
        splitter_db: Tensor,
        coupler_db: Tensor,
        quadrature_rad: Tensor,
        responsivity: Tensor,
        coupler_rad: float = 0.0,
    ) -> Hybrid:
        """Hybrids from their parts.

        Args:
            splitter_db: power to coupler I over that to coupler Q, of both splitters, (..., S).
            coupler_db: bar over cross power of both couplers, (..., B).
            quadrature_rad: ψ, (...).
            responsivity: of each diode over the nominal one, (..., K).
            coupler_rad: departure of the outputs of both couplers from quadrature.
        """
        to_i, to_q = _shares(splitter_db)
        bar, cross = _shares(coupler_db)
        turned, crossed = phasor(quadrature_rad), 1j * cmath.exp(1j * coupler_rad)
        signal = [bar[..., 0] * to_i[..., 0], crossed * cross[..., 0] * to_i[..., 0]]
        signal += [bar[..., 1] * to_q[..., 0], crossed * cross[..., 1] * to_q[..., 0]]
        # A quarter back in front of coupler I.
        reference = [-1j * crossed * cross[..., 0] * to_i[..., 1], -1j * bar[..., 0] * to_i[..., 1]]
        reference += [
            crossed * cross[..., 1] * to_q[..., 1] * turned,
            bar[..., 1] * to_q[..., 1] * turned,
        ]
        columns = [
            torch.stack([x.to(torch.complex128) for x in column], dim=-1)
            for column in (signal, reference)
        ]
        return cls(torch.stack(columns, dim=-1), responsivity)

    @classmethod
    def ideal(cls) -> Hybrid:
        """A perfect hybrid with equal diodes."""
        zero = torch.zeros(2, dtype=torch.float64)
        return cls.build(zero, zero, zero[0], torch.ones(4, dtype=torch.float64))

    @classmethod
    def fabricate(cls, design: HybridDesign, lattice: tuple[int, ...], key: NoiseKey) -> Hybrid:
        """Hybrids of a lattice of places, each with deviations of its own."""

        def draw(source: str, rms: float, *size: int) -> Tensor:
            shape = (*lattice, *size)
            count = torch.Size(shape).numel()
            return rms * key.fold(source).normal(0, count).reshape(shape)

        splitter, coupler = design.splitter, design.coupler
        # The second diode of a pair sees less than the first.
        unlike = 0.0 if design.pair is None else design.pair.imbalance
        less = (1.0 - unlike) / (1.0 + unlike)
        pairs = torch.tensor([1.0, less, 1.0, less], dtype=torch.float64)
        return cls.build(
            splitter.imbalance_db + draw("splitter", splitter.imbalance_rms_db, 2),
            coupler.imbalance_db + draw("coupler", coupler.imbalance_rms_db, 2),
            draw("quadrature", design.quadrature_rms_rad),
            pairs + draw("responsivity", design.responsivity_rms, 4),
            coupler.phase_error_rad,
        )

    def at(self, *place: int | slice | Tensor) -> Hybrid:
        """Hybrids of some places, by an index of the leading axes."""
        return Hybrid(self.transfer[place], self.responsivity[place])

    @property
    def is_ideal(self) -> bool:
        """Whether none of them has a flaw."""
        ideal = Hybrid.ideal()
        alike = (self.transfer == ideal.transfer).all() and (self.responsivity == 1.0).all()
        return bool(alike)

    def turned(self, phase_rad: Tensor) -> Hybrid:
        """Hybrids with a phase (...) added to ψ, in front of coupler Q."""
        turn = torch.ones_like(self.transfer)
        turn[..., 2:, 1] = phasor(phase_rad)[..., None]
        return Hybrid(self.transfer * turn, self.responsivity)

    def attenuated(self, transmission: float) -> Hybrid:
        """Hybrids that let a fraction of the power through."""
        return Hybrid(self.transfer * math.sqrt(transmission), self.responsivity)

    def fields(self, signal: Tensor, reference: Tensor) -> Tensor:
        """Fields on the diodes, (..., K), of both inputs (...)."""
        return self.transfer[..., 0] * signal.unsqueeze(-1) + self.transfer[..., 1] * (
            reference.unsqueeze(-1)
        )

    def difference(self) -> tuple[Tensor, Tensor, Tensor]:
        """α, β (float64) and γ (complex128) of the balanced differences, each (..., B)."""
        return self._pairs(torch.tensor([1.0, -1.0], dtype=torch.float64))

    def total(self) -> tuple[Tensor, Tensor, Tensor]:
        """α, β and γ of the sums of the pairs, each (..., B)."""
        return self._pairs(torch.ones(2, dtype=torch.float64))

    def _pairs(self, sign: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        weight = (self.responsivity.unflatten(-1, (2, 2)) * sign).to(torch.complex128)
        to_s, to_r = (x.unflatten(-1, (2, 2)) for x in self.transfer.unbind(-1))
        alpha = (weight * to_s * to_s.conj()).sum(-1).real
        beta = (weight * to_r * to_r.conj()).sum(-1).real
        gamma = 2.0 * (weight * to_s * to_r.conj()).sum(-1)
        return alpha, beta, gamma


def _shares(imbalance_db: Tensor) -> tuple[Tensor, Tensor]:
    """Field amplitudes of two outputs whose powers differ by ``imbalance_db``."""
    ratio = torch.pow(10.0, imbalance_db / 10.0)
    return (ratio / (1.0 + ratio)).sqrt(), (1.0 / (1.0 + ratio)).sqrt()
