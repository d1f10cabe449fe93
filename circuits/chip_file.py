"""Chips on disk: what was fabricated, trimmed and has drifted, whole or not at all.

A file holds the circuit of a chip, not the machine around it: the clock is that of the machine
which it is lent to, and a chip by itself is read symbol by symbol, settled.
"""

from __future__ import annotations

import io
import os
import pickle
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from pydantic import ValidationError
from torch import Tensor

from circuits.chip import ArrayShape, Chip, FabricatedLane
from circuits.design import Design
from circuits.heat import ArrayHeat
from circuits.hybrid import Hybrid
from circuits.lane import Converters, LaneDrift
from circuits.multiplier import DigitOptics, DigitStatics
from circuits.ring_heat import RingHeat
from circuits.trims import LaneTrims
from photonics.errors import InputError

_FAMILY = "mirage chip"
_FORMAT = f"{_FAMILY} 2"


def save_chip(chip: Chip, path: str | Path) -> None:
    """Write a chip to a file, atomically.

    Raises:
        InputError: if the file cannot be written.
    """
    content = {
        "format": _FORMAT,
        "design": chip.design.model_dump_json(include=set(Design.model_fields)),
        "shape": asdict(chip.shape),
        "seed": chip.seed,
        "lanes": {m: _lane_tensors(lane) for m, lane in chip.lanes.items()},
        "trims": {m: dict(vars(trims)) for m, trims in chip.trims.items()},
        "drifts": {m: dict(vars(drift)) for m, drift in chip.drifts.items()},
    }
    buffer = io.BytesIO()
    torch.save(content, buffer)
    target = Path(path)
    partial = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        partial.write_bytes(buffer.getvalue())
        partial.replace(target)
    except OSError as error:
        partial.unlink(missing_ok=True)
        reason = error.strerror or str(error)
        raise InputError("chip", str(path), f"cannot be written ({reason})") from None


def load_chip(path: str | Path) -> Chip:
    """Read a chip that :func:`save_chip` wrote.

    Raises:
        InputError: if the file cannot be read, or holds no chip.
    """
    try:
        content = torch.load(Path(path), weights_only=True)
    except OSError as error:
        reason = error.strerror or str(error)
        raise InputError("chip", str(path), f"cannot be read ({reason})") from None
    except (EOFError, RuntimeError, pickle.UnpicklingError):
        raise InputError("chip", str(path), "is not a chip", "see circuits.save_chip") from None
    written = content.get("format") if isinstance(content, dict) else None
    if not str(written).startswith(_FAMILY):
        raise InputError("chip", str(path), "is not a chip", "see circuits.save_chip")
    try:
        if written != _FORMAT:
            raise KeyError(written)
        design = Design.model_validate_json(content["design"])
        lanes = {m: _lane(tensors, design, m) for m, tensors in content["lanes"].items()}
        return Chip(
            design=design,
            shape=ArrayShape(**content["shape"]),
            seed=content["seed"],
            lanes=lanes,
            trims={m: LaneTrims(**t) for m, t in content["trims"].items()},
            drifts={m: LaneDrift(**d) for m, d in content["drifts"].items()},
        )
    except (KeyError, TypeError, ValidationError):
        raise InputError(
            "chip", str(path), "was written by another version", "fabricate it again"
        ) from None


def _lane_tensors(lane: FabricatedLane) -> dict[str, Any]:
    return {
        "statics": dict(vars(lane.statics)),
        "splitter_db": lane.splitter_db,
        "hybrid": dict(vars(lane.hybrid)),
        "transitions": None if lane.converters is None else lane.converters.transitions,
        "heat_error": None if lane.heat is None else lane.heat.error,
    }


def _lane(tensors: dict[str, Any], design: Design, modulus: int) -> FabricatedLane:
    layout = design.multiplier.heat
    rings = RingHeat.of(DigitOptics.of(design.multiplier, modulus, design.laser.wavelength_m))
    transitions: Tensor | None = tensors["transitions"]
    return FabricatedLane(
        statics=DigitStatics(**tensors["statics"]),
        splitter_db=tensors["splitter_db"],
        hybrid=Hybrid(**tensors["hybrid"]),
        converters=None if transitions is None else Converters(transitions),
        heat=None if layout.coupling is None else ArrayHeat(layout, tensors["heat_error"], rings),
    )
