"""The floor under the noise: what leaks and static errors alone do to the phase."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch

from circuits.analysis.optical_errors import Workload
from circuits.chip.chip import Chip
from circuits.chip.compiling import digit_tables
from circuits.coding.phase_code import drive_level


@dataclass(frozen=True)
class Floor:
    """Phase deviations without any noise, over data and rows.

    Attributes:
        rms_rad: root mean square.
        worst_rad: largest.
        wrong: share of the readings that this alone decides wrongly.
        half_cell_rad: deviation from which on a reading is wrong.
    """

    rms_rad: float
    worst_rad: float
    wrong: float
    half_cell_rad: float


def systematic_floor(chip: Chip, modulus: int, work: Workload) -> Floor:
    """Floor of one modulus of a chip for a workload.

    The deviation is that of the phase between the rails from 2π/m times the dot product, as the
    chip's digits give it, within ±π.
    """
    digits = digit_tables(chip.arrays(modulus))
    row = torch.arange(work.drives.shape[1])
    code = chip.design.multiplier.code(modulus)
    bits = code.digits(work.streamed.long()).flatten(-2).float()
    unit = work.unit[:, None].expand(-1, len(row))
    tables = digits.select(unit, row, drive_level(work.drives, modulus))
    deviation = digits.respond(bits[None], *tables)[2].double()
    deviation = torch.remainder(deviation + math.pi, 2 * math.pi) - math.pi
    half_cell = math.pi / modulus
    return Floor(
        rms_rad=float(deviation.square().mean().sqrt()),
        worst_rad=float(deviation.abs().max()),
        wrong=float((deviation.abs() > half_cell).double().mean()),
        half_cell_rad=half_cell,
    )
