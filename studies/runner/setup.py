"""From the values of a point to a machine, how it is looked at, and a recipe."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from hashlib import sha256
from typing import Annotated, Any, NamedTuple

from pydantic import BaseModel, TypeAdapter, ValidationError

from devices.parameters.problems import nearest
from devices.parameters.tree import every_name, fields_of, kinds_of
from mirage_core.machine.config import MachineConfig
from mirage_core.machine.loading import load_machine, preset_names
from mirage_core.training.trainer import Recipe
from photonics.errors import InputError
from studies.metrics.conditions import Conditions
from studies.runner.axes import Choices
from studies.runner.plan import Point
from studies.runner.study import Study

MACHINE = "machine"
_CONDITIONS, _RECIPE = "conditions.", "recipe."
# Names of parts and kinds, whose values are looked up.
_NAMED = ("part", "kind")


class Setup(NamedTuple):
    """A point made ready.

    Attributes:
        machine: with the chip seed of the replica.
        conditions: how it is looked at.
        recipe: changes of a training recipe.
    """

    machine: MachineConfig
    conditions: Conditions
    recipe: dict[str, Any]


def setup(study: Study, point: Point, replica: int) -> Setup:
    """The machine of a point and a replica, and how it is looked at.

    Raises:
        InputError: if there can be no such machine.
    """
    values = study.values_at(point)
    preset = str(values.pop(MACHINE, study.machine))
    conditions = {
        n.removeprefix(_CONDITIONS): v for n, v in values.items() if n.startswith(_CONDITIONS)
    }
    recipe = {n.removeprefix(_RECIPE): v for n, v in values.items() if n.startswith(_RECIPE)}
    machine = {n: v for n, v in values.items() if not n.startswith((_CONDITIONS, _RECIPE))}
    made = _machine(preset, json.dumps(machine, sort_keys=True, default=str), _Held(machine))
    if recipe:
        Recipe(**recipe)
    return Setup(
        made.changed({"chip_seed": study.seed + replica}), Conditions(**conditions), recipe
    )


class _Held:
    """Changes that a cache is not keyed by, since their text is."""

    def __init__(self, changes: Mapping[str, Any]) -> None:
        self.changes = changes

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Held)

    def __hash__(self) -> int:
        return 0


@lru_cache(maxsize=64)
def _machine(preset: str, text: str, held: _Held) -> MachineConfig:
    return load_machine(preset, held.changes)


def machine_digest(machine: MachineConfig) -> str:
    """What tells a machine from all others, wherever its values come from."""
    told = machine.model_dump(mode="json", exclude={"sources", "name", "description"})
    return sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:16]


def check(study: Study) -> None:
    """Refuse, before anything runs, names that there are not and values that no machine takes.

    Values that are each possible, but not together, are no mistake: what comes of them is told as
    a result.

    Raises:
        InputError: naming axis, value, what is allowed, and the nearest name.
    """
    if "chip_seed" in study.axis_names or "chip_seed" in study.set:
        raise InputError("axes.chip_seed", "an axis", "is what replicas differ in", "set replicas")
    for name, value in study.set.items():
        _check_value(name, value, "set")
    plain = {n: v for n, v in study.set.items() if n != MACHINE}
    _require_machine(str(study.set.get(MACHINE, study.machine)), plain, study)
    if study.changes is not None:
        return
    for each in (*study.case_axes, *study.design_axes):
        where = "cases" if each.name in study.cases else "axes"
        if isinstance(each, Choices):
            for label, values in each.sets.items():
                for name, value in values.items():
                    _check_value(name, value, f"{where}.{each.name}.{label}")
        else:
            ends = (each.at(0.0), each.at(1.0)) if study.sampler != "grid" else each.grid
            for value in ends:
                _check_value(each.name, value, where)


def _require_machine(preset: str, changes: Mapping[str, Any], study: Study) -> None:
    """The machine that all points start from must be possible, unless each point completes it."""
    if study.changes is None and not any(
        isinstance(a, Choices) for a in study.design_axes + study.case_axes
    ):
        setting = {n: v for n, v in changes.items() if not n.startswith((_CONDITIONS, _RECIPE))}
        load_machine(preset, setting)
    elif preset in preset_names():
        load_machine(preset)


def _check_value(name: str, value: Any, where: str) -> None:
    if name == MACHINE:
        if value not in preset_names() and not str(value).endswith((".toml", ".json")):
            allowed = f"must be one of {', '.join(preset_names())}"
            near = nearest(str(value), preset_names())
            raise InputError(f"{where}.{name}", value, allowed, near)
        return
    kinds: list[type[BaseModel]] = [MachineConfig]
    rest = name
    for prefix, kind in ((_CONDITIONS, Conditions), (_RECIPE, Recipe)):
        if name.startswith(prefix):
            kinds, rest = [kind], name.removeprefix(prefix)
    start = kinds[0]
    *outer, last = rest.split(".")
    for step in outer:
        fields = [f for kind in kinds if (f := fields_of(kind).get(step)) is not None]
        kinds = [inner for field in fields for inner in kinds_of(field)]
    if last in _NAMED and kinds and start is MachineConfig:
        _check_part(name, value, where)
        return
    fields = [f for kind in kinds if (f := fields_of(kind).get(last)) is not None]
    if not fields:
        near = nearest(rest, every_name(start))
        prefix = name.removesuffix(rest)
        near = near.replace("did you mean ", f"did you mean {prefix}") if near else ""
        remedy = near or f"mirage show preset {load_machine('robust').name} lists them"
        raise InputError(f"{where}.{name}", value, "no such field", remedy)
    problems = [_problem(field, value) for field in fields]
    if all(problems):
        raise InputError(f"{where}.{name}", value, str(problems[0]))


def _check_part(name: str, value: Any, where: str) -> None:
    """Refuse a part or kind that there is not; one that does not fit here is told as a result."""
    try:
        load_machine("robust", {name: value})
    except InputError as error:
        if error.field == name and error.value == value:
            field = f"{where}.{name}"
            raise InputError(field, value, error.allowed, error.remedy) from None


def _problem(field: Any, value: Any) -> str | None:
    """What is wrong with a value by the bounds of one field; none where it may be."""
    if kinds_of(field) or value == "none":
        return None
    try:
        TypeAdapter(Annotated[field.annotation, field]).validate_python(value)
    except ValidationError as error:
        said = error.errors(include_url=False)[0]["msg"]
        return said.removeprefix("Value error, ").replace("Input should be", "must be")
    return None
