"""Modular matrix-vector unit (MMVMU): rows of multipliers that the same digits stream through.

::

    x_1 ... x_J ──┬──► row 0: w_00 ... w_0J ─► receiver ─► x · w_0 mod m
    laser, clock ─┼──► row 1: w_10 ... w_1J ─► receiver ─► x · w_1 mod m
                  └──► ...

The rows share the digits, the noise of the laser, the clock and its jitter, and the heat of all
drives; each has its own static errors, its own receiver and its own noise.  The noise of drives
stays as they are loaded.

Legend of shapes: N symbol, in the order of streaming; M row; J multiplier; S rail; Q quadrature.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from circuits.chip.arrays import ModulusArrays
from circuits.chip.chip import Chip
from circuits.chip.compiling import receivers
from circuits.coding.array_shape import check_modulus
from circuits.coding.phase_code import drive_level
from circuits.design.circuit import Design
from circuits.optics.drive_noise import drive_normals
from circuits.receiver.by_design import diodes, symbol_memory
from circuits.receiver.diodes import Diodes
from circuits.receiver.memory import SETTLED, SymbolMemory, symbol_run
from circuits.receiver.receiver import Receiver
from circuits.receiver.shared_noise import clock_jitter
from circuits.units.dot_product import RowPosition, chain_fields, check_operands
from photonics.checks import instance_of, whole_number
from photonics.errors import InputError
from photonics.random import NoiseKey, require_key
from photonics.readout_words import ReadoutStreams


class ArrayNoise(NamedTuple):
    """Which random numbers a run of symbols gets.

    Attributes:
        shared: streams of the laser and the clock.
        tile: number of the tile in them.
        vector: number of each symbol's vector, those that are only remembered first, int64.
        own: stream of the rows' receivers.
        start: number of the first readout in that, row after row of each symbol.
        drives: normals of the converters of the drives, (M, J, C, S); none without their noise.
    """

    shared: ReadoutStreams
    tile: int
    vector: Tensor
    own: NoiseKey
    start: int
    drives: Tensor | None = None


@dataclass(frozen=True, repr=False)
class ModularArray:
    """One array of a chip.

    Attributes:
        arrays: all arrays of its modulus.
        design: the machine's parts.
        unit: which array.
        memory: what a reading keeps of earlier symbols.

    Example:
        >>> import torch
        >>> from circuits import ArrayShape, fabricate, ideal_design
        >>> chip = fabricate(ideal_design(), (31,), ArrayShape(1, rows=2, length=3), seed=0)
        >>> array = ModularArray.of(chip, 31)
        >>> array.read(torch.tensor([[1, 2, 3], [4, 5, 6]]), torch.tensor([[1, 1, 1], [5, 0, 2]]))
        tensor([[ 6, 11],
                [15,  1]], dtype=torch.int16)
    """

    arrays: ModulusArrays
    design: Design
    unit: int
    memory: SymbolMemory

    @classmethod
    def of(cls, chip: Chip, modulus: int, unit: int = 0) -> ModularArray:
        """An array of a chip.

        Raises:
            InputError: if the chip has no such array.
        """
        instance_of("chip", chip, Chip, "load a chip's file by load_chip")
        modulus, unit = check_modulus(modulus), whole_number("position.unit", unit)
        RowPosition(unit).check(chip.shape)
        return cls(chip.arrays(modulus), chip.design, unit, symbol_memory(chip.design))

    def __repr__(self) -> str:
        size = f"rows={self.rows}, length={self.length}"
        return f"ModularArray(modulus={self.modulus}, unit={self.unit}, {size})"

    @property
    def modulus(self) -> int:
        """The modulus m."""
        return self.arrays.optics.modulus

    @property
    def rows(self) -> int:
        """Rows of the array."""
        return self.arrays.statics.drive_gain.shape[1]

    @property
    def length(self) -> int:
        """Multipliers in a row."""
        return self.arrays.statics.drive_gain.shape[2]

    def on(self, unit: int) -> ModularArray:
        """Another array of the same modulus."""
        return replace(self, unit=unit)

    def held(self) -> ModularArray:
        """This array, every symbol held until it has settled."""
        return replace(self, memory=SETTLED)

    def read(self, x: Tensor, w: Tensor, key: NoiseKey | None = None) -> Tensor:
        """Decided residues of every dot product, int16 (N, M).

        Args:
            x: streamed integers in order, (N, J); the receivers have settled on the first.
            w: integers that stand still, (M, J), at most one for every row; the rest are 0.
            key: of every noise; none reads without noise.
        """
        run = symbol_run(slice(0, len(x)), self.memory.depth)
        noise = None
        if key is not None:
            drives = self.normals_of_drives(require_key(key), 0, len(w))
            noise = ArrayNoise(ReadoutStreams.of(key), 0, run, key, 0, drives)
        return self.receivers(len(w)).decide(*self.ratios(x[run], w, noise).unbind(-1))

    def ratios(self, x: Tensor, w: Tensor, noise: ArrayNoise | None = None) -> Tensor:
        """I and Q at the converters as fractions of their full scale, (N, M, Q).

        Args:
            x: streamed integers in order, those that are only remembered first, (depth + N, J).
            w: integers that stand still, (M, J).
            noise: which; none leaves all noise out.
        """
        depth = self.memory.depth
        diodes, receiver = self.diodes(len(w)), self.receivers(len(w))
        laser, jitter, drives = None, None, None
        if noise is not None:
            drives = noise.drives
            laser = self._laser(noise, x)
            jitter = clock_jitter(self.memory, noise.shared, noise.vector[depth:], noise.tile)
        powers_w = diodes.powers_w(self.fields(x, w, drives), laser)
        if jitter is not None:
            jitter = jitter[:, None, None]
        current_a = self.memory.sampled(diodes.currents_a(powers_w), jitter, dim=0)
        if noise is not None:
            # Shot noise is that of the light that is there; what passed before has left.
            current_a = current_a + diodes.noise_a(powers_w[depth:], noise.own, noise.start)
        setting = receiver.setting(self.arrays.optics.code.digits(x[depth:])[:, None])
        first, second = current_a.unbind(-1)
        ratio = torch.stack(receiver.scaled((first, second), setting), dim=-1)
        if noise is None:
            return ratio
        return ratio + receiver.converter.noise(noise.own, noise.start, ratio.shape[:-1])

    def normals_of_drives(self, key: NoiseKey, tile: int, rows: int) -> Tensor | None:
        """Normals of the converters that load a tile, (M, J, C, S); none without their noise."""
        optics = self.arrays.optics
        if optics.drive_noise_rms == 0.0:
            return None
        return drive_normals(key, tile, 1, (rows, self.length, *optics.converters))[0]

    def fields(self, x: Tensor, w: Tensor, normals: Tensor | None = None) -> Tensor:
        """Fields of both rails at the receivers of a steady laser, complex128 (N, M, S).

        ``normals`` are those of the drives; none leaves their noise out.
        """
        check_operands(x, w, self.length)
        if x.ndim != 2 or w.ndim != 2 or len(w) > self.rows:
            shapes = tuple(x.shape), tuple(w.shape)
            held = f"must be (N, {self.length}) and (M, {self.length}) with M up to {self.rows}"
            raise InputError("x, w", shapes, held)
        level, row = drive_level(w, self.modulus), slice(0, len(w))
        tile = F.pad(level, (0, 0, 0, self.rows - len(level)))
        thermal_shift = self.arrays.thermal_shift(tile, self.unit)
        if thermal_shift is not None:
            thermal_shift = thermal_shift.apply(lambda part: part[row])
        statics = self.arrays.statics.at(self.unit, row).with_heat(thermal_shift)
        if normals is not None:
            statics = statics.with_drives_off(self.arrays.optics.drive_noise_rms * normals)
        rails_w = torch.tensor(self.design.rail_powers_w(self.modulus), dtype=torch.complex128)
        launched = rails_w.sqrt() * self.arrays.input_field[self.unit, row]
        bits = self.arrays.optics.code.digits(x)[:, None]
        return chain_fields(self.arrays.optics, launched, level, bits, statics)

    def receivers(self, count: int) -> Receiver:
        """Receivers of the first rows."""
        return self._receivers.at(self.unit, slice(0, count))

    def diodes(self, count: int) -> Diodes:
        """Hybrids and diodes of the first rows."""
        return diodes(self.design, self.arrays.hybrid.at(self.unit, slice(0, count)))

    @cached_property
    def _receivers(self) -> Receiver:
        return receivers(self.arrays, self.design)

    def _laser(self, noise: ArrayNoise, x: Tensor) -> tuple[Tensor, Tensor]:
        """Relative power and phase between the rails in rad, (depth + N, 1)."""
        laser, digits = self._receivers.laser, self.arrays.optics.code.digits(x).flatten(1)
        intensity, phase = laser.draw(noise.shared, noise.vector, noise.tile)
        return intensity[:, None], (phase * laser.phase_rms_of(digits))[:, None]
