r"""Thermal crosstalk of the heated shifters of one array: phase that depends on a tile's drives.

Heaters at equal pitches couple alike everywhere, so the coupling matrix K is a convolution over
the lattice of shifters: ``(K φ)_i = φ_i + Σ_d κ(d) φ_{i+d}``, with φ_i the phase that heater i is
asked for.  A controller that knows the coupling solves ``K̂ p = φ`` for what each heater has to
give by itself; the shifters then err by ``K p - φ = (K - K̂) p``.  Heaters that swing about a
common bias obey the same law: the bias is a static phase, and calibrated.

Legend of shapes: U unit, R row, J multiplier, D digit, P = J·D place along a row, S rail,
T neighbour (rail, rows and places away); ``...`` tiles.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import torch
import torch.nn.functional as F
from torch import Tensor

from circuits.heat_layout import HeatLayout
from photonics.errors import InputError
from photonics.random import NoiseKey

# The series of the inverse ends where its terms have fallen to this.
_NEGLIGIBLE = 1e-10
# Bounds the memory for the neighbours of all shifters of tiles.
_TILES_AT_ONCE = 64


@dataclass(frozen=True)
class ArrayHeat:
    """The heaters of the arrays of one modulus.

    Attributes:
        layout: pitches and coupling.
        error: relative error of what the controller knows, (U, S, T, R·P); none where it knows
            all or compensates nothing.
    """

    layout: HeatLayout
    error: Tensor | None

    @classmethod
    def fabricate(
        cls, layout: HeatLayout, units: int, rows: int, places: int, key: NoiseKey
    ) -> ArrayHeat | None:
        """Heaters of ``units`` arrays; none where shifters are not heaters.

        Raises:
            InputError: if they couple so strongly that they cannot be set against each other.
        """
        if layout.coupling is None:
            return None
        plain = cls(layout, None)
        if plain.reach_sum >= 1.0:
            raise InputError(
                "multiplier.heat.coupling",
                f"{plain.reach_sum:.3g} in all",
                "neighbours together must warm a shifter less than its own heater does",
                "weaken the coupling or widen the pitches",
            )
        if not (layout.compensated and layout.coupling_error_rms):
            return plain
        shape = (units, 2, plain.kernel[0].numel(), rows * places)
        draw = key.normal(0, torch.Size(shape).numel()).reshape(shape)
        return cls(layout, layout.coupling_error_rms * draw)

    @cached_property
    def kernel(self) -> Tensor:
        """κ by rail to, rail from, rows and places away: (S, S, 2 reach + 1, 2 reach + 1)."""
        layout = self.layout
        assert layout.coupling is not None
        rail, row, place = (
            torch.arange(n, dtype=torch.float64)
            for n in (2, 2 * layout.reach_rows + 1, 2 * layout.reach_digits + 1)
        )
        down = (row - layout.reach_rows) * layout.row_pitch_m
        along = (place - layout.reach_digits) * layout.digit_pitch_m
        across = (rail - rail[:, None]) * layout.rail_pitch_m
        distance = torch.hypot(across[:, :, None, None] + down[:, None], along)
        own = distance == 0
        coupling = layout.coupling.law.coupling(distance.clamp_min(1e-9))
        return (coupling + layout.coupling.global_coupling).masked_fill(own, 0.0)

    @property
    def reach_sum(self) -> float:
        """Largest phase of a shifter when all its neighbours are asked for one radian."""
        return float(self.kernel.sum((1, 2, 3)).max())

    def phase_rad(self, drive_rad: Tensor, unit: Tensor | int) -> Tensor:
        """Phase that crosstalk adds, (..., R, J, D, S), to tiles of drives of that shape.

        Args:
            drive_rad: phase that each shifter is asked for.
            unit: which array each tile is on, (...).
        """
        shape = drive_rad.shape
        rows, places = shape[-4], shape[-3] * shape[-2]
        asked = drive_rad.movedim(-1, -4).reshape(-1, 2, rows, places)
        if not self.layout.compensated:
            added = self._others(asked)
        else:
            array = torch.as_tensor(unit).expand(shape[:-4]).reshape(-1)
            given = asked
            for _ in range(self._terms):
                given = asked - self._others(given) - self._misjudged(given, array)
            added = -self._misjudged(given, array)
        back = added.reshape(*shape[:-4], 2, shape[-4], shape[-3], shape[-2])
        return back.movedim(-4, -1)

    @property
    def _terms(self) -> int:
        """Terms of the series of K̂⁻¹; each is smaller by the summed coupling."""
        return math.ceil(math.log(_NEGLIGIBLE) / math.log(max(self.reach_sum, _NEGLIGIBLE)))

    def _others(self, given: Tensor) -> Tensor:
        """Phase from the heaters of other shifters, (n, S, R, P)."""
        reach = (self.layout.reach_rows, self.layout.reach_digits)
        return F.conv2d(given, self.kernel, padding=reach)

    def _misjudged(self, given: Tensor, unit: Tensor) -> Tensor:
        """What the controller takes it for beyond what it is, (n, S, R, P)."""
        misjudged = torch.zeros_like(given)
        if self.error is None:
            return misjudged
        rows, columns = self.kernel.shape[2:]
        reach = (self.layout.reach_rows, self.layout.reach_digits)
        for array in unit.unique().tolist():
            weight = self.kernel.flatten(1)[:, :, None] * self.error[array]
            for tiles in (unit == array).nonzero().squeeze(1).split(_TILES_AT_ONCE):
                around = F.unfold(given[tiles], (rows, columns), padding=reach)
                found = torch.einsum("ntl,stl->nsl", around, weight)
                misjudged[tiles] = found.reshape(misjudged[tiles].shape)
        return misjudged
