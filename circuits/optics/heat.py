r"""Heat of the shifters of one array: phases and switches that depend on a tile's drives.

Heaters at equal pitches couple alike everywhere, so the coupling matrix K is a convolution over
the lattice of shifters: ``(K φ)_i = φ_i + Σ_d κ(d) φ_{i+d}``, with φ_i the phase that heater i is
asked for.  Where the heaters of a row were measured one by one, κ is that of each place besides
(:mod:`circuits.optics.measured_heat`).

A controller that knows the coupling solves ``K̂ p = φ`` for what each heater has to give by itself;
the shifters then err by ``K p - φ = (K - K̂) p``.  Heaters that swing about a common bias obey the
same law: the bias is a static phase, and calibrated.

Heaters warm switches too (:mod:`circuits.optics.switch_heat`).  What those turn the light
of a digit is more of the same coupling to first order, so the controller's K̂ holds it as well; K,
which works on the shifters alone, does not.  What a move of a switch does beyond the first
order, to the amplitude above all, no drive takes back.

Legend of shapes: U unit, R row, J multiplier, D digit, P = J·D place along a row, S rail, E switch
of a digit, T neighbour (rail, rows and places away); ``...`` tiles.  Of a row that was
measured, what is (S, S, y, x) has two more axes, (1, P).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property

import torch
import torch.nn.functional as F
from torch import Tensor

from circuits.design.heat_layout import HeatLayout
from circuits.optics.measured_heat import measured_kernel
from circuits.optics.switch_heat import SwitchHeat
from circuits.optics.tile_heat import ThermalShift, TileHeat
from devices.heat.thermal_crosstalk import HeaterCoupling
from photonics.errors import InputError
from photonics.random import NoiseKey

# The series of the inverse ends where its terms have fallen to this.
_NEGLIGIBLE = 1e-7


@dataclass(frozen=True)
class ArrayHeat:
    """The heaters of the arrays of one modulus.

    Attributes:
        layout: pitches and coupling.
        error: relative error of what the controller knows, (U, S, T, R·P); none where it knows
            all or compensates nothing.
        switches: what heat does to switches; none where it does not reach them.
        rails: that have heaters.
    """

    layout: HeatLayout
    error: Tensor | None
    switches: SwitchHeat | None
    rails: int = 2

    @classmethod
    def as_designed(
        cls, layout: HeatLayout, switches: SwitchHeat | None, rails: int = 2
    ) -> ArrayHeat | None:
        """Heaters whose controller knows all of their coupling; none where there are none.

        Args:
            layout: pitches and coupling.
            switches: what heat does to switches; none where it does not reach them.
            rails: that have heaters.

        Raises:
            InputError: if they couple so strongly that they cannot be set against each other.
        """
        if layout.coupling is None:
            return None
        plain = cls(layout, None, switches, rails)
        if plain.reach_sum >= 1.0:
            raise InputError(
                "multiplier.heat.coupling",
                f"{plain.reach_sum:.3g} in all",
                "neighbours, and all heaters by way of the switches, must turn the light of a "
                "digit less than its own heater does",
                "weaken the coupling, widen the pitches or lower switch_share",
            )
        return plain

    @classmethod
    def fabricate(
        cls,
        layout: HeatLayout,
        switches: SwitchHeat | None,
        size: tuple[int, int, int],
        key: NoiseKey,
        rails: int = 2,
    ) -> ArrayHeat | None:
        """Heaters of arrays; none where shifters are not heaters.

        Args:
            layout: pitches and coupling.
            switches: what heat does to switches; none where it does not reach them.
            size: arrays, rows of each, and places along a row.
            key: names the draw.
            rails: that have heaters.

        Raises:
            InputError: as :meth:`as_designed`.
        """
        plain = cls.as_designed(layout, switches, rails)
        if plain is None or not (layout.compensated and layout.coupling_error_rms):
            return plain
        units, rows, places = size
        shape = (units, 2, plain.kernel.shape[1:4].numel(), rows * places)
        draw = key.normal(0, torch.Size(shape).numel()).reshape(shape)
        return replace(plain, error=layout.coupling_error_rms * draw)

    @cached_property
    def kernel(self) -> Tensor:
        """κ by rail to, rail from, rows and places away, own heater 0: (S, S, y, x)."""
        kernel = measured_kernel(self.layout, self.rails)
        if kernel is None:
            assert self.layout.coupling is not None
            kernel = self._by_distance(self.layout.coupling, 0.0)
        return _without_own(kernel)

    @cached_property
    def switch_kernel(self) -> Tensor:
        """Move of switches per phase of heaters, within reach, (E, S, S, y, x)."""
        assert self.switches is not None
        layout = self.layout
        coupling, side_m = layout.switch_coupling or layout.coupling, layout.switch_distance_m
        assert coupling is not None
        # The switch that light enters by lies before its shifter, the other one behind it.
        each = [self._by_distance(coupling, place_m) for place_m in (-side_m, side_m)]
        return self.switches.offset_per_rad * torch.stack(each)

    @cached_property
    def seen_kernel(self) -> Tensor:
        """Phase of a digit per phase of heaters, beside what its own gives its shifter: as κ."""
        if self.switches is None:
            return self.kernel
        by_switches = self.switches.seen_slope_rad * self.switch_kernel.sum(0)
        # A whole row reaches farther than what is counted of its switches, or less far.
        wider = (self.kernel.shape[3] - by_switches.shape[3]) // 2
        by_switches = F.pad(by_switches, (wider, wider))
        return self.kernel + (
            by_switches if self.kernel.ndim == 4 else by_switches[..., None, None]
        )

    def _by_distance(self, coupling: HeaterCoupling, place_m: float) -> Tensor:
        """κ at points beside shifters, a way along the row from each, (S, S, y, x)."""
        layout = self.layout
        rail, row, place = (
            torch.arange(n, dtype=torch.float64)
            for n in (2, 2 * layout.reach_rows + 1, 2 * layout.reach_digits + 1)
        )
        down = (row - layout.reach_rows) * layout.row_pitch_m
        along = (place - layout.reach_digits) * layout.digit_pitch_m - place_m
        across = (rail - rail[:, None]) * layout.rail_pitch_m
        distance = torch.hypot(across[:, :, None, None] + down[:, None], along)
        return coupling.by_distance(distance.clamp_min(1e-9))

    @property
    def reach_sum(self) -> float:
        """Largest phase that is to be set against, when all heaters are asked for one radian."""
        kernel = self.seen_kernel if self.layout.compensated else self.kernel
        return float(kernel.abs().sum((1, 2, 3)).max())

    def bound(self, asked_rad: float) -> float:
        """Largest change of the log field of a digit when no heater is asked for more."""
        given_rad = asked_rad
        if self.layout.compensated:
            given_rad = asked_rad / (1.0 - self.reach_sum)
        shifter = self.reach_sum * given_rad
        if self.switches is None:
            return shifter
        move = float(self.switch_kernel.sum((2, 3, 4)).max()) * given_rad
        # Two switches on each of two rails.
        return shifter + 4.0 * self.switches.bound(move)

    @cached_property
    def of_tiles(self) -> TileHeat:
        """This heat as plain numbers, for the drives of tiles."""
        return TileHeat(
            kernel=self.kernel,
            seen_kernel=self.seen_kernel if self.layout.compensated else None,
            switch_kernel=None if self.switches is None else self.switch_kernel,
            seen_slope_rad=0.0 if self.switches is None else self.switches.seen_slope_rad,
            misjudged=None if self.error is None else self._misjudgement,
            terms=self._terms,
        )

    def thermal_shift(self, drive_rad: Tensor, unit: Tensor | int) -> ThermalShift:
        """What heat adds to tiles of drives; see :meth:`TileHeat.thermal_shift`."""
        return self.of_tiles.thermal_shift(drive_rad, unit)

    @property
    def _terms(self) -> int:
        """Terms of the series of K̂⁻¹; each is smaller by the summed coupling."""
        return math.ceil(math.log(_NEGLIGIBLE) / math.log(max(self.reach_sum, _NEGLIGIBLE)))

    @cached_property
    def _misjudgement(self) -> Tensor:
        """Coupling that is taken to be there and is not, by rail and neighbour (U, S, T, R·P).

        T is unfolded into the rail, the row and the place that the heat comes from.  What a heater
        gives its own digit, its calibrated efficiency holds.
        """
        assert self.error is not None
        seen = _without_own(self.seen_kernel)
        by_neighbour: Tensor = self.error.unflatten(2, seen.shape[1:4])
        if seen.ndim == 4:
            return seen[..., None] * by_neighbour
        each: Tensor = seen * by_neighbour.unflatten(-1, (-1, seen.shape[-1]))
        return each.flatten(-2)


def _without_own(kernel: Tensor) -> Tensor:
    """A kernel without the heater of the shifter itself."""
    own = torch.zeros(kernel.shape[:4], dtype=torch.bool)
    own[(0, 1), (0, 1), kernel.shape[2] // 2, kernel.shape[3] // 2] = True
    return kernel.masked_fill(own if kernel.ndim == 4 else own[..., None, None], 0.0)
