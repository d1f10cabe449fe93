"""What a training is to do, from a file, from options, and from what suits its network."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Self

from pydantic import Field, field_validator, model_validator

from devices.parameters.base import Parameters, quantity
from devices.parameters.parts_file import parse_toml
from devices.parameters.tree import values_of
from mirage_core.arithmetic.precision import Precision
from mirage_core.training.cores import KINDS, check_places
from mirage_core.training.networks import NETWORKS, usual_data
from mirage_core.training.recipe import Recipe
from photonics.errors import InputError
from photonics.files import encoded, existing, read_bytes, read_text, write_whole

_HEAD = "# mirage train --recipe FILE"
_DEVICE = re.compile(r"cpu|cuda(:\d+)?")
# Fields of a recipe that count with one choice of another alone; files may hold them all.
_NEEDS = {
    "momentum": ("optimizer", "sgd"),
    "step_epochs": ("schedule", "step"),
    "step_factor": ("schedule", "step"),
}


class TrainingPlan(Parameters):
    """A training by command: data, machine and recipe, as they stand in a file of them."""

    inlined: ClassVar[str | None] = "recipe"

    data: str = quantity("digits", "data set, or kind:PATH", source="choice")
    preset: str = quantity("robust", "preset of the machine, or path of its file", source="choice")
    overrides: tuple[str, ...] = quantity((), "changes of the machine", source="choice")
    fidelity: str = quantity("compact", "field, compact or integer", source="choice")
    chip: str | None = quantity(None, "file of a chip", source="choice")
    weights: str | None = quantity(None, "file of weights to start from", source="choice")
    device: str = quantity("cpu", "where the network is", source="choice")
    precision: Precision | None = Field(
        default=None, description="mantissa bits by layer and time; those of the machine if none"
    )
    products: dict[str, dict[str, str]] = Field(
        default={},
        description="where forward, dx and dw of layers run, by pattern of their names: light, "
        "integer, or a number format; what is not named is on light",
    )
    recipe: Recipe = Recipe()

    @field_validator("device")
    @classmethod
    def _known_to_all_layers(cls, device: str) -> str:
        if _DEVICE.fullmatch(device) is None:
            allowed = "must be cpu, cuda, or cuda:0 and so on"
            raise InputError("", device, allowed, "others do not compute all layers alike")
        return device

    @model_validator(mode="after")
    def _places_there_are(self) -> Self:
        check_places(self.products)
        return self

    @property
    def plain(self) -> dict[str, Any]:
        """Plain data from which the plan can be made again."""
        told = {name: value for name, value in values_of(self).items() if value is not None}
        if self.precision is not None:
            told["precision"] = self.precision.model_dump(mode="json")
        return told

    @property
    def placed(self) -> Self:
        """The same plan with paths that hold from everywhere."""
        return type(self)(**{name: _placed(name, value) for name, value in self.plain.items()})

    def save(self, path: Path) -> None:
        """Write a file that :func:`plan` reads; paths in it hold from everywhere."""
        lines = [_HEAD]
        lines += [f"{name} = {_toml(value)}" for name, value in self.placed.plain.items()]
        write_whole(path, encoded("\n".join(lines) + "\n"), "--out")


def is_plan(path: Path) -> bool:
    """Whether a file is one that :meth:`TrainingPlan.save` wrote."""
    try:
        return read_bytes(path, "recipe").startswith(_HEAD.encode())
    except InputError:
        return False


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
    model = str(told.get("model", Recipe().model))
    advice = NETWORKS[model].advice if model in NETWORKS else {}
    return TrainingPlan(**{"data": usual_data(model), **advice, **told})


def plan_as_typed(typed: Mapping[str, Any]) -> TrainingPlan:
    """The plan of options of the command line, by their names.

    Raises:
        InputError: as :func:`plan`, and for what nothing of the plan would look at.
    """
    given = {n: str(v) if isinstance(v, Path) else v for n, v in typed.items()}
    file = given.pop("recipe", None)
    if "bits" in given:
        given["precision"] = moving_bits(given.pop("bits"))
    if "on_light" in given:
        given["products"] = products_on_light(given.pop("on_light"))
    found = plan(None if file is None else Path(file), given)
    for name, (other, needed) in _NEEDS.items():
        if name in given and (has := getattr(found.recipe, other)) != needed:
            allowed = f"is for the {other} {needed} alone, and that is {has}"
            raise InputError(name, given[name], allowed, "leave it out")
    return found


def moving_bits(text: str) -> dict[str, Any]:
    """A precision from ``3``, or from ``3,4@0.5``: later bits with the fraction that is done.

    Raises:
        InputError: for anything else.
    """
    phases = []
    for part in text.split(","):
        bits, at, start = part.partition("@")
        try:
            phases.append({"bits": int(bits), "start": float(start) if at else 0.0})
        except ValueError:
            allowed = "must be whole numbers, all but the first with the fraction they start at"
            raise InputError("bits", text, allowed, "write 3, or 3,4@0.5") from None
    return {"unit": "fraction", "phases": phases}


def products_on_light(text: str) -> dict[str, dict[str, str]]:
    """Where products run if only some kinds are on light, as ``forward,dx``; others in FP32.

    Raises:
        InputError: for other names.
    """
    kinds = text.split(",")
    if not set(kinds) <= set(KINDS):
        allowed = f"must be one or more of {', '.join(KINDS)}"
        raise InputError("on_light", text, allowed, "write forward,dx")
    digital = {kind: "fp32" for kind in KINDS if kind not in kinds}
    return {"*": digital} if digital else {}


def _toml(value: Any) -> str:
    """A value in the notation of TOML."""
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{_toml(k)} = {_toml(v)}' for k, v in value.items())}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_toml, value))}]"
    # TOML has no halves of characters, which JSON writes for those beyond 16 bits.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _placed(name: str, value: Any) -> Any:
    """A value with the path in it, if there is one, made whole."""
    if name in ("chip", "weights") or (name == "preset" and existing(value).is_file()):
        return str(existing(value).resolve())
    if name == "data" and ":" in value:
        kind, _, path = value.partition(":")
        return f"{kind}:{existing(path).resolve()}"
    return value
