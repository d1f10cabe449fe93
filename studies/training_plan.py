"""What a training is to do, from a file, from options, and from what suits its network."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from devices.parameters.base import Parameters, quantity
from devices.parameters.parts_file import parse_toml, read_text
from devices.parameters.tree import values_of
from mirage_core.training.networks import NETWORKS
from mirage_core.training.recipe import Recipe
from photonics.files import existing, write_whole

_DEVICE = r"^(cpu|cuda(:\d+)?)$"
# What is learned where nothing else is asked for.
_DATA = {"classification": "digits", "detection": "scenes", "language": "text"}


class TrainingPlan(Parameters):
    """A training by command: data, machine and recipe, as they stand in a file of them."""

    inlined: ClassVar[str | None] = "recipe"

    data: str = quantity("digits", "data set, or kind:PATH", source="choice")
    preset: str = quantity("robust", "preset of the machine, or path of its file", source="choice")
    overrides: tuple[str, ...] = quantity((), "changes of the machine", source="choice")
    fidelity: str = quantity("compact", "field, compact or integer", source="choice")
    chip: str | None = quantity(None, "file of a chip", source="choice")
    weights: str | None = quantity(None, "file of weights to start from", source="choice")
    device: str = quantity("cpu", "where digital layers run", source="choice", pattern=_DEVICE)
    recipe: Recipe = Recipe()

    def save(self, path: Path) -> None:
        """Write a file that :func:`plan` reads; paths in it hold from everywhere."""
        lines = ["# mirage train --recipe FILE"]
        for name, value in values_of(self).items():
            if value is not None:
                lines.append(f"{name} = {json.dumps(_placed(name, value))}")
        write_whole(path, ("\n".join(lines) + "\n").encode())


def plan(file: Path | None, given: Mapping[str, Any]) -> TrainingPlan:
    """The plan of a file with what is given in its place; the rest as suits the network.

    Args:
        file: TOML file of fields of a plan and a recipe; none for options alone.
        given: fields by name; overrides of the machine come after those of the file.

    Raises:
        InputError: for a file that cannot be read, and fields that cannot be.
    """
    told: dict[str, Any] = {}
    if file is not None:
        path, text = read_text(file, "recipe")
        told = parse_toml(text, path)
    before = told.get("overrides", [])
    told |= given
    if isinstance(before, list):
        told["overrides"] = [*before, *given.get("overrides", ())]
    network = NETWORKS.get(told.get("model", Recipe().model))
    suits = {} if network is None else {"data": _DATA[network.task], **network.advice}
    return TrainingPlan(**{**suits, **told})


def _placed(name: str, value: Any) -> Any:
    """A value with the path in it, if there is one, made whole."""
    if name in ("chip", "weights") or (name == "preset" and existing(value).is_file()):
        return str(existing(value).resolve())
    if name == "data" and ":" in value:
        kind, _, path = value.partition(":")
        return f"{kind}:{existing(path).resolve()}"
    return list(value) if isinstance(value, tuple) else value
