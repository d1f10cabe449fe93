r"""Responses of digits whose shifters are heaters: worked out for the drives of whole tiles.

A digit sends ``t_0 t_1 (straight path) + d_0 d_1 (coupled path)``, with t and d the fields of
its switches to the straight and the coupled path, heat included (:mod:`circuits.optics.digit`).

Legend of shapes: U unit, R row, J multiplier, D digit, S rail, E switch of a digit, V drive level,
Q quantity (log amplitude of rail +, of rail -, phase deviation); G group, M row of tiles.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from circuits.optics.response import added, log_response
from circuits.optics.tile_heat import TileHeat
from photonics.optics import phasor
from photonics.switching import SwitchNumbers, moved


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
        switch_offset: deviation of the switches from their design, (U, R, J, D, S, E, K).
        straight_shifter: whether light on the straight path meets the shifter.
        multiplied: which rails have multipliers.
        switches: those of a digit for bit 0 and for bit 1.
        heat: how tiles warm themselves.
    """

    modulus: int
    weights: tuple[int, ...]
    asked_rad: Tensor
    shifter: Tensor
    static_rad: Tensor
    bypass: Tensor
    switch_offset: Tensor
    straight_shifter: bool
    multiplied: tuple[bool, bool]
    switches: tuple[SwitchNumbers, SwitchNumbers]
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
        warm_rad, move = shift.apply(lambda part: part.flatten(1, 2)[:, :rows])
        return self._responses(unit, row, level, warm_rad, move)

    def cold(self, unit: Tensor, row: Tensor, level: Tensor) -> tuple[Tensor, Tensor]:
        """The same without heat; ``row`` may be any rows."""
        return self._responses(unit, row, level, torch.zeros((), dtype=torch.float64), None)

    def _responses(
        self, unit: Tensor, row: Tensor, level: Tensor, warm_rad: Tensor, move: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        place = unit[..., None], row[:, None], torch.arange(level.shape[2], device=level.device)
        phase_rad = self.static_rad[place] + warm_rad
        shifter = self.shifter[(*place, level + self.modulus // 2)] * phasor(phase_rad)
        offset = self.switch_offset[place]
        if move is not None:
            offset = moved(offset, move)
        bypass = self.bypass[place]
        zero, one = (self._log_response(level, shifter, bypass, offset, bit) for bit in (0, 1))
        return zero, added(zero, one)

    def _log_response(
        self, level: Tensor, shifter: Tensor, bypass: Tensor, offset: Tensor, bit: int
    ) -> Tensor:
        to_straight, to_coupled = (x.prod(-1) for x in self.switches[bit].fields(offset))
        straight, coupled = (shifter, bypass) if self.straight_shifter else (bypass, shifter)
        field = to_straight * straight + to_coupled * coupled
        if not all(self.multiplied):
            multiplied = torch.tensor(self.multiplied, device=field.device)
            field = torch.where(multiplied, field, torch.ones_like(field))
        return log_response(field, level, self.weights, self.modulus, bit)
