"""The floor under the noise: what leaks and static errors alone do to the phase."""

from __future__ import annotations

import math
from dataclasses import dataclass

from circuits.analysis.workload import Light, Workload, wrapped
from circuits.coding.phase_code import level_angle_rad
from circuits.compiled.arrays import CompiledArrays


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


def systematic_floor(arrays: CompiledArrays, work: Workload) -> Floor:
    """Floor of the arrays of one modulus of a compiled chip for a workload.

    The deviation is that of the phase between the rails from 2π/m times the dot product, within
    ±π.

    Raises:
        InputError: if the workload does not fit the arrays.
    """
    ideal_rad = level_angle_rad(arrays.modulus) * work.residue(arrays.modulus)
    deviation = wrapped(Light.read(arrays, work).phase_rad - ideal_rad)
    half_cell = math.pi / arrays.modulus
    return Floor(
        rms_rad=float(deviation.square().mean().sqrt()),
        worst_rad=float(deviation.abs().max()),
        wrong=float((deviation.abs() > half_cell).double().mean()),
        half_cell_rad=half_cell,
    )
