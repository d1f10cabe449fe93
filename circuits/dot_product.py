"""Modular dot product: multipliers in cascade between a laser and a phase receiver, as fields.

::

    laser ─► coupler ─┬─► rail +: [mult 1][mult 2] ... [mult J] ─┐
                      └─► rail -: [mult 1][mult 2] ... [mult J] ─┴─► phase receiver ─► residue

This is the reference: complex fields of both rails through every digit of every multiplier.

Legend of shapes: J multiplier, D digit, S rail; ``...`` broadcasts.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from circuits.chip import Chip
from circuits.design import Design, ideal_design
from circuits.gain import GainControl
from circuits.hybrid import Hybrid
from circuits.multiplier import DigitOptics, DigitStatics
from circuits.phase_code import drive_level
from circuits.receiver import PhaseReceiver
from circuits.symbol_noise import laser_noise
from photonics.errors import InputError
from photonics.optics import phasor, power_w
from photonics.random import NoiseKey


def chain_fields(
    optics: DigitOptics,
    rail_powers_w: tuple[float, float],
    level: Tensor,
    bits: Tensor,
    statics: DigitStatics,
) -> Tensor:
    """Fields of both rails behind a row of multipliers.

    Args:
        optics: the digits of every multiplier.
        rail_powers_w: power that enters each rail.
        level: signed drives, (..., J).
        bits: streamed digits, (..., J, D).
        statics: deviations, leading axes (..., J).

    Returns:
        complex128 fields in sqrt(W), (..., S).
    """
    shifter, bypass = optics.paths(level, statics)
    shape = torch.broadcast_shapes(level.shape[:-1], bits.shape[:-2], shifter.shape[:-3])
    launched = torch.tensor(rail_powers_w, dtype=torch.complex128).sqrt()
    field = launched.expand(*shape, 2)
    for j in range(bits.shape[-2]):
        for d in range(bits.shape[-1]):
            arms = shifter[..., j, d, :], bypass[..., j, d, :]
            field = optics.through_digit(field, bits[..., j, d, None], *arms)
    return field


@dataclass(frozen=True)
class RowPosition:
    """Where on a chip a dot product runs."""

    unit: int = 0
    row: int = 0


class ModularDotProduct:
    """One physical row of multipliers with its receiver.

    Args:
        modulus: m.
        length: number of multipliers J.
        design: its parts; the ideal limit by default.
        chip: a fabricated chip to run on; none for a row exactly as designed.
        position: which row of the chip.

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
        if modulus < 2:
            raise InputError("modulus", modulus, "must be at least 2")
        if length < 1:
            raise InputError("length", length, "must be at least 1")
        self.modulus, self.length = modulus, length
        self.design = design or (chip.design if chip else ideal_design())
        if chip is None:
            self.statics = DigitStatics.none(self.design.multiplier.code(modulus))
            self.hybrid = Hybrid.ideal()
        else:
            position = position or RowPosition()
            self.statics = _row_statics(chip, modulus, length, position)
            self.hybrid = chip.hybrids[modulus].at(position.unit, position.row)
        self.optics = DigitOptics.of(
            self.design.multiplier, modulus, self.design.laser.wavelength_m
        )
        self.receiver = PhaseReceiver(self.design.receiver, modulus)
        self.gain = GainControl(self.design, modulus, length)

    def fields(self, x: Tensor, w: Tensor) -> Tensor:
        """Fields of both rails at the receiver, complex128 in sqrt(W), (..., 2).

        Args:
            x: streamed integers, (..., J); taken modulo m.
            w: stationary integers, (..., J); taken modulo m.
        """
        for name, operand in (("x", x), ("w", w)):
            if operand.shape[-1:] != (self.length,):
                found = tuple(operand.shape)
                raise InputError(name, found, f"the last axis must be {self.length} long")
            if operand.is_floating_point() or operand.is_complex():
                raise InputError(name, str(operand.dtype), "must be of an integer type")
        level = drive_level(w, self.modulus)
        powers_w = self.design.rail_powers_w(self.modulus)
        return chain_fields(self.optics, powers_w, level, self.gain.code.digits(x), self.statics)

    def powers(self, x: Tensor, w: Tensor) -> Tensor:
        """Powers on the four photodiodes in W, without noise, float64 of shape (..., 4)."""
        fields = self.fields(x, w)
        return power_w(self.hybrid.fields(*fields.unbind(-1)))

    def currents(self, x: Tensor, w: Tensor, key: NoiseKey | None = None) -> Tensor:
        """Photocurrents I and Q in A, (..., 2); with every noise source if a key is given.

        Readouts are numbered along the flattened leading axes, and each is a symbol of its own.
        """
        fields = self.fields(x, w)
        if key is None:
            powers_w = power_w(self.hybrid.fields(*fields.unbind(-1)))
            return self.receiver.detect(powers_w, self.hybrid.responsivity, None)
        shape = fields.shape[:-1]
        intensity, phase = laser_noise(self.design, key, 0, shape.numel(), torch.float64)
        return receive_fields(
            self.receiver, self.hybrid, fields, intensity.reshape(shape), phase.reshape(shape), key
        )

    def read(self, x: Tensor, w: Tensor, key: NoiseKey | None = None) -> Tensor:
        """Decided residues, int16 of shape (...); without noise unless a key is given."""
        current = self.currents(x, w, key)
        ratio = current / self.gain.full_scale_a(self.gain.code.digits(x))[..., None]
        return self.receiver.decide(ratio[..., 0], ratio[..., 1])


def receive_fields(
    receiver: PhaseReceiver,
    hybrid: Hybrid,
    fields: Tensor,
    intensity: Tensor,
    phase_rad: Tensor,
    key: NoiseKey,
    start: int = 0,
) -> Tensor:
    """Currents (..., 2) of rail fields (..., 2) under laser noise and receiver noise."""
    signal = fields[..., 0] * phasor(phase_rad) * intensity.sqrt()
    reference = fields[..., 1] * intensity.sqrt()
    powers_w = power_w(hybrid.fields(signal, reference))
    return receiver.detect(powers_w, hybrid.responsivity, key, start)


def _row_statics(chip: Chip, modulus: int, length: int, position: RowPosition) -> DigitStatics:
    if modulus not in chip.statics:
        raise InputError("modulus", modulus, f"the chip has arrays for {sorted(chip.statics)}")
    if length > chip.shape.length:
        raise InputError("length", length, f"the chip's rows hold {chip.shape.length} multipliers")
    return chip.statics[modulus].at(position.unit, position.row, slice(0, length))
