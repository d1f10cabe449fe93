"""What the trimmers of a chip cost while they are set: parts that the paper does not have."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from circuits.chip.chip import Chip
from circuits.chip.trims import Trims
from devices.heat.trimmer import Trimmer

COOLED_W_PER_MM2 = 7.9
"""About what forced water cooling carries off a die, 1 kW/cm².

Source: Tuckerman and Pease, IEEE Electron Device Lett. 2, 126 (1981): 790 W/cm².
"""


@dataclass(frozen=True)
class TrimmerCost:
    """Trimmers of digits, rows and hybrids.

    Attributes:
        count: how many.
        saturated: how many stand at an end of their range.
        power_w: of all, as set.
        area_m2: of all.
    """

    count: int
    saturated: int
    power_w: float
    area_m2: float

    @classmethod
    def of(cls, trims: Trims, trimmer: Trimmer) -> TrimmerCost:
        """Trimmers of the arrays of one modulus."""
        parts = (trims.digit_rad, trims.row_rad, trims.quadrature_rad)
        phase_rad = torch.cat([x.flatten() for x in parts])
        at_end = (phase_rad == 0.0) | (phase_rad >= trimmer.range_rad - trimmer.lsb_rad / 2.0)
        count = phase_rad.numel()
        power_w, area_m2 = trimmer.total_power_w(phase_rad), trimmer.total_area_m2(count)
        return cls(count, int(at_end.sum()), power_w, area_m2)

    @classmethod
    def of_chip(cls, chip: Chip) -> TrimmerCost:
        """Trimmers of a whole chip; none on one that is not trimmed."""
        each = [cls.of(t, chip.design.calibration.trimmer) for t in chip.trims.values()]
        return cls(
            count=sum(x.count for x in each),
            saturated=sum(x.saturated for x in each),
            power_w=sum(x.power_w for x in each),
            area_m2=sum(x.area_m2 for x in each),
        )

    @property
    def w_per_mm2(self) -> float:
        """Heat that leaves through their area, W/mm²."""
        return self.power_w / (1e6 * self.area_m2) if self.count else 0.0
