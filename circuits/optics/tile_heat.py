r"""Heat of whole tiles as plain numbers: what their drives do to shifters and switches.

With K the coupling of the heaters, K̂ what the controller takes it for, and φ the phases that are
asked for, each heater gives ``p = K̂⁻¹ φ`` by itself (or p = φ where nothing is compensated); the
shifters then err by ``K p - φ``, and switches move in proportion to p.  Where these numbers come
from is told in :mod:`circuits.optics.heat`.

Legend of shapes: U unit, R row, J multiplier, D digit, P = J·D place along a row, S rail, E switch
of a digit, T neighbour (rail, rows and places away); ``...`` tiles.  Kernels of a row whose
places are unlike have two more axes, (..., y, x, 1, P).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor


class ThermalShift(NamedTuple):
    """What the heaters of whole tiles do beside what they are asked for.

    Attributes:
        shifter_rad: phase of every shifter beyond the one asked of it, (..., D, S).
        switch_offset: move of every switch, (..., D, S, E); none where they stay cold.
    """

    shifter_rad: Tensor
    switch_offset: Tensor | None

    def apply(self, function: Callable[[Tensor], Tensor]) -> ThermalShift:
        """Heat of some places: a function of tensors that works on the leading axes."""
        switch_offset = None if self.switch_offset is None else function(self.switch_offset)
        return ThermalShift(function(self.shifter_rad), switch_offset)


@dataclass(frozen=True)
class TileHeat:
    """Coupling of the heaters of one modulus, as convolutions over the lattice of an array.

    Attributes:
        kernel: κ by rail to, rail from, rows and places away, own heater 0: (S, S, y, x).
        seen_kernel: coupling that drives are set against, alike; none where they are not.
        switch_kernel: move of switches per phase of heaters, (E, S, S, y, x); none where they
            stay cold.
        seen_slope_rad: phase of a digit that the controller lays to a move of either switch.
        misjudged: coupling that the controller takes to be there and is not, by rail and neighbour,
            (U, S, S, y, x, R·P); none where it knows all.
        terms: of the series of K̂⁻¹.
    """

    kernel: Tensor
    seen_kernel: Tensor | None
    switch_kernel: Tensor | None
    seen_slope_rad: float
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
        given, added = asked, torch.empty_like(asked)
        if self.seen_kernel is None:
            added = self._from(self.kernel, asked)
        elif self.misjudged is None:
            given, added = self._compensated(asked, self.seen_kernel, None)
        else:
            given = torch.empty_like(asked)
            array = torch.as_tensor(unit).expand(shape[:-4]).reshape(-1)
            for number in array.unique().cpu().tolist():
                tiles = (array == number).nonzero().squeeze(1)
                misjudged = self.misjudged[number].unflatten(-1, (rows, places))
                seen = self.seen_kernel
                known = (seen if seen.ndim == 6 else seen[..., None, None]) + misjudged
                given[tiles], added[tiles] = self._compensated(asked[tiles], known, misjudged)

        def back(found: Tensor) -> Tensor:
            """(n, S, R, P, ...) to (..., R, J, D, S, ...)."""
            found = found.unflatten(3, shape[-3:-1]).movedim(1, 4)
            return found.reshape(*shape[:-4], *found.shape[1:])

        if self.switch_kernel is None:
            return ThermalShift(back(added), None)
        move = self._move(given)
        if self.seen_kernel is not None:
            added = added - self.seen_slope_rad * move.sum(-1)
        return ThermalShift(back(added), back(move))

    def _compensated(
        self, asked: Tensor, known: Tensor, misjudged: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        """What heaters give so as to be seen as asked, and what their shifters err by.

        Args:
            asked: phases, (n, S, R, P).
            known: coupling as the controller takes it to be, but for a heater's own.
            misjudged: how far that departs from what it is; none where it does not.
        """
        given = asked
        for _ in range(self.terms):
            given = asked - self._from(known, given)
        if misjudged is None:
            return given, torch.zeros_like(given)
        return given, self._from(misjudged, given).neg_()

    def _from(self, kernel: Tensor, given: Tensor) -> Tensor:
        """What heaters (n, S, R, P) give by a kernel, (n, A, R, P).

        Args:
            kernel: (A, S, y, x), or further (..., 1 or R, P) where no place is like another.
            given: phases of the heaters.
        """
        rows, places = given.shape[-2:]
        down, along = kernel.shape[2] // 2, kernel.shape[3] // 2
        around = F.pad(given, (along, along, down, down))
        total: Tensor = given.new_zeros(len(given), len(kernel), rows, places)
        # Sums of few terms over many places: convolutions of FP64 take thrice as long.
        for source, y, x in itertools.product(*(range(n) for n in kernel.shape[1:4])):
            if abs(y - down) >= rows or abs(x - along) >= places:
                continue  # beyond the array there is no heater
            near = around[:, source, None, y : y + rows, x : x + places]
            weight = kernel[:, source, y, x]
            total.addcmul_(near, weight if weight.ndim > 1 else weight[:, None, None])
        return total

    def _move(self, given: Tensor) -> Tensor:
        """Move of switches, (n, S, R, P, E)."""
        assert self.switch_kernel is not None
        switch, rail = self.switch_kernel.shape[:2]
        move = self._from(self.switch_kernel.flatten(0, 1), given)
        by_switch: Tensor = move.unflatten(1, (switch, rail)).movedim(1, -1)
        return by_switch
