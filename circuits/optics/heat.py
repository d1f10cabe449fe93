r"""Heat of the shifters of one array: phases and resonances that depend on a tile's drives.

Heaters at equal pitches couple alike everywhere, so the coupling matrix K is a convolution over
the lattice of shifters: ``(K φ)_i = φ_i + Σ_d κ(d) φ_{i+d}``, with φ_i the phase that heater i is
asked for.  A controller that knows the coupling solves ``K̂ p = φ`` for what each heater has to
give by itself; the shifters then err by ``K p - φ = (K - K̂) p``.  Heaters that swing about a
common bias obey the same law: the bias is a static phase, and calibrated.

Heaters warm rings too (:mod:`circuits.optics.ring_heat`).  What their resonances turn the light
of a digit is more of the same coupling to first order, so the controller's K̂ holds it as well; K,
which works on the shifters alone, does not.  What a shift of a resonance does beyond the first
order, to the amplitude above all, no drive takes back.

Legend of shapes: U unit, R row, J multiplier, D digit, P = J·D place along a row, S rail, E ring of
a digit, T neighbour (rail, rows and places away); ``...`` tiles.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from circuits.design.heat_layout import HeatLayout
from circuits.optics.ring_heat import RingHeat
from circuits.optics.tile_heat import ThermalShift, TileHeat
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
        rings: what heat does to rings; none where it does not reach them.
    """

    layout: HeatLayout
    error: Tensor | None
    rings: RingHeat | None

    @classmethod
    def as_designed(cls, layout: HeatLayout, rings: RingHeat | None) -> ArrayHeat | None:
        """Heaters whose controller knows all of their coupling; none where there are none.

        Args:
            layout: pitches and coupling.
            rings: what heat does to rings; none where it does not reach them.

        Raises:
            InputError: if they couple so strongly that they cannot be set against each other.
        """
        if layout.coupling is None:
            return None
        plain = cls(layout, None, rings)
        if plain.reach_sum >= 1.0:
            raise InputError(
                "multiplier.heat.coupling",
                f"{plain.reach_sum:.3g} in all",
                "neighbours, and all heaters by way of the rings, must turn the light of a digit "
                "less than its own heater does",
                "weaken the coupling, widen the pitches or lower ring_share",
            )
        return plain

    @classmethod
    def fabricate(
        cls,
        layout: HeatLayout,
        rings: RingHeat | None,
        size: tuple[int, int, int],
        key: NoiseKey,
    ) -> ArrayHeat | None:
        """Heaters of arrays; none where shifters are not heaters.

        Args:
            layout: pitches and coupling.
            rings: what heat does to rings; none where it does not reach them.
            size: arrays, rows of each, and places along a row.
            key: names the draw.

        Raises:
            InputError: as :meth:`as_designed`.
        """
        plain = cls.as_designed(layout, rings)
        if plain is None or not (layout.compensated and layout.coupling_error_rms):
            return plain
        units, rows, places = size
        shape = (units, 2, plain.kernel[0].numel(), rows * places)
        draw = key.normal(0, torch.Size(shape).numel()).reshape(shape)
        return cls(layout, layout.coupling_error_rms * draw, rings)

    @cached_property
    def kernel(self) -> Tensor:
        """κ by rail to, rail from, rows and places away: (S, S, 2 reach + 1, 2 reach + 1)."""
        return self._coupling(0.0).masked_fill(self._own, 0.0)

    @cached_property
    def ring_kernel(self) -> Tensor:
        """Shift of resonances in m per phase of heaters, (E, S, S, 2 reach + 1, 2 reach + 1)."""
        assert self.rings is not None
        side_m = self.layout.ring_distance_m
        # The ring that light enters by lies before its shifter, the other one behind it.
        each = torch.stack([self._coupling(place_m) for place_m in (-side_m, side_m)])
        return self.rings.shift_m_per_rad * each

    @cached_property
    def seen_kernel(self) -> Tensor:
        """Phase of a digit per phase of heaters, beside what its own gives its shifter: as κ."""
        if self.rings is None:
            return self.kernel
        return self.kernel + self.rings.seen_rad_per_m * self.ring_kernel.sum(0)

    def _coupling(self, place_m: float) -> Tensor:
        """κ at points beside shifters, a way along the row from each: of the kernel's shape."""
        layout = self.layout
        assert layout.coupling is not None
        rail, row, place = (
            torch.arange(n, dtype=torch.float64)
            for n in (2, 2 * layout.reach_rows + 1, 2 * layout.reach_digits + 1)
        )
        down = (row - layout.reach_rows) * layout.row_pitch_m
        along = (place - layout.reach_digits) * layout.digit_pitch_m - place_m
        across = (rail - rail[:, None]) * layout.rail_pitch_m
        distance = torch.hypot(across[:, :, None, None] + down[:, None], along)
        coupling = layout.coupling.law.coupling(distance.clamp_min(1e-9))
        return coupling + layout.coupling.global_coupling

    @property
    def _own(self) -> Tensor:
        """Where a kernel has the heater of the shifter itself, bool of its shape."""
        rows, places = 2 * self.layout.reach_rows + 1, 2 * self.layout.reach_digits + 1
        own = torch.zeros(2, 2, rows, places, dtype=torch.bool)
        own[(0, 1), (0, 1), self.layout.reach_rows, self.layout.reach_digits] = True
        return own

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
        if self.rings is None:
            return shifter
        shift_m = float(self.ring_kernel.sum((2, 3, 4)).max()) * given_rad
        # Two rings on each of two rails.
        return shifter + 4.0 * self.rings.bound(shift_m)

    @cached_property
    def of_tiles(self) -> TileHeat:
        """This heat as plain numbers, for the drives of tiles."""
        return TileHeat(
            kernel=self.kernel,
            seen_kernel=self.seen_kernel if self.layout.compensated else None,
            ring_kernel=None if self.rings is None else self.ring_kernel,
            seen_rad_per_m=0.0 if self.rings is None else self.rings.seen_rad_per_m,
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
        by_place: Tensor = self.error.unflatten(2, self.kernel.shape[1:])
        misjudged: Tensor = self.seen_kernel.masked_fill(self._own, 0.0)[..., None] * by_place
        return misjudged
