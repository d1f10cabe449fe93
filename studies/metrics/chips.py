"""What fabrication and calibration make of a design: one chip at a time."""

from __future__ import annotations

from circuits.control.cost import TrimmerCost
from circuits.control.report import Residual
from circuits.receiver.by_design import gain_control
from studies.metrics.errors import worst_row_error_rate_predicted
from studies.metrics.evaluation import Evaluation
from studies.metrics.registry import metric


@metric(
    "usable",
    "",
    "1 for a chip all of whose rows meet target_error_rate, 0 for one that calibration refuses: "
    "its mean is the yield",
    "share",
    refused=0.0,
)
def usable(at: Evaluation) -> float:
    """Calibrated, drifted and tracked, as it is looked at."""
    return float(worst_row_error_rate_predicted(at) <= at.conditions.target_error_rate)


@metric("residual_digit_rad", "rad", "rms phase that calibration leaves on a digit", "log")
def residual_digit_rad(at: Evaluation) -> float:
    """Of the modulus that fares worst; what no controller sees."""
    return max(left.rms()["digit_rad"] for left in _residuals(at))


@metric("residual_drive", "", "rms relative error that calibration leaves on a drive", "log")
def residual_drive(at: Evaluation) -> float:
    """Of the modulus that fares worst; what no controller sees."""
    return max(max(left.rms()["drive"], 1e-12) for left in _residuals(at))


def _residuals(at: Evaluation) -> list[Residual]:
    chip = at.chip
    length = chip.shape.length
    return [Residual.of(chip.arrays(m), gain_control(chip.design, m, length)) for m in chip.moduli]


@metric("trimmers_total_w", "W", "power of all trimmers of the machine, of phases and of switches")
def trimmers_total_w(at: Evaluation) -> float:
    """As set on the rows that are looked at, times all rows; switches by their expected power."""
    chip = at.chip
    looked = chip.shape.units * chip.shape.rows
    scale = at.machine.array.units * at.machine.array.rows / looked
    phases_w = TrimmerCost.of_chip(chip).power_w
    switches_w = chip.design.multiplier.switch.trimmer_power_w(chip.switch_count)
    return scale * (phases_w + switches_w)
