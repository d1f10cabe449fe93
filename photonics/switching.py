r"""Optical 2x2 switches as plain numbers: what one does in one of its two states.

::

    in ──►──[ switch ]──►── straight path       A switch that joins the paths again is the mirror
               └──────────►── coupled path      image of the one that parts them: same fields.

Legend of shapes: K component of the deviation of a switch from its design, of which heat, drift and
trimming move the first; ``...`` broadcasts.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

import torch
import torch.nn.functional as F
from torch import Tensor

from photonics.errors import InputError
from photonics.optics import phasor
from photonics.rings import ring_add_drop


class SwitchFields(NamedTuple):
    """Field transmission of switches to the straight and to the coupled path, complex128 (...)."""

    straight: Tensor
    coupled: Tensor


class SwitchNumbers(Protocol):
    """A switch in one of its states."""

    def fields(self, offset: Tensor) -> SwitchFields:
        """Fields of switches that deviate from their design, (..., K) -> (...)."""


class RingNumbers(NamedTuple):
    """An add-drop ring: its through port leads to the straight path, its drop port to the other.

    Attributes:
        self_coupling_in: r1.
        self_coupling_drop: r2.
        round_trip_amplitude: a.
        detuning_m: distance from resonance by design.
        turn_rad_per_m: phase of a round trip per shift of the resonance.
    """

    self_coupling_in: float
    self_coupling_drop: float
    round_trip_amplitude: float
    detuning_m: float
    turn_rad_per_m: float

    def fields(self, offset: Tensor) -> SwitchFields:
        """Fields of rings whose resonances lie so far in m from where they should be, (..., 1)."""
        theta = (self.detuning_m + offset[..., 0]) * self.turn_rad_per_m
        couplings = self.self_coupling_in, self.self_coupling_drop
        return SwitchFields(*ring_add_drop(*couplings, self.round_trip_amplitude, theta))


class MziNumbers(NamedTuple):
    """An interferometer of two couplers: its bar port leads to the straight path.

    Attributes:
        imbalance_db: bar over cross power of either coupler by design.
        quadrature_rad: departure of the outputs of either coupler from quadrature.
        amplitude: field that both couplers together pass.
        phase_rad: of the upper arm against the lower one, by design.
        upper: field transmission of the upper arm.
        lower: field transmission of the lower arm.
    """

    imbalance_db: float
    quadrature_rad: float
    amplitude: float
    phase_rad: float
    upper: float
    lower: float

    def fields(self, offset: Tensor) -> SwitchFields:
        """Fields of interferometers that deviate, (..., 3).

        The components are the phase between the arms in rad, and the imbalance of the first and of
        the second coupler in dB.
        """
        bar1, cross1 = self._coupler(offset[..., 1])
        bar2, cross2 = self._coupler(offset[..., 2])
        upper = (self.amplitude * self.upper) * phasor(self.phase_rad + offset[..., 0])
        lower = self.amplitude * self.lower
        return SwitchFields(
            bar2 * upper * bar1 + cross2 * cross1 * lower,
            cross2 * upper * bar1 + bar2 * cross1 * lower,
        )

    def _coupler(self, imbalance_db: Tensor) -> tuple[Tensor, Tensor]:
        """Field to the bar and to the cross port of a coupler, without its loss."""
        ratio = torch.pow(10.0, (self.imbalance_db + imbalance_db) / 10.0)
        bar, cross = (ratio / (1.0 + ratio)).sqrt(), (1.0 / (1.0 + ratio)).sqrt()
        return bar, 1j * cross * phasor(torch.full_like(cross, self.quadrature_rad))


class MeasuredNumbers(NamedTuple):
    """A measured switch: its fields at evenly spaced shifts of its spectrum, straight between them.

    Attributes:
        reach_m: largest shift to either side.
        straight: field to the straight path from the largest shift to the blue on, complex128 (N,).
        coupled: the same of the coupled path.
    """

    reach_m: float
    straight: Tensor
    coupled: Tensor

    def fields(self, offset: Tensor) -> SwitchFields:
        """Fields of switches whose spectra lie so far in m to the red, (..., 1).

        Raises:
            InputError: for a shift beyond what was measured.
        """
        shift_m, last = offset[..., 0], len(self.straight) - 1
        furthest_m = float(shift_m.abs().max()) if shift_m.numel() else 0.0
        if not furthest_m <= self.reach_m:
            allowed = (
                f"is the shift of a spectrum measured within {self.reach_m:.3g} m of the light"
            )
            remedy = "measure further, or lower what moves it"
            raise InputError("multiplier.switch", f"{furthest_m:.3g} m", allowed, remedy)
        place = (shift_m / self.reach_m + 1.0) * (last / 2.0)
        below = place.floor().clamp(max=last - 1).long()
        beyond = place - below
        each = (x[below] * (1.0 - beyond) + x[below + 1] * beyond for x in self[1:])
        return SwitchFields(*each)


def moved(offset: Tensor, by: Tensor) -> Tensor:
    """Deviations (..., K) whose first component is moved by (...)."""
    return offset + F.pad(by.unsqueeze(-1), (0, offset.shape[-1] - 1))
