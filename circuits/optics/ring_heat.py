r"""What heaters do to rings: a resonance that moves with the drives of a whole tile.

A heater that gives its shifter a phase p warms it by p times the kelvin per radian of its length,
and a ring at a distance d by the share σ κ(d) of that, with the κ of the shifters.  So a resonance
moves by

``Δλ = σ Σ_h κ(d_h) p_h · (K per rad) · (dλ/dT)``,

and the field that a ring drops turns by 6.4 mrad per picometre of that at k² = 0.1.  How much heat
a phase takes does not depend on the length of the shifter, so one factor does for heaters of all
lengths.

Light of a digit that is 1 passes the shifter, so the drive of the shifter can take back what the
rings turn it by then, against what they turn a digit that is 0.  That is how a controller sees the
rings: as more coupling between heaters, and each heater's own rings as a part of its efficiency.
What all digits of a row turn alike whatever they are, drives do not take back.  It is little where
zeros pass detuned rings (one-coupled), and most of it where rings couple zeros (zero-coupled).

Heaters that stand still, such as trimmers, also warm rings; ring trimmers are set with those on.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from circuits.optics.digit import DigitOptics, section_m
from photonics.dispersion import thermal_phase_rad_per_k
from photonics.thermal import SILICON_INDEX_PER_K


@dataclass(frozen=True)
class RingHeat:
    """How the rings of the digits of one modulus answer to heaters.

    Attributes:
        optics: of the digits.
    """

    optics: DigitOptics

    @classmethod
    def of(cls, optics: DigitOptics) -> RingHeat | None:
        """None where no heat reaches the rings."""
        heat = optics.design.heat
        return None if heat.coupling is None or heat.ring_share == 0.0 else cls(optics)

    @property
    def shift_m_per_rad(self) -> float:
        """Shift of a resonance, per phase of a heater, where κ is 1."""
        design, wavelength_m = self.optics.design, self.optics.wavelength_m
        longest_m = max(section_m(design, self.optics.modulus))
        per_kelvin = thermal_phase_rad_per_k(SILICON_INDEX_PER_K, longest_m, wavelength_m)
        return design.heat.ring_share * design.ring.drift_m_per_k / per_kelvin

    @property
    def seen_rad_per_m(self) -> float:
        """Phase that a shift of either ring adds to a digit that is 1, against one that is 0."""
        ring, wavelength_m = self.optics.design.ring, self.optics.wavelength_m
        dropped = ring.drop_slope_rad_per_m(0.0, wavelength_m)
        passed = ring.through_slope_rad_per_m(ring.detuning_m, wavelength_m)
        return dropped - passed if self.optics.couples(1) else passed - dropped

    def bound(self, shift_m: float) -> float:
        """Largest change of the log field of a ring, in either state, within ± a shift."""
        ring, wavelength_m = self.optics.design.ring, self.optics.wavelength_m
        shifts_m = torch.tensor([0.0, -shift_m, shift_m], dtype=torch.float64)
        dropped = ring.transfer(shifts_m, wavelength_m)[1]
        passed = ring.transfer(ring.detuning_m + shifts_m, wavelength_m, 1.0)[0]
        return max(_log_change(dropped), _log_change(passed))


def _log_change(field: Tensor) -> float:
    change = field[1:] / field[0]
    return math.hypot(float(change.abs().log().abs().max()), float(change.angle().abs().max()))
