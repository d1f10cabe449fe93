"""Measured drive curve of a phase shifter: a monotone table, interpolated, inverted exactly.

::

    response ▲          ·
             │       ·          monotone cubic (Fritsch-Carlson) through the points:
             │   ·              no overshoot, continuous slope, one drive for each response
             └──────────► drive
"""

from __future__ import annotations

from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import model_validator
from torch import Tensor

from devices.parameters.part import Part, quantity
from photonics.errors import InputError

if TYPE_CHECKING:
    from scipy.interpolate import PchipInterpolator

_EDGE = 1e-12


class DriveCurve(Part):
    """Response of a shifter against its drive, both strictly increasing.

    The unit of the drive is that of the shifter that uses the curve; the response is in any
    unit, since shifters use it relative to its value at their largest drive.
    """

    drive: tuple[float, ...] = quantity(
        ..., "drives at which the response is known", source="measurement or simulation"
    )
    response: tuple[float, ...] = quantity(
        ..., "response at those drives", source="measurement or simulation"
    )

    @model_validator(mode="after")
    def _strictly_increasing(self) -> DriveCurve:
        if len(self.drive) != len(self.response) or len(self.drive) < 3:
            found = (len(self.drive), len(self.response))
            raise InputError("drive, response", found, "must be two lists of one length, 3 or more")
        for name, values in (("drive", self.drive), ("response", self.response)):
            for i, (before, after) in enumerate(pairwise(values)):
                if after <= before:
                    raise InputError(
                        f"{name}[{i + 1}]",
                        after,
                        f"must be above {name}[{i}] = {before}",
                        "sort the table, and average repeated points; use one side of a pull-in",
                    )
        return self

    @cached_property
    def _interpolant(self) -> PchipInterpolator:
        from scipy.interpolate import PchipInterpolator

        return PchipInterpolator(self.drive, self.response)

    def at(self, drive: Tensor | float) -> Tensor:
        """Response at a drive within the table; float64 of the same shape.

        Raises:
            InputError: outside the table.
        """
        x = in_range("drive", drive, self.drive[0], self.drive[-1])
        return torch.from_numpy(np.asarray(self._interpolant(x.numpy())))

    def inverse(self, response: Tensor | float) -> Tensor:
        """Drive at which the *interpolated* curve has a response; float64 of the same shape.

        Found between two points of the table, to rounding; interpolating the swapped table would
        be another curve.

        Raises:
            InputError: outside the table.
        """
        from scipy.optimize.elementwise import find_root

        y = in_range("response", response, self.response[0], self.response[-1]).numpy()
        points: NDArray[np.float64] = np.asarray(self.drive)
        segment = np.searchsorted(np.asarray(self.response), y, side="right") - 1
        segment = np.clip(segment, 0, len(self.drive) - 2)
        between = points[segment], points[segment + 1]
        found = find_root(lambda x, wanted: self._interpolant(x) - wanted, between, args=(y,))
        return torch.from_numpy(np.asarray(found.x))


def in_range(
    field: str, value: Tensor | float, low: float, high: float, remedy: str = ""
) -> Tensor:
    """A drive or phase as float64, refused outside ``low ... high``.

    Rounding beyond an edge (one part in 1e12 of the range) is put back on the edge.

    Raises:
        InputError: naming the worst element.
    """
    x = torch.as_tensor(value, dtype=torch.float64)
    slack = _EDGE * (high - low)
    bad = ~((x >= low - slack) & (x <= high + slack))
    if bool(bad.any()):
        worst = float(x[bad].flatten()[0])
        raise InputError(field, worst, f"must lie between {low:.6g} and {high:.6g}", remedy)
    return x.clamp(low, high)
