"""Chips on disk: what was fabricated, trimmed and has drifted, whole or not at all.

A chip file is a safetensors file: plain tensors by name, such as ``fabricated.31.splitter_db``,
and text beside them (format, design, shape, seed, moduli).  Reading one executes nothing.  Its
digest is the SHA-256 of the whole file, with zeros in the place of the digest itself.

A file holds the circuit of a chip, its clock included, and not the machine around it.
"""

from __future__ import annotations

import json
import math
import os
from dataclasses import asdict, fields, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from circuits.chip.arrays import Converters, ThermalDrift
from circuits.chip.chip import Chip, FabricatedArrays, fabricate
from circuits.chip.drift import at_temperatures
from circuits.chip.trims import Trims
from circuits.coding.array_shape import ArrayShape
from circuits.design.circuit import Design
from circuits.optics.digit import DigitOptics, DigitStatics
from circuits.optics.heat import ArrayHeat
from circuits.optics.hybrid import Hybrid
from circuits.optics.ring_heat import RingHeat
from photonics.errors import InputError

_FAMILY = "mirage chip"
_FORMAT = f"{_FAMILY} 4"
_NO_DIGEST = "0" * 64
# safetensors begins with the length of its header, JSON, in so many bytes.
_LENGTH_BYTES = 8


def save_chip(chip: Chip, path: str | Path) -> None:
    """Write a chip to a file, atomically.

    Raises:
        InputError: if the file cannot be written.
    """
    text = {
        "format": _FORMAT,
        "digest": _NO_DIGEST,
        "design": chip.design.model_dump_json(),
        "shape": json.dumps(asdict(chip.shape)),
        "seed": str(chip.seed),
        "moduli": json.dumps(chip.moduli),
        "trimmed": json.dumps(tuple(chip.trims)),
        "drifted": json.dumps(tuple(chip.drifts)),
    }
    stored = {name: _plain(x) for name, x in _tensors(chip).items()}
    blank = save(stored, metadata=text)
    written = blank.replace(_NO_DIGEST.encode(), _digest(blank, _NO_DIGEST).encode(), 1)
    target = Path(path)
    partial = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        partial.write_bytes(written)
        partial.replace(target)
    except OSError as error:
        partial.unlink(missing_ok=True)
        reason = error.strerror or str(error)
        raise InputError("chip", str(path), f"cannot be written ({reason})") from None


def load_chip(path: str | Path) -> Chip:
    """Read a chip that :func:`save_chip` wrote.

    Raises:
        InputError: if the file cannot be read, is damaged, or holds no chip.
    """

    def refused(why: str, remedy: str = "fabricate it again") -> InputError:
        return InputError("chip", str(path), why, remedy)

    try:
        written = Path(path).read_bytes()
    except OSError as error:
        raise refused(f"cannot be read ({error.strerror or error})", "") from None
    head = _head(written)
    if written.startswith(_FAMILY.encode()):
        raise refused("was written by another version")
    if f'"{_FAMILY} '.encode() not in head:
        raise refused("is not a chip", "see circuits.save_chip")
    try:
        text = json.loads(head[_LENGTH_BYTES:])["__metadata__"]
        whole = _digest(written, text["digest"]) == text["digest"]
    except (ValueError, LookupError, TypeError, AttributeError):
        whole = False
    if not whole:
        raise refused("is damaged: it is not what was written")
    if text["format"] != _FORMAT:
        raise refused(f"was written by another version ({text['format']}, not {_FORMAT})")
    try:
        return _chip(text, load(written))
    except (SafetensorError, RuntimeError, LookupError, TypeError, ValueError) as error:
        found = str(error).splitlines()[0]
        raise refused(f"does not hold a chip of this version ({found})") from None


def _head(written: bytes) -> bytes:
    """The part of a file before its tensors."""
    return written[: _LENGTH_BYTES + int.from_bytes(written[:_LENGTH_BYTES], "little")]


def _digest(written: bytes, noted: str) -> str:
    """Digest of a file, the one that is noted in it left out."""
    head = _head(written)
    digest = sha256(head.replace(noted.encode(), _NO_DIGEST.encode(), 1))
    digest.update(memoryview(written)[len(head) :])
    return digest.hexdigest()


