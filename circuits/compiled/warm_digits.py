r"""Responses of digits whose shifters are heaters: worked out for the drives of whole tiles.

A digit sends ``t_0 t_1 (straight path) + d_0 d_1 (coupled path)``, with t and d the through and
drop fields of its rings where they are, heat included (:mod:`circuits.optics.digit`).

Legend of shapes: U unit, R row, J multiplier, D digit, S rail, E ring of a digit, V drive level,
Q quantity (log amplitude of rail +, of rail -, phase deviation); G group, M row of tiles.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from circuits.optics.response import added, log_response
from circuits.optics.tile_heat import TileHeat
from photonics.optics import phasor
from photonics.rings import ring_add_drop


class RingNumbers(NamedTuple):
    """The rings of a digit for one value of its bit.

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

    def fields(self, offset_m: Tensor) -> tuple[Tensor, Tensor]:
        """Through and drop fields, complex128, of rings so far from where they should be."""
        theta = (self.detuning_m + offset_m) * self.turn_rad_per_m
        couplings = self.self_coupling_in, self.self_coupling_drop
        return ring_add_drop(*couplings, self.round_trip_amplitude, theta)


@dataclass(frozen=True)
class WarmDigits:
    """The digits of the arrays of one modulus, and the heaters that warm them.

    Attributes:
        modulus: m.
        weights: what each digit counts.
        asked_rad: phase that shifters are asked for at each level, float64 (V, D, S).
        shifter: field transmission that they give the shifter path, errors of the drive included,
            static phase and heat not, complex128 (U, R, J, V, D, S).
        static_rad: static phase of the shifter path, (U, R, J, D, S).
        bypass: field transmission of the other path, complex128 (U, R, J, D, S).
        ring_offset_m: detuning of the rings beyond their design, (U, R, J, D, S, E).
        straight_shifter: whether light that passes the rings straight on meets the shifter.
        multiplied: which rails have multipliers.
        rings: the rings for bit 0 and for bit 1.
        heat: how tiles warm themselves.
    """

    modulus: int
    weights: tuple[int, ...]
    asked_rad: Tensor
    shifter: Tensor
    static_rad: Tensor
    bypass: Tensor
    ring_offset_m: Tensor
    straight_shifter: bool
    multiplied: tuple[bool, bool]
    rings: tuple[RingNumbers, RingNumbers]
    heat: TileHeat

    def responses(self, unit: Tensor, row: Tensor, level: Tensor) -> tuple[Tensor, Tensor]:
        """Response of digits to bit 0, and what bit 1 adds: (G, M, J, D, Q).

        Args:
            unit: array that each row is on, (G, M).
            row: row of the array that it is, (M,): whole arrays from row 0 on (the last may be cut
                short; its missing rows are at rest).
            level: signed drives, (G, M, J).
        """
        groups, rows, length = level.shape
        array = self.static_rad.shape[1]
        tiles = F.pad(level, (0, 0, 0, -rows % array)).view(groups, -1, array, length)
        half = self.modulus // 2
        shift = self.heat.thermal_shift(self.asked_rad[tiles + half], unit[:, ::array])
        warm_rad, ring_m = shift.apply(lambda part: part.flatten(1, 2)[:, :rows])
        place = unit[..., None], row[:, None], torch.arange(length)
        phase_rad = self.static_rad[place] + warm_rad
        shifter = self.shifter[(*place, level + half)] * phasor(phase_rad)
        offset_m = self.ring_offset_m[place]
        if ring_m is not None:
            offset_m = offset_m + ring_m
        bypass = self.bypass[place]
        zero, one = (self._log_response(level, shifter, bypass, offset_m, bit) for bit in (0, 1))
        return zero, added(zero, one)

    def _log_response(
        self, level: Tensor, shifter: Tensor, bypass: Tensor, offset_m: Tensor, bit: int
    ) -> Tensor:
        through, drop = self.rings[bit].fields(offset_m)
        straight, turned = (shifter, bypass) if self.straight_shifter else (bypass, shifter)
        field = through.prod(-1) * straight + drop.prod(-1) * turned
        if not all(self.multiplied):
            field = torch.where(torch.tensor(self.multiplied), field, torch.ones_like(field))
        return log_response(field, level, self.weights, self.modulus, bit)
