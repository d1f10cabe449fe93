r"""What heaters do to switches: deviations that move with the drives of a whole tile.

A heater that gives its shifter a phase p warms it by p times the kelvin per radian of its length,
and a switch at a distance d by the share σ κ(d) of that, with the κ of the shifters.  So a ring's
resonance moves by

``Δλ = σ Σ_h κ(d_h) p_h · (K per rad) · (dλ/dT)``,

and the field that it drops turns by 6.4 mrad per picometre of that at k² = 0.1.  Of an
interferometer a heater warms the nearer arm alone, over its own length, and the phase between the
arms moves by ``σ Σ_h κ(d_h) p_h`` times the dn/dT of the arm over that of the shifter.  How much
heat a phase takes does not depend on the length of the shifter, so one factor does for heaters of
all lengths.

Light of a digit that is 1 passes the shifter, so the drive of the shifter can take back what the
switches turn it by then, against what they turn a digit that is 0.  That is how a controller sees
them: as more coupling between heaters, and each heater's own switches as a part of its efficiency.
What all digits of a row turn alike whatever they are, drives do not take back.  It is little where
zeros pass detuned rings (one-coupled), and most of it where rings couple zeros (zero-coupled).

Heaters that stand still, such as trimmers, also warm switches; those are trimmed with them on.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from circuits.optics.digit import DigitOptics, section_m
from photonics.dispersion import thermal_phase_rad_per_k
from photonics.switching import moved


@dataclass(frozen=True)
class SwitchHeat:
    """How the switches of the digits of one modulus answer to heaters.

    Attributes:
        optics: of the digits.
    """

    optics: DigitOptics

    @classmethod
    def of(cls, optics: DigitOptics) -> SwitchHeat | None:
        """None where no heat reaches the switches."""
        heat = optics.design.heat
        return None if heat.coupling is None or heat.switch_share == 0.0 else cls(optics)

    @property
    def offset_per_rad(self) -> float:
        """Move of a switch's deviation, per phase of a heater, where κ is 1."""
        design, wavelength_m = self.optics.design, self.optics.wavelength_m
        longest_m = max(section_m(design, self.optics.modulus))
        per_kelvin = thermal_phase_rad_per_k(design.shifter.index_per_k, longest_m, wavelength_m)
        near_per_k = design.switch.near_offset_per_k(wavelength_m, longest_m)
        return design.heat.switch_share * near_per_k / per_kelvin

    @property
    def seen_slope_rad(self) -> float:
        """Phase that a move of either switch adds to a digit that is 1, against one that is 0."""
        switch, wavelength_m = self.optics.design.switch, self.optics.wavelength_m
        coupled, straight = (switch.slope_rad(wavelength_m, coupled=x) for x in (True, False))
        return coupled - straight if self.optics.couples(1) else straight - coupled

    def bound(self, move: float) -> float:
        """Largest change of the log field of a switch, in either state, within ± a move."""
        switch, wavelength_m = self.optics.design.switch, self.optics.wavelength_m
        moves = torch.tensor([0.0, -move, move], dtype=torch.float64)
        offset = moved(torch.zeros(3, switch.components, dtype=torch.float64), moves)
        coupled = switch.fields(offset, wavelength_m, coupled=True).coupled
        straight = switch.fields(offset, wavelength_m, coupled=False).straight
        return max(_log_change(coupled), _log_change(straight))


def _log_change(field: Tensor) -> float:
    change = field[1:] / field[0]
    return math.hypot(float(change.abs().log().abs().max()), float(change.angle().abs().max()))