def _chip(text: dict[str, str], stored: dict[str, Tensor]) -> Chip:
    """A chip from what a file holds, every tensor checked against what a chip has there.

    Raises:
        Exception: a lookup, type or value error for what is not as it should be.
    """
    design = Design.model_validate_json(text["design"])
    shape = ArrayShape(**json.loads(text["shape"]))
    moduli = {name: tuple(json.loads(text[name])) for name in ("moduli", "trimmed", "drifted")}
    # One row tells the form of all.
    one = fabricate(design, moduli["moduli"], replace(shape, units=1, rows=1), 0)
    still = torch.zeros(1, 1, dtype=torch.float64)
    one = replace(
        one,
        trims={m: one.untrimmed(m) for m in moduli["trimmed"]},
        drifts={m: at_temperatures(one, m, still, still) for m in moduli["drifted"]},
    )
    like = _tensors(one)
    if set(like) != set(stored):
        raise ValueError(f"{min(set(like) ^ set(stored))} is missing, or too much")
    for name, expected in like.items():
        _check(name, stored[name], _plain(expected), shape)
    found = {
        name: torch.view_as_complex(x) if like[name].is_complex() else x
        for name, x in stored.items()
    }
    return Chip(
        design=design,
        shape=shape,
        seed=int(text["seed"]),
        fabricated={m: _fabricated(found, f"fabricated.{m}", design, m) for m in one.fabricated},
        trims={m: Trims(**_part(found, f"trims.{m}", Trims)) for m in one.trims},
        drifts={m: ThermalDrift(**_part(found, f"drifts.{m}", ThermalDrift)) for m in one.drifts},
    )


def _check(name: str, found: Tensor, like: Tensor, arrays: ArrayShape) -> None:
    """Hold what a file has against the same of one row: of its form, and finite."""
    sizes = list(like.shape)
    sizes[0] = arrays.units
    # What heaters do is laid out along the places of all rows.
    sizes[-1 if name.endswith(".heat_error") else 1] *= arrays.rows
    shape = tuple(sizes)
    if found.shape != shape or found.dtype != like.dtype:
        raise ValueError(f"{name} is no {like.dtype} of shape {shape}")
    # A NaN is the least and the largest of all.
    if not all(math.isfinite(end) for end in found.aminmax()):
        raise ValueError(f"{name} is not finite")


def _plain(x: Tensor) -> Tensor:
    """A tensor of its own memory, complex ones as pairs of real numbers."""
    return (torch.view_as_real(x) if x.is_complex() else x).clone(
        memory_format=torch.contiguous_format
    )


def _tensors(chip: Chip) -> dict[str, Tensor]:
    """All tensors of a chip by name."""
    found: dict[str, Tensor] = {}
    for modulus, made in chip.fabricated.items():
        parts = vars(made.statics) | vars(made.hybrid) | {"splitter_db": made.splitter_db}
        if made.converters is not None:
            parts["transitions"] = made.converters.transitions
        if made.heat is not None and made.heat.error is not None:
            parts["heat_error"] = made.heat.error
        found |= {f"fabricated.{modulus}.{name}": x for name, x in parts.items()}
    for kind, settings in (("trims", chip.trims), ("drifts", chip.drifts)):
        for modulus, each in settings.items():
            found |= {f"{kind}.{modulus}.{name}": x for name, x in vars(each).items()}
    return found


def _part(found: dict[str, Tensor], prefix: str, kind: Any) -> dict[str, Tensor]:
    """Fields of a dataclass of tensors."""
    return {field.name: found[f"{prefix}.{field.name}"] for field in fields(kind)}


def _fabricated(
    found: dict[str, Tensor], prefix: str, design: Design, modulus: int
) -> FabricatedArrays:
    layout = design.multiplier.heat
    rings = RingHeat.of(DigitOptics.of(design.multiplier, modulus, design.laser.wavelength_m))
    transitions = found.get(f"{prefix}.transitions")
    error = found.get(f"{prefix}.heat_error")
    return FabricatedArrays(
        statics=DigitStatics(**_part(found, prefix, DigitStatics)),
        splitter_db=found[f"{prefix}.splitter_db"],
        hybrid=Hybrid(**_part(found, prefix, Hybrid)),
        converters=None if transitions is None else Converters(transitions),
        heat=None if layout.coupling is None else ArrayHeat(layout, error, rings),
    )
