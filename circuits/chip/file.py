"""Chips on disk, whole or not at all: a design, and what was made, trimmed and has drifted."""

from __future__ import annotations

import io
import os
import pickle
from dataclasses import asdict, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import torch
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


def save_chip(chip: Chip, path: str | Path) -> None:
    """Write a chip to a file, atomically.

    Raises:
        InputError: if the file cannot be written.
    """
    content = {
        "design": chip.design.model_dump_json(),
        "shape": asdict(chip.shape),
        "seed": chip.seed,
        "fabricated": {m: _array_tensors(arrays) for m, arrays in chip.fabricated.items()},
        "trims": {m: dict(vars(trims)) for m, trims in chip.trims.items()},
        "drifts": {m: dict(vars(drift)) for m, drift in chip.drifts.items()},
    }
    buffer = io.BytesIO()
    torch.save(content, buffer)
    body = buffer.getvalue()
    target = Path(path)
    partial = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        partial.write_bytes(f"{_FORMAT} {sha256(body).hexdigest()}\n".encode() + body)
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

    def refused(why: str, remedy: str = "see circuits.save_chip") -> InputError:
        return InputError("chip", str(path), why, remedy)

    try:
        written = Path(path).read_bytes()
    except OSError as error:
        raise refused(f"cannot be read ({error.strerror or error})", "") from None
    head, _, body = written.partition(b"\n")
    if not head.startswith(_FAMILY.encode()):
        raise refused("is not a chip")
    if not head.startswith(f"{_FORMAT} ".encode()):
        raise refused("was written by another version", "fabricate it again")
    if head != f"{_FORMAT} {sha256(body).hexdigest()}".encode():
        raise refused("is damaged: it is not what was written", "fabricate it again")
    try:
        content = torch.load(io.BytesIO(body), weights_only=True)
        return _chip(content)
    except (pickle.UnpicklingError, RuntimeError, LookupError, TypeError, ValueError) as error:
        found = str(error).splitlines()[0]
        raise refused(
            f"does not hold a chip of this version ({found})", "fabricate it again"
        ) from None


def _chip(content: dict[str, Any]) -> Chip:
    """A chip from what a file holds, every tensor checked against what a chip has there.

    Raises:
        Exception: a lookup, type or value error for what is not as it should be.
    """
    design, shape = Design.model_validate_json(content["design"]), ArrayShape(**content["shape"])
    # One unit tells the form of all.
    one = fabricate(design, tuple(content["fabricated"]), replace(shape, units=1), 0)
    units = shape.units
    fabricated, trims, drifts = content["fabricated"], content["trims"], content["drifts"]
    for modulus, made in one.fabricated.items():
        _check(fabricated[modulus], _array_tensors(made), units, f"fabricated.{modulus}")
    for modulus, settings in trims.items():
        _check(settings, vars(one.untrimmed(modulus)), units, f"trims.{modulus}")
    still = torch.zeros(1, shape.rows, dtype=torch.float64)
    for modulus, drift in drifts.items():
        _check(drift, vars(at_temperatures(one, modulus, still, still)), units, f"drifts.{modulus}")
    return Chip(
        design=design,
        shape=shape,
        seed=int(content["seed"]),
        fabricated={m: _arrays(tensors, design, m) for m, tensors in fabricated.items()},
        trims={m: Trims(**t) for m, t in trims.items()},
        drifts={m: ThermalDrift(**d) for m, d in drifts.items()},
    )


def _check(found: Any, like: Any, units: int, name: str) -> None:
    """Hold what a file has against the same of one unit: of its form, and finite."""
    if isinstance(like, dict):
        if set(found) != set(like):
            raise ValueError(f"{name} has {sorted(found)}")
        for part, expected in like.items():
            _check(found[part], expected, units, f"{name}.{part}")
    elif isinstance(like, Tensor):
        shape = (units, *like.shape[1:])
        if not isinstance(found, Tensor) or found.shape != shape or found.dtype != like.dtype:
            raise ValueError(f"{name} is no {like.dtype} of shape {shape}")
        if not bool(torch.isfinite(found).all()):
            raise ValueError(f"{name} is not finite")
    elif found is not like:
        raise ValueError(f"{name} is {found!r}")


def _array_tensors(arrays: FabricatedArrays) -> dict[str, Any]:
    return {
        "statics": dict(vars(arrays.statics)),
        "splitter_db": arrays.splitter_db,
        "hybrid": dict(vars(arrays.hybrid)),
        "transitions": None if arrays.converters is None else arrays.converters.transitions,
        "heat_error": None if arrays.heat is None else arrays.heat.error,
    }


def _arrays(tensors: dict[str, Any], design: Design, modulus: int) -> FabricatedArrays:
    layout = design.multiplier.heat
    rings = RingHeat.of(DigitOptics.of(design.multiplier, modulus, design.laser.wavelength_m))
    transitions: Tensor | None = tensors["transitions"]
    return FabricatedArrays(
        statics=DigitStatics(**tensors["statics"]),
        splitter_db=tensors["splitter_db"],
        hybrid=Hybrid(**tensors["hybrid"]),
        converters=None if transitions is None else Converters(transitions),
        heat=None if layout.coupling is None else ArrayHeat(layout, tensors["heat_error"], rings),
    )
