"""The arrays of one modulus as they stand: fabricated, trimmed, drifted; what light meets.

Legend of shapes: U unit, R row, J multiplier in the row, D digit, S rail; ``...`` places.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import torch
from torch import Tensor

from circuits.chip.trims import ReceiverTrim
from circuits.optics.digit import DigitOptics, DigitStatics, set_points
from circuits.optics.heat import ArrayHeat
from circuits.optics.hybrid import Hybrid
from circuits.optics.tile_heat import ThermalShift
from photonics.optics import phasor
from photonics.switching import moved


class Converters(NamedTuple):
    """Transitions of the converters of I and Q, as fractions of the full scale, rising."""

    transitions: Tensor
    """float64 (..., Q, codes - 1)."""

    def at(self, *place: int | slice | Tensor) -> Converters:
        """Converters of some places, by an index of the leading axes."""
        return Converters(self.transitions[place])


@dataclass(frozen=True)
class ModulusArrays:
    """The arrays of one modulus.

    Attributes:
        optics: what all digits have in common.
        statics: deviations of the digits, trims included, leading axes (U, R, J).
        input_field: field transmission in front of the digits, complex128 (U, R, S): splitter
            and row trimmer.
        hybrid: hybrids of the receivers with their trims, leading axes (U, R).
        receiver: trims behind the gain stage, leading axes (U, R); none where nothing is set.
        converters: of nonlinear converters, leading axes (U, R); none for linear ones.
        heat: heaters that warm each other; none for shifters without.
    """

    optics: DigitOptics
    statics: DigitStatics
    input_field: Tensor
    hybrid: Hybrid
    receiver: ReceiverTrim | None
    converters: Converters | None
    heat: ArrayHeat | None

    @classmethod
    def as_designed(cls, optics: DigitOptics, length: int, split_rad: float = 0.0) -> ModulusArrays:
        """One unit of one row, exactly as designed; its splitter turns rail + by ``split_rad``."""
        statics = DigitStatics.none(optics)
        wide = DigitStatics(*(x.expand(1, 1, length, *x.shape) for x in vars(statics).values()))
        hybrid = Hybrid.ideal()
        return cls(
            optics=optics,
            statics=wide,
            input_field=phasor(on_first_rail(torch.full((1, 1), split_rad, dtype=torch.float64))),
            hybrid=Hybrid(hybrid.transfer[None, None], hybrid.responsivity[None, None]),
            receiver=None,
            converters=None,
            heat=None,
        )

    def thermal_shift(self, level: Tensor, unit: Tensor | int) -> ThermalShift | None:
        """What heaters do to their neighbours, (..., R, J, D, S); none without heaters.

        Args:
            level: signed drives of whole tiles, (..., R, J); rows that are not used are at 0.
            unit: which array each tile is on, (...).
        """
        if self.heat is None:
            return None
        return self.heat.thermal_shift(self._asked_rad(level), unit)

    def heat_bound(self) -> float:
        """Largest phase in rad, or log amplitude in neper, that heat can add to a digit."""
        if self.heat is None:
            return 0.0
        levels = torch.arange(self.optics.modulus) - self.optics.modulus // 2
        return self.heat.bound(float(self._asked_rad(levels).abs().max()))

    def _asked_rad(self, level: Tensor) -> Tensor:
        points = set_points(self.optics.design, self.optics.code, level)
        return self.optics.drive_rad(self.optics.swing(points))


@dataclass(frozen=True)
class ThermalDrift:
    """What has warmed the arrays of one modulus since their calibration.

    Attributes:
        switch_offset: move of all switches of either rail of each row, (U, R, S).
        rail_rad: phase that rail + of each row gains over rail -, (U, R).
        self_heating_m: shift of every ring by its own light, (U, R, J, D, S, E).
        tracked_rad: phase by which the pilots have set the row trimmer back, (U, R).
        tracked_digit_rad: phase by which they have set back the digits' trimmers, (U, R, J, D).
    """

    switch_offset: Tensor
    rail_rad: Tensor
    self_heating_m: Tensor
    tracked_rad: Tensor
    tracked_digit_rad: Tensor

    def applied(self, arrays: ModulusArrays) -> ModulusArrays:
        """A arrays at these temperatures."""
        by_row = self.switch_offset[:, :, None, None, :, None]
        offset = moved(arrays.statics.switch_offset, by_row + self.self_heating_m)
        digit_rad = on_first_rail(-self.tracked_digit_rad)
        shifter_rad = arrays.statics.shifter_phase_rad + digit_rad
        statics = replace(arrays.statics, switch_offset=offset, shifter_phase_rad=shifter_rad)
        turned = phasor(on_first_rail(self.rail_rad - self.tracked_rad))
        return replace(arrays, statics=statics, input_field=arrays.input_field * turned)


def on_first_rail(phase_rad: Tensor) -> Tensor:
    """A phase (...) on rail +, none on rail -: (..., S)."""
    return torch.stack((phase_rad, torch.zeros_like(phase_rad)), dim=-1)
