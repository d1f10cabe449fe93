r"""Heat of whole tiles as plain numbers: what their drives do to shifters and rings.

With K the coupling of the heaters, K̂ what the controller takes it for, and φ the phases that are
asked for, each heater gives ``p = K̂⁻¹ φ`` by itself (or p = φ where nothing is compensated); the
shifters then err by ``K p - φ``, and resonances move in proportion to p.  Where these numbers come
from is told in :mod:`circuits.optics.heat`.

Legend of shapes: U unit, R row, J multiplier, D digit, P = J·D place along a row, S rail, E ring of
a digit, T neighbour (rail, rows and places away); ``...`` tiles.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor


class ThermalShift(NamedTuple):
    """What the heaters of whole tiles do beside what they are asked for.

    Attributes:
        shifter_rad: phase of every shifter beyond the one asked of it, (..., D, S).
        ring_m: shift of every resonance, (..., D, S, E); none where rings stay cold.
    """

    shifter_rad: Tensor
    ring_m: Tensor | None

    def apply(self, function: Callable[[Tensor], Tensor]) -> ThermalShift:
        """That of some places: a function of tensors that works on the leading axes."""
        ring_m = None if self.ring_m is None else function(self.ring_m)
        return ThermalShift(function(self.shifter_rad), ring_m)


@dataclass(frozen=True)
class TileHeat:
    """Coupling of the heaters of one modulus, as convolutions over the lattice of an array.

    Attributes:
        kernel: κ by rail to, rail from, rows and places away, own heater 0: (S, S, y, x).
        seen_kernel: coupling that drives are set against, alike; none where they are not.
        ring_kernel: shift of resonances in m per phase of heaters, (E, S, S, y, x); none where
            rings stay cold.
        seen_rad_per_m: phase of a digit that the controller lays to a shift of either ring.
        misjudged: coupling that the controller takes to be there and is not, by rail and neighbour,
            (U, S, S, y, x, R·P); none where it knows all.
        terms: of the series of K̂⁻¹.
    """

    kernel: Tensor
    seen_kernel: Tensor | None
    ring_kernel: Tensor | None
    seen_rad_per_m: float
    misjudged: Tensor | None
    terms: int

    def thermal_shift(self, drive_rad: Tensor, unit: Tensor | int) -> ThermalShift:
        """What heat adds to tiles of drives, (..., R, J, D, S).

        Args:
            drive_rad: phase that each shifter is asked for.
            unit: which array each tile is on, (...).
        """
        shape = drive_rad.shape
        rows, places = shape[-4], shape[-3] * shape[-2]
        asked = drive_rad.movedim(-1, -4).reshape(-1, 2, rows, places)
        given = asked
        if self.seen_kernel is None:
            added = self._from(self.kernel, asked)
        else:
            array = torch.as_tensor(unit).expand(shape[:-4]).reshape(-1)
            for _ in range(self.terms):
                seen = self._from(self.seen_kernel, given)
                given = asked - seen - self._misjudged(given, array)
            added = -self._misjudged(given, array)

        def back(found: Tensor) -> Tensor:
            """(n, S, R, P, ...) to (..., R, J, D, S, ...)."""
            found = found.unflatten(3, shape[-3:-1]).movedim(1, 4)
            return found.reshape(*shape[:-4], *found.shape[1:])

        if self.ring_kernel is None:
            return ThermalShift(back(added), None)
        shift_m = self._shift_m(given)
        if self.seen_kernel is not None:
            added = added - self.seen_rad_per_m * shift_m.sum(-1)
        return ThermalShift(back(added), back(shift_m))

    def _from(self, kernel: Tensor, given: Tensor) -> Tensor:
        """What heaters give by a kernel, (n, S, R, P)."""
        return F.conv2d(given, kernel, padding=self._reach)

    @property
    def _reach(self) -> tuple[int, int]:
        """Rows and places away that are counted."""
        return self.kernel.shape[2] // 2, self.kernel.shape[3] // 2

    def _shift_m(self, given: Tensor) -> Tensor:
        """Shift of resonances, (n, S, R, P, E)."""
        assert self.ring_kernel is not None
        return torch.stack([self._from(kernel, given) for kernel in self.ring_kernel], dim=-1)

    def _misjudged(self, given: Tensor, unit: Tensor) -> Tensor:
        """What the controller takes it for beyond what it is, (n, S, R, P)."""
        misjudged = torch.zeros_like(given)
        if self.misjudged is None:
            return misjudged
        down, along = self._reach
        around = F.pad(given, (along, along, down, down))
        rows, places = given.shape[-2:]
        for array in unit.unique().tolist():
            tiles = (unit == array).nonzero().squeeze(1)
            near, total = around[tiles], misjudged[tiles]
            for rail, share in enumerate(self.misjudged[array]):
                for (source, y, x), weight in _neighbours(share):
                    seen = near[:, source, y : y + rows, x : x + places]
                    total[:, rail].addcmul_(seen, weight.view(rows, places))
            misjudged[tiles] = total
        return misjudged


def _neighbours(share: Tensor) -> Iterator[tuple[tuple[int, int, int], Tensor]]:
    """Rail, row and place of every neighbour, and its part in a tensor (S, y, x, R·P)."""
    rails, rows, places = share.shape[:3]
    for source, y, x in itertools.product(range(rails), range(rows), range(places)):
        yield (source, y, x), share[source, y, x]
