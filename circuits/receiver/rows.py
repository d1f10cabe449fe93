"""From the fields of both rails to a decided residue: the receivers of the rows of an array.

::

    fields ─► hybrid ─► diodes ─► filter, gain stage ─► x gain - offset x common mode ─► converters

Legend of shapes: S rail, Q quadrature (I, Q), J multiplier, D digit; ``...`` readings, and places
of the rows where those broadcast against them.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from circuits.chip.arrays import Converters, ModulusArrays
from circuits.chip.trims import ReceiverTrim
from circuits.design.circuit import Design
from circuits.optics.hybrid import Hybrid
from circuits.receiver.gain import GainControl
from circuits.receiver.phase_receiver import PhaseReceiver
from photonics.optics import phasor, power_w
from photonics.random import NoiseKey


@dataclass(frozen=True)
class RowReceivers:
    """Receivers of rows, as they were made and trimmed.

    Attributes:
        receiver: what is common to all.
        gain: what their gain is set by.
        hybrid: of each.
        trim: settings behind the gain stage; none before calibration.
        converters: transitions of each; none for linear ones.
    """

    receiver: PhaseReceiver
    gain: GainControl
    hybrid: Hybrid
    trim: ReceiverTrim | None
    converters: Converters | None

    @classmethod
    def of(
        cls, arrays: ModulusArrays, design: Design, unit: int | Tensor, row: int | slice | Tensor
    ) -> RowReceivers:
        """Those at some places of the arrays of a modulus."""
        modulus, length = arrays.optics.modulus, arrays.statics.drive_gain.shape[2]
        return cls(
            receiver=PhaseReceiver(design.receiver, modulus),
            gain=GainControl(design, modulus, length),
            hybrid=arrays.hybrid.at(unit, row),
            trim=None if arrays.receiver is None else arrays.receiver.at(unit, row),
            converters=None if arrays.converters is None else arrays.converters.at(unit, row),
        )

    def powers_w(self, fields: Tensor, laser: tuple[Tensor, Tensor] | None = None) -> Tensor:
        """Powers in W on the four diodes, (..., 4), of rail fields (..., S) for a steady laser.

        Args:
            fields: of both rails, in sqrt(W).
            laser: its power over the mean, and the phase that rail + gains over rail - in rad,
                both (...); none for a steady one.
        """
        if laser is None:
            return power_w(self.hybrid.fields(*fields.unbind(-1)))
        intensity, phase_rad = laser
        signal = fields[..., 0] * phasor(phase_rad) * intensity.sqrt()
        return power_w(self.hybrid.fields(signal, fields[..., 1] * intensity.sqrt()))

    def currents_a(self, powers_w: Tensor) -> Tensor:
        """Mean currents I and Q in A, (..., Q), of powers on the diodes (..., 4)."""
        return self.receiver.currents_a(powers_w, self.hybrid.responsivity)

    def noise_a(self, powers_w: Tensor, key: NoiseKey, start: int = 0) -> Tensor:
        """Noise of I and Q in A, (..., Q); see :meth:`PhaseReceiver.noise_a`."""
        return self.receiver.noise_a(powers_w, self.hybrid.responsivity, key, start)

    def scaled(self, current_a: Tensor, bits: Tensor) -> Tensor:
        """Currents (..., Q) as fractions of the full scale that goes with their digits.

        Args:
            current_a: I and Q in A.
            bits: streamed digits, (..., J, D).
        """
        ratio = current_a / self.gain.full_scale_a(bits)[..., None]
        if self.trim is None:
            return ratio
        return self.trim.apply(ratio, self.gain.common_mode(bits))

    def decide(self, ratio: Tensor) -> Tensor:
        """Decided residues, int16 (...), of fractions of the full scale (..., Q)."""
        return self.receiver.decide(ratio[..., 0], ratio[..., 1], self.converters)

    def codes(self, ratio: Tensor) -> Tensor:
        """Codes of the converters, (..., Q)."""
        codes = self.receiver.codes(ratio[..., 0], ratio[..., 1], self.converters)
        return torch.stack(codes, dim=-1)
