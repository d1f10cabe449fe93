"""Modular dot product: multipliers in cascade between a laser and a phase receiver, as fields.

::

    laser ─► coupler ─► feed ─┬─► rail +: [mult 1][mult 2] ... [mult J] ─┐
                              └─► rail -: [mult 1][mult 2] ... [mult J] ─┴─► phase receiver

This is the reference: complex fields of both rails through every digit of every multiplier.  A row
of one multiplier is the modular multiplier (MMU), a longer one the modular dot product (MDPU).

Legend of shapes: J multiplier, D digit, S rail; ``...`` broadcasts.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import torch
from torch import Tensor

from circuits.chip.arrays import ModulusArrays
from circuits.chip.chip import Chip
from circuits.chip.compiling import receivers
from circuits.coding.array_shape import ArrayShape, check_modulus
from circuits.coding.phase_code import drive_level
from circuits.design.circuit import Design, ideal_design
from circuits.optics.digit import DigitOptics, DigitStatics
from circuits.optics.drive_noise import drive_normals
from circuits.optics.tile_heat import ThermalShift
from circuits.receiver.by_design import diodes
from photonics.checks import instance_of, integer_tensor, whole_number
from photonics.errors import InputError
from photonics.random import NoiseKey, require_key
from photonics.readout_words import ReadoutStreams
from photonics.shapes import broadcast


def chain_fields(
    optics: DigitOptics,
    launched: Tensor,
    level: Tensor,
    bits: Tensor,
    statics: DigitStatics,
) -> Tensor:
    """Fields of both rails behind a row of multipliers.

    Args:
        optics: the digits of every multiplier.
        launched: fields that enter the rails, in sqrt(W), complex128 (..., S).
        level: signed drives, (..., J).
        bits: streamed digits, (..., J, D).
        statics: deviations, those by heat included, leading axes (..., J).

    Returns:
        complex128 fields in sqrt(W), (..., S).
    """
    arms = optics.paths(level, statics)
    zero, one = (optics.transfer(bit, statics, arms) for bit in (0, 1))
    shape = broadcast(bits.shape[:-2], zero.shape[:-3], launched.shape[:-1])
    field = launched.expand(*shape, 2)
    for j, d in itertools.product(*map(range, bits.shape[-2:])):
        opened = (bits[..., j, d] == 1)[..., None]
        field = field * torch.where(opened, one[..., j, d, :], zero[..., j, d, :])
    return field


def check_operands(x: Tensor, w: Tensor, length: int) -> None:
    """Refuse operands that are no tensors of integers (..., J).

    Raises:
        InputError: naming the operand.
    """
    for name, operand in (("x", x), ("w", w)):
        if integer_tensor(name, operand).shape[-1:] != (length,):
            found = tuple(operand.shape)
            raise InputError(name, found, f"the last axis must be {length} long")


@dataclass(frozen=True)
class RowPosition:
    """Where on a chip a dot product runs."""

    unit: int = 0
    row: int = 0

    def check(self, shape: ArrayShape) -> None:
        """Refuse places that arrays of a shape do not have."""
        for name, count in (("unit", shape.units), ("row", shape.rows)):
            whole_number(f"position.{name}", getattr(self, name), least=0, most=count - 1)


class ModularDotProduct:
    """One physical row of multipliers with its receiver.

    Args:
        modulus: m.
        length: number of multipliers J.
        design: its parts; the chip's by default, or the ideal limit without one.
        chip: a fabricated chip to run on; none for a row exactly as designed.
        position: which row of the chip.

    Raises:
        InputError: for a modulus, length or position out of range, or a design of other glass
            than the chip's.

    Example:
        >>> import torch
        >>> mdpu = ModularDotProduct(modulus=31, length=2)
        >>> x, w = torch.tensor([3, 30]), torch.tensor([7, 2])
        >>> int(mdpu.read(x, w)), (3 * 7 + 30 * 2) % 31
        (19, 19)
    """

    def __init__(
        self,
        modulus: int,
        length: int,
        design: Design | None = None,
        chip: Chip | None = None,
        position: RowPosition | None = None,
    ) -> None:
        modulus, length = check_modulus(modulus), whole_number("length", length, least=1)
        if design is not None:
            instance_of("design", design, Design, "a machine has one: machine.design")
        if chip is not None:
            instance_of("chip", chip, Chip, "load a chip's file by load_chip")
        if position is not None:
            instance_of("position", position, RowPosition)
        if chip is not None and design is not None:
            chip = chip.with_design(design)
        self.modulus, self.length = modulus, length
        self.design = design or (chip.design if chip else ideal_design())
        self.optics = DigitOptics.of(
            self.design.multiplier, modulus, self.design.laser.wavelength_m
        )
        if chip is not None and length != chip.shape.length:
            held = f"light passes all {chip.shape.length} multipliers of a row of the chip"
            raise InputError("length", length, held, "stream zeros through those that are to rest")
        split_rad = self.design.rail_splitter.phase_error_rad
        self.arrays = (
            chip.arrays(modulus)
            if chip
            else ModulusArrays.as_designed(self.optics, length, split_rad)
        )
        self.place = position or RowPosition()
        self.place.check(chip.shape if chip else ArrayShape(1, 1, length))
        at = self.place.unit, self.place.row
        self.receiver = receivers(self.arrays, self.design).at(*at)
        self.diodes = diodes(self.design, self.arrays.hybrid.at(*at))
        self.gain, self.code = self.receiver.gain, self.optics.code
        self._chip = repr(chip) if chip else "as designed"

    def __repr__(self) -> str:
        return (
            f"ModularDotProduct(modulus={self.modulus}, length={self.length}, {self._chip}, "
            f"unit={self.place.unit}, row={self.place.row})"
        )

    @property
    def statics(self) -> DigitStatics:
        """Deviations of the row's digits, leading axis (J)."""
        return self.arrays.statics.at(self.place.unit, self.place.row, slice(0, self.length))

    def fields(self, x: Tensor, w: Tensor, normals: Tensor | None = None) -> Tensor:
        """Fields of both rails at the receiver, complex128 in sqrt(W), (..., 2).

        Args:
            x: streamed integers, (..., J); taken modulo m.
            w: stationary integers, (..., J); taken modulo m.
            normals: of the converters of the drives, (..., J, C, S); none leaves their noise out.
        """
        check_operands(x, w, self.length)
        level = drive_level(w, self.modulus)
        bits, statics = self.code.digits(x), self.statics.with_heat(self.thermal_shift(level))
        if normals is not None:
            statics = statics.with_drives_off(self.optics.drive_noise_rms * normals)
        return chain_fields(self.optics, self.launched, level, bits, statics)

    def _normals_of_drives(self, key: NoiseKey, w: Tensor) -> Tensor | None:
        """Normals of the converters that load rows (..., J); none without their noise."""
        if self.optics.drive_noise_rms == 0.0:
            return None
        loads, each = w[..., 0].numel(), (self.length, *self.optics.converters)
        return drive_normals(key, 0, loads, each).view(*w.shape, *self.optics.converters)

    @property
    def launched(self) -> Tensor:
        """Fields in front of the digits of both rails, complex128 in sqrt(W), (2,)."""
        rails_w = torch.tensor(self.design.rail_powers_w(self.modulus), dtype=torch.complex128)
        return rails_w.sqrt() * self.arrays.input_field[self.place.unit, self.place.row]

    def thermal_shift(self, level: Tensor) -> ThermalShift | None:
        """Heat within the row, all other rows of its array being at rest; (..., J, D, S)."""
        rows, length = self.arrays.statics.drive_gain.shape[1:3]
        tile = level.new_zeros(*level.shape[:-1], rows, length)
        tile[..., self.place.row, : self.length] = level
        thermal_shift, axis = self.arrays.thermal_shift(tile, self.place.unit), level.ndim - 1
        if thermal_shift is None:
            return None
        return thermal_shift.apply(
            lambda part: part.select(axis, self.place.row).narrow(axis, 0, self.length)
        )

    def powers(self, x: Tensor, w: Tensor) -> Tensor:
        """Powers on the four photodiodes in W, without noise, float64 of shape (..., 4)."""
        return self.diodes.powers_w(self.fields(x, w))

    def currents(self, x: Tensor, w: Tensor, key: NoiseKey | None = None) -> Tensor:
        """Photocurrents I and Q in A, (..., 2); with every noise source if a key is given.

        Readouts are numbered along the flattened leading axes, and each is a symbol of its own,
        held until the receiver has settled.  Every row of ``w`` is a load of its own.
        """
        diodes = self.diodes
        if key is None:
            return diodes.currents_a(diodes.powers_w(self.fields(x, w)))
        require_key(key)
        check_operands(x, w, self.length)
        fields = self.fields(x, w, self._normals_of_drives(key, w))
        shape = fields.shape[:-1]
        symbol = torch.arange(shape.numel())
        intensity, phase = self.receiver.laser.draw(ReadoutStreams.of(key), symbol)
        rms_rad = self.receiver.laser.phase_rms_of(self.code.digits(x).flatten(-2))
        phase_rad = phase.reshape(shape) * rms_rad
        powers_w = diodes.powers_w(fields, (intensity.reshape(shape), phase_rad))
        return diodes.currents_a(powers_w) + diodes.noise_a(powers_w, key)

    def ratios(self, x: Tensor, w: Tensor, key: NoiseKey | None = None) -> Tensor:
        """I and Q at the converters as fractions of their full scale, (..., 2)."""
        ratio = self.scaled(self.currents(x, w, key), x)
        if key is None:
            return ratio
        return ratio + self.receiver.converter.noise(key, 0, ratio.shape[:-1])

    def scaled(self, current_a: Tensor, x: Tensor) -> Tensor:
        """Currents (..., 2) as fractions of the full scale that goes with their symbols."""
        first, second = current_a.unbind(-1)
        setting = self.receiver.setting(self.code.digits(x))
        return torch.stack(self.receiver.scaled((first, second), setting), dim=-1)

    def read(self, x: Tensor, w: Tensor, key: NoiseKey | None = None) -> Tensor:
        """Decided residues, int16 of shape (...); without noise unless a key is given."""
        return self.decide(self.ratios(x, w, key))

    def decide(self, ratio: Tensor) -> Tensor:
        """Decided residues, int16 (...), of fractions of the full scale (..., 2)."""
        return self.receiver.decide(*ratio.unbind(-1))

    def codes(self, x: Tensor, w: Tensor, key: NoiseKey | None = None) -> Tensor:
        """Codes of the converters of I and Q, (..., 2)."""
        return torch.stack(self.receiver.codes(*self.ratios(x, w, key).unbind(-1)), dim=-1)
