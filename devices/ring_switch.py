"""Micro-ring add-drop switch: on resonance it drops the light, detuned it lets the light pass.

::

    in ──►──────────►── through      coupled (on resonance): in -> drop
           ( ring )                  detuned (biased):       in -> through
    drop ─◄──────────

One set of coupling, loss and detuning fixes the insertion loss, the leak, the phase and the
delay of both states together; there is no separate extinction ratio to contradict them.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from devices.laser import PAPER
from devices.part import Part, quantity
from photonics.optics import ring_add_drop
from photonics.units import SPEED_OF_LIGHT_M_PER_S, loss_to_amplitude


class RingState(NamedTuple):
    """Field transmission of a ring to its through and its drop port."""

    through: complex
    drop: complex


class RingSwitch(Part):
    """A symmetric add-drop ring with equal couplers."""

    radius_m: float = quantity(10e-6, "ring radius", source=f"{PAPER}, Sec. V-B", gt=0)
    coupling_power: float = quantity(
        0.1,
        "power cross-coupling k² of each coupler",
        source="assumption: a compromise between leak, loss and photon lifetime",
        gt=0,
        lt=1,
    )
    loss_db_per_m: float = quantity(
        339.1,
        "propagation loss in the ring",
        source=f"{PAPER}, Sec. V-B: chosen so that the coupled state loses the 0.2 dB given there",
        ge=0,
    )
    group_index: float = quantity(4.2, "group index", source="silicon wire, 1550 nm", gt=1)
    detuning_m: float = quantity(
        1e-9,
        "shift of the resonance in the detuned state",
        source="2.1 V around the whole ring at Vπ L = 0.059 V cm "
        "(Li et al., Opt. Express 29, 6824, 2021, III-V/Si hybrid capacitor)",
        gt=0,
    )

    @property
    def circumference_m(self) -> float:
        """Length of one round trip."""
        return 2.0 * math.pi * self.radius_m

    @property
    def _round_trip_amplitude(self) -> float:
        return loss_to_amplitude(self.loss_db_per_m * self.circumference_m)

    def fsr_m(self, wavelength_m: float) -> float:
        """Free spectral range in m of wavelength: λ² / (n_g L)."""
        return wavelength_m**2 / (self.group_index * self.circumference_m)

    def state(self, detuning_m: float, wavelength_m: float) -> RingState:
        """Field transmission at a given distance from resonance."""
        r = math.sqrt(1.0 - self.coupling_power)
        a = self._round_trip_amplitude
        theta = 2.0 * math.pi * detuning_m / self.fsr_m(wavelength_m)
        return RingState(*ring_add_drop(r, r, a, theta))

    def coupled(self, wavelength_m: float) -> RingState:
        """Unbiased state: on resonance, the light drops."""
        return self.state(0.0, wavelength_m)

    def detuned(self, wavelength_m: float) -> RingState:
        """Biased state: off resonance, the light passes."""
        return self.state(self.detuning_m, wavelength_m)

    def linewidth_m(self, wavelength_m: float) -> float:
        """Full width at half maximum of the drop resonance, in m of wavelength: FSR / finesse."""
        r2a = self._round_trip_amplitude * (1.0 - self.coupling_power)
        finesse = math.pi * math.sqrt(r2a) / (1.0 - r2a)
        return self.fsr_m(wavelength_m) / finesse

    def delay_s(self, wavelength_m: float) -> float:
        """Group delay in s of the coupled state: the field lifetime 1 / (π Δf)."""
        width_hz = SPEED_OF_LIGHT_M_PER_S * self.linewidth_m(wavelength_m) / wavelength_m**2
        return 1.0 / (math.pi * width_hz)
