"""Four diodes behind each 90 degree hybrid: from the fields of both rails to photocurrents.

The reference follows the fields through the hybrid to every diode and gives each its own shot
noise; from the photocurrents on it takes the path of :mod:`circuits.receiver.receiver`.

Legend of shapes: S rail, K diode (4), B pair (I, Q); ``...`` readings, and places of the receivers
where those broadcast against them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from circuits.optics.hybrid import Hybrid
from devices.electronics.photodiode import Photodiode
from photonics.optics import phasor, power_w
from photonics.random import NoiseKey


@dataclass(frozen=True)
class Diodes:
    """Hybrids with their balanced pairs.

    Attributes:
        hybrid: of each receiver, with its loss.
        photodiode: a diode by design.
        noise_bandwidth_hz: of what comes with the light.
        amplifier_variance_a2: of amplifier and gain stage, referred to their input.
    """

    hybrid: Hybrid
    photodiode: Photodiode
    noise_bandwidth_hz: float
    amplifier_variance_a2: float

    def powers_w(self, fields: Tensor, laser: tuple[Tensor, Tensor] | None = None) -> Tensor:
        """Powers in W on the four diodes, (..., K), of rail fields (..., S).

        Args:
            fields: of both rails, in sqrt(W), for a steady laser.
            laser: its power over the mean, and the phase that rail + gains over rail - in rad,
                both (...); none for a steady one.
        """
        if laser is None:
            return power_w(self.hybrid.fields(*fields.unbind(-1)))
        intensity, phase_rad = laser
        signal = fields[..., 0] * phasor(phase_rad) * intensity.sqrt()
        return power_w(self.hybrid.fields(signal, fields[..., 1] * intensity.sqrt()))

    def currents_a(self, powers_w: Tensor) -> Tensor:
        """Mean currents I and Q in A of the balanced pairs, (..., B), of powers (..., K)."""
        current = self.photodiode.current_a(powers_w * self.hybrid.responsivity)
        return current[..., 0::2] - current[..., 1::2]

    def noise_a(self, powers_w: Tensor, key: NoiseKey, start: int = 0) -> Tensor:
        """Noise of I and Q in A, (..., B): shot noise of every diode, and the amplifiers'.

        Args:
            powers_w: powers on the four diodes, (..., K), float64.
            key: stream of the noise.
            start: index of the first readout in its stream, counted along the flattened ``...``.
        """
        shape = powers_w.shape[:-1]
        halves = [_normals(key.fold(f"shot noise {x}"), start, shape) for x in "IQ"]
        seen_w = powers_w * self.hybrid.responsivity
        variance_a2 = self.photodiode.shot_variance_a2(seen_w, self.noise_bandwidth_hz)
        shot = variance_a2.sqrt() * torch.cat(halves, dim=-1)
        amplifier = _normals(key.fold("amplifier noise"), start, shape)
        amplifier_rms_a = math.sqrt(self.amplifier_variance_a2)
        return shot[..., 0::2] - shot[..., 1::2] + amplifier_rms_a * amplifier


def _normals(key: NoiseKey, start: int, shape: torch.Size) -> Tensor:
    """Two standard normals for each readout, float64 (..., B)."""
    normals = key.normal_pairs(start, shape.numel(), torch.float64)
    return torch.stack(normals, dim=-1).reshape(*shape, 2)
