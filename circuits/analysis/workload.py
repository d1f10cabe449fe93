"""What a budget is worked out for: integers on stated arrays, and the light that they make.

Legend of shapes: G tile, N streamed vector, M row of the tiles, J multiplier in the row.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from circuits.coding.array_shape import ArrayShape
from circuits.coding.phase_code import drive_level, level_angle_rad
from circuits.compiled.arrays import CompiledArrays
from photonics.checks import integer_tensor
from photonics.errors import InputError
from photonics.representation import one_line


@dataclass(frozen=True)
class Workload:
    """What a few tiles are given: the same vectors in the same order, each its own drives.

    Attributes:
        streamed: integers, int64 (N, J).
        drives: integers that stand still, int64 (G, M, J); row i of a tile is row i of its array.
        unit: the array that each tile is on, int64 (G,).
    """

    streamed: Tensor
    drives: Tensor
    unit: Tensor

    __repr__ = one_line

    def __post_init__(self) -> None:
        for name, dimensions in (("streamed", 2), ("drives", 3), ("unit", 1)):
            found = integer_tensor(name, getattr(self, name))
            if found.dim() != dimensions:
                allowed = f"must have {dimensions} axes"
                raise InputError(name, tuple(found.shape), allowed, "see Workload")

    @property
    def shape(self) -> tuple[int, int, int]:
        """Of the readings, (G, N, M)."""
        return len(self.drives), len(self.streamed), self.drives.shape[1]

    def residue(self, modulus: int) -> Tensor:
        """What the readings should be, float64 (G, N, M)."""
        dots = self.streamed.double() @ self.drives.double().transpose(1, 2)
        return torch.remainder(dots, modulus)

    def check(self, shape: ArrayShape) -> None:
        """Refuse to be run on arrays of a size that this does not fit.

        Raises:
            InputError: saying what does not.
        """
        tiles, rows, length = self.drives.shape
        if not self.streamed.numel():
            raise InputError("streamed", tuple(self.streamed.shape), "must hold a vector at least")
        unit = self.unit
        if len(unit) != tiles or not bool(((unit >= 0) & (unit < shape.units)).all()):
            held = f"one unit, 0 to {shape.units - 1}, for each of the {tiles} tiles"
            raise InputError("unit", unit.tolist(), held)
        lengths = {length, self.streamed.shape[1]}
        if not 0 < rows <= shape.rows or lengths != {shape.length}:
            raise InputError(
                "drives",
                tuple(self.drives.shape),
                f"at most {shape.rows} rows of {shape.length} in a tile, and vectors as long",
            )


@dataclass(frozen=True)
class Light:
    """Both rails at the receivers, float64 (G, N, M).

    Attributes:
        plus_np: log amplitude of rail +, neper.
        minus_np: of rail -.
        phase_rad: phase between them.
    """

    plus_np: Tensor
    minus_np: Tensor
    phase_rad: Tensor

    __repr__ = one_line

    @classmethod
    def read(cls, arrays: CompiledArrays, work: Workload) -> Light:
        """Light of a workload as engines read it, from the tables of a compiled chip.

        Raises:
            InputError: if the workload does not fit the arrays.
        """
        digits, code = arrays.digits, arrays.receiver.gain.code
        work.check(ArrayShape(*digits.shape))
        row = torch.arange(work.drives.shape[1])
        unit = work.unit[:, None].expand(-1, len(row))
        tables = digits.select(unit, row, drive_level(work.drives.long(), arrays.modulus))
        bits = code.digits(work.streamed.long()).flatten(-2).float()
        response = digits.respond(bits.expand(len(unit), *bits.shape), *tables)
        plus, minus, deviation = (x.double() for x in response)
        ideal_rad = level_angle_rad(arrays.modulus) * work.residue(arrays.modulus)
        return cls(plus, minus, deviation + ideal_rad)


def wrapped(phase_rad: Tensor) -> Tensor:
    """Phases from -π up to π."""
    return torch.remainder(phase_rad + math.pi, 2.0 * math.pi) - math.pi
