"""Trims that a controller comes to on a chip, without the readings by which it finds them.

Static phases of digits are small and of either sign, and no trimmer cools.  A digit that lags by
little is set a little above zero or, as most of the room in the range lies below, a turn above
that; one that leads is set just below a turn.  So nearly all trims of a good chip lie near a whole
turn, not evenly over it, and their power follows.
"""

from __future__ import annotations

import torch

from circuits.chip.chip import Chip
from circuits.chip.trims import Trims
from circuits.control.estimate import Unknowns
from circuits.control.report import Residual
from circuits.control.trim_controller import TrimController
from circuits.receiver.by_design import gain_control


def expected_trims(chip: Chip, modulus: int) -> Trims:
    """Trims of the arrays of one modulus, set by the controller's rule from the true phases.

    Phases of digits, rows and hybrids; what takes no heater is left as it is.  A controller that
    reads too noisily to find the phases, as with the paper's light, scatters its trims instead.

    Args:
        chip: as fabricated.
        modulus: which arrays.
    """
    arrays, length = chip.arrays(modulus), chip.shape.length
    gain = gain_control(chip.design, modulus, length)
    found, unknowns = Residual.of(arrays, gain), Unknowns(arrays.optics, length)
    controller = TrimController(chip, modulus, unknowns)
    nothing = torch.zeros_like(found.offset.flatten(0, 1))
    controller.receiver(nothing[..., 0] + 1.0, nothing, found.quadrature_rad.flatten())
    mean = torch.zeros(unknowns.count, found.row_rad.numel(), dtype=torch.float64)
    mean[unknowns.digits] = found.digit_rad.flatten(2).flatten(0, 1).T
    mean[unknowns.row] = found.row_rad.flatten()
    controller.place_known(mean)
    return controller.trims
