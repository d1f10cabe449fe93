"""Chips on disk: what was fabricated, trimmed and has drifted, whole or not at all.

A chip file (:mod:`photonics.sealed_file`) holds tensors by name, such as
``fabricated.31.splitter_db``, and text beside them (design, shape, seed, moduli).
A file holds the circuit of a chip, its clock included, and not the machine around it.
"""

from __future__ import annotations

import json
import math
from dataclasses import asdict, fields, replace
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
from circuits.optics.switch_heat import SwitchHeat
from photonics.checks import instance_of
from photonics.documents import json_of
from photonics.sealed_file import SealedFormat, plain

_FORMAT = SealedFormat("chip", "mirage chip", 6, "circuits.save_chip", "fabricate it again")


def save_chip(chip: Chip, path: str | Path) -> None:
    """Write a chip to a file, atomically.

    Raises:
        InputError: for what is no chip, and if the file cannot be written.
    """
    instance_of("chip", chip, Chip)
    text = {
        "design": chip.design.model_dump_json(),
        "shape": json.dumps(asdict(chip.shape)),
        "seed": str(chip.seed),
        "moduli": json.dumps(chip.moduli),
        "trimmed": json.dumps(tuple(chip.trims)),
        "drifted": json.dumps(tuple(chip.drifts)),
    }
    _FORMAT.write(path, text, _tensors(chip))


def chip_digest(chip: Chip) -> str:
    """What tells this chip from all others: the SHA-256 of its tensors, by their names."""
    digest = sha256()
    for name, tensor in sorted(_tensors(chip).items()):
        digest.update(name.encode())
        digest.update(plain(tensor).numpy().tobytes())
    return digest.hexdigest()


def load_chip(path: str | Path) -> Chip:
    """Read a chip that :func:`save_chip` wrote.

    Raises:
        InputError: if the file cannot be read, is damaged, or holds no chip.
    """
    text, stored = _FORMAT.read(path)
    try:
        return _chip(text, stored)
    except Exception as error:  # whatever false content may raise
        raise _FORMAT.misfit(path, error) from None


def _chip(text: dict[str, str], stored: dict[str, Tensor]) -> Chip:
    """A chip from what a file holds, every tensor checked against what a chip has there.

    Raises:
        Exception: a lookup, type or value error for what is not as it should be.
    """
    design = Design.model_validate_json(text["design"])
    shape = ArrayShape(**json_of(text["shape"]))
    moduli = {name: tuple(json_of(text[name])) for name in ("moduli", "trimmed", "drifted")}
    if shape.length > max((x.numel() for x in stored.values()), default=0):
        raise ValueError(f"rows of {shape.length} have more multipliers than there are numbers")
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
        _check(name, stored[name], plain(expected), shape)
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
    layout, rails = design.multiplier.laid_out, design.multiplier.multiplied_rails
    switches = SwitchHeat.of(DigitOptics.of(design.multiplier, modulus, design.laser.wavelength_m))
    transitions = found.get(f"{prefix}.transitions")
    error = found.get(f"{prefix}.heat_error")
    return FabricatedArrays(
        statics=DigitStatics(**_part(found, prefix, DigitStatics)),
        splitter_db=found[f"{prefix}.splitter_db"],
        hybrid=Hybrid(**_part(found, prefix, Hybrid)),
        converters=None if transitions is None else Converters(transitions),
        heat=None if layout.coupling is None else ArrayHeat(layout, error, switches, rails),
    )
