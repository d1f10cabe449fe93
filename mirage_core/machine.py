"""One frozen object that describes a machine, its presets, and how to change them."""

from __future__ import annotations

import difflib
import json
import tomllib
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Any, Self

from pydantic import Field, ValidationError, field_validator, model_validator

from circuits.chip import ArrayShape
from circuits.design import Design
from devices.laser import PAPER
from devices.part import Part, quantity
from mirage_core.arithmetic.bfp import BfpFormat
from mirage_core.arithmetic.redundancy_policy import UNPROTECTED, Redundancy
from mirage_core.arithmetic.rns import ModuliSet
from photonics.errors import InputError


class ArrayConfig(Part):
    """Size and clock of the modular arrays; there is one array of each modulus in a unit."""

    units: int = quantity(8, "number of RNS arrays", source=f"{PAPER}, Sec. VI", ge=1)
    rows: int = quantity(32, "dot products in an array", source=f"{PAPER}, Sec. VI", ge=1)
    clock_hz: float = quantity(10e9, "symbols per second", source=f"{PAPER}, Sec. V-B", gt=0)


class MachineConfig(Design):
    """A machine: a circuit design with an array, a set of moduli and a number format.

    Refused if the dot products of one group do not fit the range of the moduli, or if the
    redundancy cannot do what it is asked for.
    """

    name: str = Field(default="custom", description="name of the preset")
    description: str = Field(default="", description="what the preset stands for")
    moduli: tuple[int, ...] = Field(default=(31, 32, 33), description="pairwise coprime moduli")
    redundancy: Redundancy = UNPROTECTED
    bfp: BfpFormat = BfpFormat()
    array: ArrayConfig = ArrayConfig()
    chip_seed: int = Field(default=0, description="which chip of the design was fabricated")

    @field_validator("moduli")
    @classmethod
    def _coprime(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        return ModuliSet(value).moduli

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        self.moduli_set.check_range(self.bfp)
        self.redundancy.check(self.moduli_set, self.bfp.max_dot)
        lanes = self.lane_set.moduli
        for modulus, power_w in self.lane_power_w.items():
            if modulus not in lanes:
                raise InputError("lane_power_w", modulus, f"must be one of {lanes}")
            if not power_w > 0:
                raise InputError(f"lane_power_w.{modulus}", power_w, "must be above 0")
        return self

    @property
    def moduli_set(self) -> ModuliSet:
        """The moduli that hold the range of the machine's integers."""
        return ModuliSet(self.moduli)

    @property
    def lane_set(self) -> ModuliSet:
        """All moduli for which there is an array: those, then the redundant ones."""
        return self.redundancy.lanes(self.moduli_set)

    @property
    def array_shape(self) -> ArrayShape:
        """Units, rows, and multipliers in a row."""
        return ArrayShape(self.array.units, self.array.rows, self.bfp.group_size)


def preset_names() -> list[str]:
    """Names of the presets that come with the package."""
    files = resources.files("mirage_core.presets").iterdir()
    return sorted(f.name.removesuffix(".toml") for f in files if f.name.endswith(".toml"))


def load_machine(source: str | Path, overrides: Sequence[str] = ()) -> MachineConfig:
    """Load a preset by name, or a machine from a TOML or JSON file.

    Args:
        source: name of a preset, or a path that ends in ``.toml`` or ``.json``.
        overrides: changes as ``dotted.name=value``, the value in TOML notation, for example
            ``receiver.tia.noise_a_per_rthz=10e-12``.  A name that is alone in its place needs no
            quotes.

    Raises:
        InputError: for an unknown preset, an unreadable file, an unknown or impossible value.
    """
    data = _read(source)
    for override in overrides:
        _override(data, override)
    try:
        return MachineConfig.model_validate(data)
    except ValidationError as error:
        raise first_problem(error, MachineConfig) from None


def _read(source: str | Path) -> dict[str, Any]:
    text = str(source)
    if text.endswith((".toml", ".json")):
        path = Path(text)
        try:
            content = path.read_text()
            return json.loads(content) if text.endswith(".json") else tomllib.loads(content)
        except (OSError, ValueError) as error:
            raise InputError("preset", text, f"cannot be read: {error}") from None
    if text not in preset_names():
        close = difflib.get_close_matches(text, preset_names(), 1)
        hint = f"did you mean {close[0]}?" if close else "or give the path of a .toml file"
        raise InputError("preset", text, f"must be one of {', '.join(preset_names())}", hint)
    file = resources.files("mirage_core.presets") / f"{text}.toml"
    return {"name": text, **tomllib.loads(file.read_text())}


def _override(data: dict[str, Any], override: str) -> None:
    name, equals, text = override.partition("=")
    if not equals or not name.strip():
        raise InputError("--set", override, "must read dotted.name=value")
    try:
        value = tomllib.loads(f"value = {text.strip()}")["value"]
    except tomllib.TOMLDecodeError:
        value = text.strip()
    *path, last = name.strip().split(".")
    place = data
    for step in path:
        place = place.setdefault(step, {})
        if not isinstance(place, dict):
            raise InputError("--set", override, f"{step} is a value and has no parts")
    place[last] = value


def first_problem(error: ValidationError, model: type[Part]) -> InputError:
    """The first of pydantic's complaints about a model: field, value, what is allowed, remedy."""
    problem = error.errors()[0]
    cause = problem.get("ctx", {}).get("error")
    if isinstance(cause, InputError):
        return cause
    names = [str(part) for part in problem["loc"]]
    field, message = ".".join(names) or "machine", problem["msg"]
    if problem["type"] == "extra_forbidden":
        known = _field_names(model, names[:-1])
        close = difflib.get_close_matches(names[-1], known, 1)
        remedy = f"did you mean {close[0]}?" if close else ""
        return InputError(
            field, problem["input"], f"no such field; there is {', '.join(known)}", remedy
        )
    return InputError(field, problem["input"], message[0].lower() + message[1:])


def _field_names(model: Any, path: Sequence[str]) -> list[str]:
    for name in path:
        model = model.model_fields[name].annotation
    return list(model.model_fields)
