"""A fabricated chip: static deviations that belong to physical positions and stay there.

Legend of shapes: U unit, R row, J multiplier in the row, D digit, S rail.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from circuits.design import Design
from circuits.hybrid import Hybrid
from circuits.multiplier import DigitStatics
from photonics.errors import InputError
from photonics.random import NoiseKey


@dataclass(frozen=True)
class ArrayShape:
    """Size of the modular arrays of a chip: units, rows in each, multipliers in a row."""

    units: int
    rows: int
    length: int

    def __post_init__(self) -> None:
        for name in ("units", "rows", "length"):
            if getattr(self, name) < 1:
                raise InputError(f"array.{name}", getattr(self, name), "must be at least 1")


@dataclass(frozen=True)
class Chip:
    """One fabricated and trimmed instance of a design, for a set of moduli.

    Attributes:
        design: what it was made from.
        shape: size of its arrays.
        statics: for each modulus, deviations of the digits, leading axes (U, R, J).
        hybrids: for each modulus, the hybrids of the receivers, leading axes (U, R).
    """

    design: Design
    shape: ArrayShape
    statics: dict[int, DigitStatics]
    hybrids: dict[int, Hybrid]


def fabricate(design: Design, moduli: tuple[int, ...], shape: ArrayShape, seed: int) -> Chip:
    """Make one chip: the same seed gives the same chip, whatever else was made before."""
    root = NoiseKey.from_seed(seed).fold("chip")
    statics = {m: _fabricate_lane(design, m, shape, root.fold(m)) for m in moduli}
    places = (shape.units, shape.rows)
    spread = design.receiver.hybrid
    hybrids = {m: Hybrid.fabricate(spread, places, root.fold(m, "hybrid")) for m in moduli}
    return Chip(design, shape, statics, hybrids)


def _fabricate_lane(design: Design, modulus: int, shape: ArrayShape, key: NoiseKey) -> DigitStatics:
    multiplier = design.multiplier
    lattice = (shape.units, shape.rows, shape.length)
    code = multiplier.code(modulus)
    digit_lattice = (*lattice, code.count)
    drive_lattice = digit_lattice if multiplier.drive == "per-digit" else (*lattice, 1)

    def draw(source: str, rms: float, size: tuple[int, ...]) -> Tensor:
        count = int(torch.Size(size).numel())
        return rms * key.fold(source).normal(0, count).reshape(size)

    per_rail = (*digit_lattice, 2)
    common = draw("bypass path", multiplier.bypass_phase_rms_rad, digit_lattice)
    rest = multiplier.static_phase_rms_rad
    return DigitStatics(
        shifter_phase_rad=draw("shifter residual", rest, per_rail),
        bypass_phase_rad=common[..., None] + draw("bypass residual", rest, per_rail),
        drive_gain=draw("drive gain", multiplier.drive_gain_rms, drive_lattice),
        drive_inl=draw("drive inl", multiplier.drive_inl_rms, (*drive_lattice, modulus)),
    )
