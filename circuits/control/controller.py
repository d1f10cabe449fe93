"""What calibrates a chip: a controller, and what its result must be like."""

from __future__ import annotations

import math
from typing import Protocol

from circuits.chip.chip import Chip
from circuits.chip.trims import Trims
from circuits.coding.phase_code import level_angle_rad
from circuits.control.report import ArraysReport, CalibrationReport
from photonics.errors import InputError
from photonics.random import NoiseKey

# Variance of the readings about the fit, over the expected one, that goes without saying ...
MOST_MISFIT = 4.0
# ... and, of half the angle between residues, what they may scatter beyond it whatever is expected,
_MOST_UNEXPLAINED = 0.1
# and what a trimmer may fall short of its setting beside its step.
_MOST_SHORT = 0.05


class Controller(Protocol):
    """Finds out what is wrong with a chip, and sets its trims."""

    def calibrate(self, chip: Chip, key: NoiseKey) -> tuple[dict[int, Trims], CalibrationReport]:
        """Trims for every modulus, and what was done.

        Args:
            chip: raw; all that a controller of a real one could do is stream, load, set and read.
            key: of all that is random.
        """
        ...


def check_calibration(chip: Chip, report: CalibrationReport) -> None:
    """Refuse a calibration that does not do what it should, unless the design accepts any.

    Raises:
        InputError: where trimmers end at their range, short of what they should give, or readings
            scatter by more than what the design expects.
    """
    plan = chip.design.calibration
    if plan.accept == "any":
        return
    for modulus, arrays in report.arrays.items():
        _check_range(chip, arrays)
        half_rad = level_angle_rad(modulus) / 2.0
        most_rad = _MOST_UNEXPLAINED * half_rad
        if arrays.misfit > MOST_MISFIT and arrays.unexplained_rad > most_rad:
            raise InputError(
                "calibration.accept",
                plan.accept,
                f"readings modulo {modulus} scatter {math.sqrt(arrays.misfit):.3g} times more than "
                f"the design expects, by {arrays.unexplained_rad:.2g} rad, and "
                f"{math.sqrt(MOST_MISFIT):g} times or {most_rad:.2g} rad are the most",
                "lower leaks, heat or flaws that no trim takes out, or set calibration.accept=any",
            )


def _check_range(chip: Chip, arrays: ArraysReport) -> None:
    trimmer = chip.design.calibration.trimmer
    most_rad = max(trimmer.lsb_rad, _MOST_SHORT * level_angle_rad(arrays.modulus) / 2.0)
    if arrays.short_rad > most_rad:
        raise InputError(
            "calibration.trimmer.range_rad",
            trimmer.range_rad,
            f"trimmers modulo {arrays.modulus} end up to {arrays.short_rad:.2g} rad short of what "
            f"they should give, and {most_rad:.2g} rad is the most",
            "widen it to a turn and a tenth (7), or set calibration.accept=any",
        )
