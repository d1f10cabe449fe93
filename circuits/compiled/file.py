"""Compiled chips on disk: what engines read, without the chip, its design or the code of either.

A file holds the objects of a compiled chip by class and field, as JSON, and their tensors by name.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from circuits.coding.array_shape import ArrayShape
from circuits.coding.digit_code import DigitCode
from circuits.compiled.arrays import CompiledArrays, CompiledChip
from circuits.compiled.digit_tables import DigitTables
from circuits.compiled.drive_noise import DriveNoise
from circuits.compiled.heat_expansion import HeatExpansion, Taps
from circuits.compiled.row_wander import PilotTracking, RowWander
from circuits.compiled.warm_digits import WarmDigits
from circuits.optics.tile_heat import TileHeat
from circuits.receiver.converter import Converter
from circuits.receiver.gain import GainControl
from circuits.receiver.memory import SymbolMemory
from circuits.receiver.receiver import Receiver, WhiteNoise
from circuits.receiver.shared_noise import LaserNoise
from photonics.checks import instance_of
from photonics.converters import GainSteps
from photonics.documents import json_of
from photonics.errors import InputError
from photonics.sealed_file import SealedFormat
from photonics.switching import MeasuredNumbers, MziNumbers, RingNumbers

_FORMAT = SealedFormat(
    "compiled chip", "mirage compiled chip", 7, "circuits.save_compiled", "compile it again"
)
# Of a converter; no machine has half as many.
_MOST_BITS = 32
# All that a compiled chip is made of.
_CLASSES: dict[str, type] = {
    kind.__name__: kind
    for kind in (
        ArrayShape,
        CompiledArrays,
        CompiledChip,
        Converter,
        DigitCode,
        DigitTables,
        DriveNoise,
        GainControl,
        GainSteps,
        HeatExpansion,
        LaserNoise,
        MeasuredNumbers,
        MziNumbers,
        PilotTracking,
        Receiver,
        RingNumbers,
        RowWander,
        SymbolMemory,
        Taps,
        TileHeat,
        WarmDigits,
        WhiteNoise,
    )
}


def save_compiled(chip: CompiledChip, path: str | Path) -> None:
    """Write a compiled chip to a file, atomically.

    Raises:
        InputError: if the file cannot be written, or for switches of a kind that files do not hold.
    """
    instance_of("chip", chip, CompiledChip, "compile it by compile_chip")
    tensors: dict[str, Tensor] = {}
    text = json.dumps(_plain(chip, "chip", tensors))
    _FORMAT.write(path, {"content": text}, tensors)


def load_compiled(path: str | Path) -> CompiledChip:
    """Read a compiled chip that :func:`save_compiled` wrote: the same numbers, bit for bit.

    Raises:
        InputError: if the file cannot be read, is damaged, or holds no compiled chip.
    """
    text, tensors = _FORMAT.read(path)
    try:
        found = _made(json_of(text["content"]), tensors)
        if isinstance(found, CompiledChip):
            _check(found)
        if any(bool(x.isnan().any()) for x in tensors.values()):
            raise ValueError("a number is none")
    except Exception as error:  # whatever false content may raise
        raise _FORMAT.misfit(path, error) from None
    if not isinstance(found, CompiledChip):
        raise _FORMAT.refusal(path, "does not hold a compiled chip")
    return found


def _check(chip: CompiledChip) -> None:
    """Hold the arrays of a file against the moduli and the shape that it names.

    Raises:
        Exception: a value error, or whatever a part of another kind gives.
    """
    lines = chip.shape.units, chip.shape.rows
    places = math.prod((*lines, chip.shape.length))
    for modulus, arrays in chip.arrays.items():
        digits, receiver = arrays.digits, arrays.receiver
        if {digits.modulus, receiver.modulus, receiver.converter.modulus} != {modulus}:
            raise ValueError(f"arrays of another modulus stand under {modulus}")
        if digits.shape != (*lines, chip.shape.length):
            raise ValueError(f"arrays modulo {modulus} are of another shape")
        if arrays.wander is not None:
            _check_wander(arrays.wander, digits)
        if arrays.drive_noise is not None:
            _check_drive_noise(arrays.drive_noise, digits)
        if not 1 <= receiver.converter.bits <= _MOST_BITS:
            raise ValueError(f"converters modulo {modulus} are not of 1 to {_MOST_BITS} bits")
        table = digits.table or (None, None)
        codes = (1 << receiver.converter.bits) - 1
        if len(receiver.laser.phase_rms_rad) not in (1, digits.shape[2] * digits.digits + 1):
            raise ValueError(f"the laser's phase modulo {modulus} is that of other rows")
        for name, part, dtype, shape in (
            ("table", table[0], torch.float32, (places, modulus, 3)),
            ("table", table[1], torch.float32, (places, modulus, digits.digits, 3)),
            ("input_response", digits.input_response, torch.float32, (math.prod(lines), 3)),
            ("difference", receiver.difference, torch.float64, (2, 4, *lines)),
            ("total", receiver.total, torch.float64, (2, 4, *lines)),
            ("trim_gain", receiver.trim_gain, torch.float64, (2, *lines)),
            ("transitions", receiver.transitions, torch.float64, (*lines, 2, codes)),
        ):
            if part is not None and (part.dtype != dtype or part.shape != shape):
                raise ValueError(f"{name} modulo {modulus} is no {dtype} of shape {shape}")


def _check_wander(rows: RowWander, digits: DigitTables) -> None:
    """Hold how rows wander against the digits that they turn.

    Raises:
        Exception: a value error.
    """
    places = 4, math.prod(digits.shape), digits.modulus
    sizes = (3, 2), (3,), places, (*places, digits.digits)
    found = rows.switch_offset, rows.rail_rad, rows.base_rad, rows.digit_rad
    if (rows.modulus, rows.shape) != (digits.modulus, digits.shape):
        raise ValueError(f"rows modulo {digits.modulus} wander as those of others")
    if tuple(tuple(x.shape) for x in found) != sizes:
        raise ValueError(f"rows modulo {digits.modulus} wander in another shape")


def _check_drive_noise(noise: DriveNoise, digits: DigitTables) -> None:
    """Hold how loads turn rows against the digits that they turn.

    Raises:
        Exception: a value error.
    """
    places = math.prod(digits.shape), digits.modulus
    if (noise.modulus, noise.shape) != (digits.modulus, digits.shape):
        raise ValueError(f"drives modulo {digits.modulus} are as noisy as those of others")
    for found, counts in (
        (noise.base_rad, (1, digits.digits)),
        (noise.digit_rad, (digits.digits,)),
    ):
        of_places, count = tuple(found.shape[1:3]), found.shape[-1]
        if found.ndim != 4 or of_places != places or count not in counts:
            raise ValueError(f"drives modulo {digits.modulus} are noisy in another shape")


def _plain(value: Any, name: str, tensors: dict[str, Tensor]) -> Any:
    """A value as JSON, its tensors put aside under names of their own."""
    if isinstance(value, Tensor):
        tensors[name] = value
        return {"complex" if value.is_complex() else "tensor": name}
    kind = type(value).__name__
    if kind in _CLASSES:
        names = [f.name for f in fields(value)] if is_dataclass(value) else value._fields
        parts = {n: _plain(getattr(value, n), f"{name}.{n}", tensors) for n in names}
        return {"class": kind, "fields": parts}
    if isinstance(value, Mapping):
        each = [_plain(part, f"{name}.{key}", tensors) for key, part in value.items()]
        return {"keys": list(value), "values": each}
    if isinstance(value, tuple) and not hasattr(value, "_fields"):
        return [_plain(part, f"{name}.{place}", tensors) for place, part in enumerate(value)]
    if value is None or isinstance(value, str | int | float):
        return value
    allowed = f"is of a class that files do not hold; they hold {', '.join(_CLASSES)}"
    raise InputError(name, kind, allowed, "compile the chip where it is to run")


def _made(value: Any, tensors: dict[str, Tensor]) -> Any:
    """Inverse of :func:`_plain`."""
    if isinstance(value, list):
        return tuple(_made(part, tensors) for part in value)
    if not isinstance(value, dict):
        return value
    if "tensor" in value:
        return tensors[value["tensor"]]
    if "complex" in value:
        return torch.view_as_complex(tensors[value["complex"]])
    if "keys" in value:
        each = [_made(part, tensors) for part in value["values"]]
        return dict(zip(value["keys"], each, strict=True))
    parts = {name: _made(part, tensors) for name, part in value["fields"].items()}
    return _CLASSES[value["class"]](**parts)
