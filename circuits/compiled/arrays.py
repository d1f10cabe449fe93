"""The arrays of a chip as engines read them: numbers and tensors, and three steps of a reading.

``light`` turns digits and drives into amplitudes and phase, ``receive`` those into I and Q at the
converters, ``decide`` those into residues (:class:`circuits.receiver.receiver.Receiver`).

Legend of shapes: U unit, R row, J multiplier in a row, D digit, G group, N streamed vector, M row
of tiles; S single readouts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any

import torch
from torch import Tensor

from circuits.coding.array_shape import ArrayShape
from circuits.coding.phase_code import drive_level
from circuits.compiled.digit_tables import DigitTables
from circuits.compiled.drive_noise import DriveNoise
from circuits.compiled.row_wander import RowWander, WanderState
from circuits.receiver.gain import SymbolSetting
from circuits.receiver.receiver import Receiver
from photonics.copies import Copies, on_device
from photonics.representation import one_line


@dataclass(frozen=True)
class CompiledArrays:
    """The arrays of one modulus.

    Attributes:
        digits: responses of the digits by place and drive.
        receiver: receivers of all places, (U, R), float64.
        wander: how the rows turn from step to step; none where they stand still.
        drive_noise: how the rows turn from load to load; none for converters without noise.
    """

    digits: DigitTables
    receiver: Receiver
    wander: RowWander | None = None
    drive_noise: DriveNoise | None = None

    __repr__ = one_line

    @property
    def modulus(self) -> int:
        """The modulus m."""
        return self.digits.modulus

    @property
    def device(self) -> torch.device:
        """Where its numbers are."""
        return self.digits.input_response.device

    def load(
        self,
        stationary: Tensor,
        unit: Tensor,
        row: Tensor,
        now: WanderState | None = None,
        normals: Tensor | None = None,
    ) -> tuple[Tensor, Tensor]:
        """Tables of a block of rows: mantissas (G, M, J) on arrays (G, M) and rows (M,).

        Args:
            stationary: mantissas.
            unit: array of each row.
            row: row of the array that it is.
            now: where the rows have wandered to; none for the start.
            normals: of the converters of the drives, (G, M, J, C, S); none without their noise.
        """
        level = drive_level(stationary.long(), self.modulus)
        tables = self.digits.select(unit, row, level)
        if now is not None and self.wander is not None:
            self.digits.turn(tables, *self.wander.turned_rad(now, unit, row, level))
        if normals is not None and self.drive_noise is not None:
            turned = self.drive_noise.turned_rad(normals, unit, row, level)
            self.digits.turn(tables, torch.zeros(()), *turned)
        return tables

    def receivers(self, unit: Tensor, row: Tensor) -> Receiver:
        """Receivers of a block of rows (M,) on arrays (G, M), for readings (G, N, M)."""
        return self.receiver.at(unit.unsqueeze(1), row)

    def stream(self, streamed: Tensor) -> tuple[Tensor, SymbolSetting]:
        """Digits, FP32 (G, N, J·D), and settings, float64 (G, N, 1), for mantissas (G, N, J)."""
        bits = self.receiver.gain.code.digits(streamed.long())
        setting = self.receiver.setting(bits).apply(lambda x: x.unsqueeze(-1))
        return bits.flatten(-2).to(torch.float32), setting


@dataclass(frozen=True)
class CompiledChip:
    """A chip, compiled.

    Attributes:
        design: digest of the design that it was compiled of.
        chip: digest of the chip that it was compiled of.
        shape: size of its arrays.
        seed: which instance of its design it is.
        arrays: those of each modulus.
    """

    design: str
    chip: str
    shape: ArrayShape
    seed: int
    arrays: Mapping[int, CompiledArrays]

    def __post_init__(self) -> None:
        object.__setattr__(self, "arrays", MappingProxyType(dict(self.arrays)))

    def __reduce__(self) -> tuple[Any, ...]:
        """Copy and pickle by the fields: a view that nobody can write cannot be pickled."""
        return CompiledChip, (self.design, self.chip, self.shape, self.seed, dict(self.arrays))

    @property
    def moduli(self) -> tuple[int, ...]:
        """Moduli of its arrays."""
        return tuple(self.arrays)

    def on(self, device: torch.device) -> CompiledChip:
        """This chip with its numbers on a device: moved there once, and kept."""
        return self._copies[device]

    @cached_property
    def _copies(self) -> Copies[CompiledChip]:
        def moved(device: torch.device) -> CompiledChip:
            here = all(arrays.device == device for arrays in self.arrays.values())
            return self if here else on_device(self, device)

        return Copies(moved)

    def __repr__(self) -> str:
        """Which moduli, and how large; not the numbers."""
        size = f"{self.shape.units} x {self.shape.rows} x {self.shape.length}"
        return f"CompiledChip(moduli={self.moduli}, {size})"
