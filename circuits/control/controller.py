"""What calibrates a chip: a controller, and what its result must be like."""

from __future__ import annotations

import math
from typing import Protocol

from circuits.chip.chip import Chip
from circuits.chip.trims import Trims
from circuits.coding.phase_code import level_angle_rad
from circuits.control.probe_choice import UNWRAPPED_RAD
from circuits.control.report import ArraysReport, CalibrationReport
from photonics.errors import InputError
from photonics.random import NoiseKey

# Variance of the readings about the fit, over the expected one, that goes without saying ...
MOST_MISFIT = 4.0
# ... and, of half the angle between residues, what they may scatter beyond it whatever is expected,
# all together and those of one row: rows differ by their leaks, which no trim takes out,
_MOST_UNEXPLAINED, _MOST_UNEXPLAINED_ROW = 0.1, 0.2
# and what a trimmer may fall short of its setting beside its step.
_MOST_SHORT = 0.05
# Phase noise of readings up to which they are about as good as their linear fit takes them for.
_MOST_READING_RAD = 0.5


class CalibrationError(InputError):
    """A chip that calibration refuses: other chips of the same design may do."""


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
        CalibrationError: where readings are too dark, where drives err too much to be read, where
            trimmers end at their range, short of what they should give, or where readings scatter
            by more than what the design expects.
    """
    plan = chip.design.calibration
    if plan.accept == "any":
        return
    for arrays in report.arrays.values():
        _check_light(chip, arrays)
        _check_drives(chip, arrays)
        _check_range(chip, arrays)
        unit, row = arrays.worst_row
        _check_fit(arrays, arrays.misfit, _MOST_UNEXPLAINED, "")
        where = f" of row {row} of unit {unit}"
        _check_fit(arrays, arrays.worst_misfit, _MOST_UNEXPLAINED_ROW, where)


def _check_light(chip: Chip, arrays: ArraysReport) -> None:
    """Refuse readings so dark that their phases tell nothing, for then the fit knows nothing."""
    if arrays.reading_rad > _MOST_READING_RAD:
        raise CalibrationError(
            "laser.power_w",
            chip.design.row_power_w(arrays.modulus),
            f"readings modulo {arrays.modulus} err by {arrays.reading_rad:.2g} rad rms, and "
            f"{_MOST_READING_RAD:g} rad is the most",
            "raise it, lower losses, or set calibration.accept=any",
        )


def _check_drives(chip: Chip, arrays: ArraysReport) -> None:
    """Refuse drives that were left as made: readings at rest fit, and tell nothing of them."""
    if arrays.beyond_rad > 0.0:
        raise CalibrationError(
            "multiplier.drive_gain_rms",
            chip.design.multiplier.drive_gain_rms,
            f"readings modulo {arrays.modulus} at the least drives may err by "
            f"{arrays.beyond_rad:.2g} rad, and {UNWRAPPED_RAD:.2g} rad is the most",
            "lower it, that of shifters or of converters, or set calibration.accept=any",
        )


def _check_fit(arrays: ArraysReport, misfit: float, most: float, where: str) -> None:
    most_rad = most * level_angle_rad(arrays.modulus) / 2.0
    beyond_rad = arrays.unexplained_rad(misfit)
    if misfit > MOST_MISFIT and beyond_rad > most_rad:
        raise CalibrationError(
            "calibration.accept",
            "good",
            f"readings modulo {arrays.modulus}{where} scatter {math.sqrt(misfit):.3g} times more "
            f"than the design expects, by {beyond_rad:.2g} rad, and {math.sqrt(MOST_MISFIT):g} "
            f"times or {most_rad:.2g} rad are the most",
            "lower leaks, heat or flaws that no trim takes out, or set calibration.accept=any",
        )


def _check_range(chip: Chip, arrays: ArraysReport) -> None:
    trimmer = chip.design.calibration.trimmer
    most_rad = max(trimmer.lsb_rad, _MOST_SHORT * level_angle_rad(arrays.modulus) / 2.0)
    if arrays.short_rad > most_rad:
        raise CalibrationError(
            "calibration.trimmer.range_rad",
            trimmer.range_rad,
            f"trimmers modulo {arrays.modulus} end up to {arrays.short_rad:.2g} rad short of what "
            f"they should give, and {most_rad:.2g} rad is the most",
            "widen it to a turn and a tenth (7), or set calibration.accept=any",
        )
