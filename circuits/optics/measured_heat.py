r"""Coupling of the heaters of an array as it was measured: the kernel in it, and whether it fits.

A stencil is a kernel already, seen from the heater where a kernel sees from the shifter:
``κ(d) = stencil(-d)``.  The matrix K of one row becomes a kernel that differs from place to place:
``κ_p(d) = K[p, p + d] / K[p + d, p + d]``, none where the row ends.

Legend of shapes: S rail, y rows and x places away, P place along a row.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from circuits.design.heat_layout import HeatLayout
from circuits.optics.digit import DigitOptics
from photonics.errors import InputError

_FIELD = "multiplier.heat.coupling"


def measured_kernel(layout: HeatLayout, rails: int) -> Tensor | None:
    """κ by rail to, rail from, rows and places away; none where a law gives it.

    The heater of the shifter itself is in the middle, at 1.

    Args:
        layout: coupling that fits the array, see :func:`require_fit`.
        rails: that have multipliers; a second one has no heaters, whose κ is 0.

    Returns:
        (S, S, y, x) of a stencil, (S, S, 1, 2 P - 1, 1, P) of a row.
    """
    coupling = layout.coupling
    if coupling is None or coupling.law is not None:
        return None
    if coupling.stencil is not None:
        of_heater = _by_heater(coupling.stencil, rails)
        middle = of_heater.shape[1] // 2
        counted = slice(middle - layout.reach_rows, middle + layout.reach_rows + 1)
        seen = (of_heater / _own(of_heater)).flip(1, 3)[:, counted].permute(2, 0, 1, 3)
        return F.pad(seen, (0, 0, 0, 0, 0, 2 - rails, 0, 2 - rails))
    matrix = torch.tensor(coupling.measured, dtype=torch.float64)
    places = len(matrix) // rails
    by_place = (matrix / matrix.diagonal()).view(rails, places, rails, places)
    # Of shifter p, window p of the heaters, which reach as far beyond the row as it is long.
    windows = F.pad(by_place, (places - 1, places - 1)).unfold(3, 2 * places - 1, 1)
    kernel = windows.diagonal(dim1=1, dim2=3)[:, :, None, :, None]
    return F.pad(kernel, (0, 0, 0, 0, 0, 0, 0, 0, 0, 2 - rails, 0, 2 - rails))


def require_fit(optics: DigitOptics, length: int) -> None:
    """Refuse what was measured on heaters that are not those of an array.

    Args:
        optics: of its digits.
        length: multipliers in a row.

    Raises:
        InputError: naming what was measured and what the array has.
    """
    layout, rails = optics.design.heat, optics.design.multiplied_rails
    coupling = layout.coupling
    if coupling is not None and coupling.measured is not None:
        digits = optics.code.count
        if len(coupling.measured) != rails * length * digits:
            raise InputError(
                f"{_FIELD}.measured",
                f"{len(coupling.measured)} heaters",
                f"must be the {rails * length * digits} of a row of modulus {optics.modulus}: "
                f"{rails} rails of {length} multipliers of {digits} digits",
                "measure such a row, take moduli and an encoding of as many digits, or a stencil",
            )
    if coupling is not None and coupling.stencil is not None:
        _require_stencil(layout, coupling.stencil, rails)


def _require_stencil(
    layout: HeatLayout, stencil: tuple[tuple[float, ...], ...], rails: int
) -> None:
    field, lines, columns = f"{_FIELD}.stencil", len(stencil), len(stencil[0])
    rows = lines // rails**2
    if lines % rails**2 or rows % 2 == 0 or columns % 2 == 0:
        raise InputError(
            field,
            f"{lines} lines of {columns}",
            f"must be {rails**2} times an odd number of rows, and an odd number of places",
            "put the heater into the middle",
        )
    # Rows that do not warm each other are rows of which none is counted.
    if columns != 2 * layout.reach_digits + 1 or layout.reach_rows not in (0, rows // 2):
        raise InputError(
            field,
            f"{lines} lines of {columns}",
            f"must be {rails**2 * (2 * layout.reach_rows + 1)} lines of "
            f"{2 * layout.reach_digits + 1}, {rails**2} for each row within reach_rows = "
            f"{layout.reach_rows} and one column for each place within reach_digits = "
            f"{layout.reach_digits}",
            f"set reach_rows to {rows // 2} and reach_digits to {columns // 2}",
        )
    of_heater = _by_heater(stencil, rails)
    own = _own(of_heater)
    as_strong = (of_heater >= own).sum((1, 2, 3)) > 1
    for rail in range(rails):
        if bool(as_strong[rail]):
            line = rail * rows * rails + rows // 2 * rails + rail
            raise InputError(
                f"{field}[{line}, {columns // 2}]",
                float(own[rail]),
                "is what a heater does to its own shifter, and must be above all that it does "
                "to others",
                "see multiplier.heat for the order of the lines",
            )


def _by_heater(stencil: tuple[tuple[float, ...], ...], rails: int) -> Tensor:
    """A stencil by rail from, rows away, rail to and places away."""
    lines = torch.tensor(stencil, dtype=torch.float64)
    return lines.view(rails, -1, rails, lines.shape[1])


def _own(of_heater: Tensor) -> Tensor:
    """What each heater does to its own shifter, (S, 1, 1, 1)."""
    rail = torch.arange(len(of_heater))
    own = of_heater[rail, of_heater.shape[1] // 2, rail, of_heater.shape[3] // 2]
    return own[:, None, None, None]
