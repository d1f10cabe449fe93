"""The floor under the noise: what leaks and static errors alone do to the phase."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from circuits.chip.compiling import digit_tables
from circuits.coding.array_shape import ArrayShape
from circuits.coding.phase_code import drive_level
from circuits.control.bring_up import bring_up
from mirage_core.machine.config import MachineConfig
from mirage_core.machine.loading import load_machine
from photonics.random import NoiseKey

_ROWS = 16
_VECTORS = 2000


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


def systematic_floor(machine: MachineConfig, modulus: int, streamed: Tensor) -> Floor:
    """Floor of one modulus for streamed mantissas (vectors, J) against random drives.

    One array of a machine's calibrated chip, on what is streamed first; the drives are uniform
    mantissas.
    """
    length = machine.bfp.group_size
    shape = ArrayShape(units=1, rows=_ROWS, length=length)
    chip = bring_up(machine.design, (modulus,), shape, machine.chip_seed)
    planes = digit_tables(chip.arrays(modulus))
    top = machine.bfp.max_mantissa
    uniform = NoiseKey.from_seed(0).fold("floor").uniform(0, _ROWS * length)
    drives = (uniform * (2 * top + 1)).long().view(1, _ROWS, length) - top
    row = torch.arange(_ROWS)
    bits = (
        machine.design.multiplier.code(modulus)
        .digits(streamed[:_VECTORS].long())
        .flatten(-2)
        .float()
    )
    tables = planes.select(torch.zeros_like(row)[None], row, drive_level(drives, modulus))
    deviation = planes.respond(bits[None], *tables)[2].double()
    deviation = torch.remainder(deviation + math.pi, 2 * math.pi) - math.pi
    half_cell = math.pi / modulus
    return Floor(
        rms_rad=float(deviation.square().mean().sqrt()),
        worst_rad=float(deviation.abs().max()),
        wrong=float((deviation.abs() > half_cell).double().mean()),
        half_cell_rad=half_cell,
    )


def with_published_multiplier(machine: MachineConfig) -> MachineConfig:
    """The machine with the impairments of the paper's multipliers switched on."""
    published = load_machine("isca2024").design.multiplier
    return machine.changed({"multiplier": published})
