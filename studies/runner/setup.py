"""From the values of a point to a machine, how it is looked at, and a recipe."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from hashlib import sha256
from typing import Annotated, Any, NamedTuple

from pydantic import BaseModel, TypeAdapter, ValidationError

from devices.parameters.problems import nearest
from devices.parameters.tree import every_name, fields_of, kinds_of
from mirage_core.machine.config import MachineConfig
from mirage_core.machine.loading import load_machine, preset_names
from mirage_core.training.recipe import Recipe
from photonics.errors import InputError
from studies.metrics.conditions import Conditions
from studies.runner.axes import Choices
from studies.runner.plan import Point
from studies.runner.study import Study

MACHINE = "machine"
_CONDITIONS, _RECIPE = "conditions.", "recipe."
# Names of parts and kinds, whose values are looked up.
_NAMED = ("part", "kind")
_NOTHING = object()


class Setup(NamedTuple):
    """A point made ready.

    Attributes:
        machine: of all replicas, whatever its chip.
        digest: of the machine.
        conditions: how it is looked at.
        recipe: changes of a training recipe.
    """

    machine: MachineConfig
    digest: str
    conditions: Conditions
    recipe: dict[str, Any]


def setup(study: Study, point: Point) -> Setup:
    """The machine of a point, and how it is looked at.

    Raises:
        InputError: if there can be no such machine.
    """
    fixed, values = _split(study.set), _split(study.values_at(point))
    machine, digest = _machine(_Changes(fixed.preset or study.machine, fixed.machine, values))
    if values.recipe:
        Recipe(**values.recipe)
    return Setup(machine, digest, Conditions(**values.conditions), values.recipe)


class _Values(NamedTuple):
    """Values by what they change."""

    preset: str | None
    machine: dict[str, Any]
    conditions: dict[str, Any]
    recipe: dict[str, Any]


def _split(values: Mapping[str, Any]) -> _Values:
    inner: dict[str, dict[str, Any]] = {_CONDITIONS: {}, _RECIPE: {}, "": {}}
    for name, value in values.items():
        prefix = next(p for p in inner if name.startswith(p))
        inner[prefix][name.removeprefix(prefix)] = value
    preset = inner[""].pop(MACHINE, None)
    told = None if preset is None else str(preset)
    return _Values(told, inner[""], inner[_CONDITIONS], inner[_RECIPE])


class _Changes:
    """Changes of a machine, told apart by their text."""

    def __init__(self, preset: str, fixed: Mapping[str, Any], values: _Values) -> None:
        self.preset, self.fixed, self.all = values.preset or preset, fixed, values.machine
        self.text = json.dumps([self.preset, fixed, self.all], sort_keys=True, default=str)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Changes) and other.text == self.text

    def __hash__(self) -> int:
        return hash(self.text)


@lru_cache(maxsize=8)
def _machine(changes: _Changes) -> tuple[MachineConfig, str]:
    """A machine and its digest: replicas of one point follow each other."""
    base = _base(_Changes(changes.preset, {}, _Values(None, dict(changes.fixed), {}, {})))
    same = {n: v for n, v in changes.all.items() if changes.fixed.get(n, _NOTHING) == v}
    if base is None or len(same) < len(changes.fixed):
        machine = load_machine(changes.preset, changes.all)
    else:
        machine = base.changed({n: v for n, v in changes.all.items() if n not in same})
    return machine, machine_digest(machine)


@lru_cache(maxsize=8)
def _base(changes: _Changes) -> MachineConfig | None:
    """What all points start from; none where only a point makes it complete."""
    try:
        return load_machine(changes.preset, changes.all)
    except InputError:
        return None


def machine_digest(machine: MachineConfig) -> str:
    """What tells a machine from all others, whatever its chip and the sources of its values."""
    told = machine.model_dump(mode="json", exclude={"sources", "name", "description", "chip_seed"})
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
    plain_axes = [a.name for a in (*study.case_axes, *study.design_axes)]
    for name, value in study.set.items():
        if name in plain_axes:
            raise InputError(f"set.{name}", value, "is an axis of the study", "leave it out")
        _check_values(name, [value], "set")
    _check_parts(study.machine, study.set, "set")
    plain = {n: v for n, v in study.set.items() if n != MACHINE}
    _require_machine(str(study.set.get(MACHINE, study.machine)), plain, study)
    if study.changes is not None:
        return
    for each in (*study.case_axes, *study.design_axes):
        where = "cases" if each.name in study.cases else "axes"
        if isinstance(each, Choices):
            for label, values in each.sets.items():
                place = f"{where}.{each.name}.{label}"
                for name, value in values.items():
                    _check_values(name, [value], place)
                _check_parts(study.machine, values, place)
        else:
            ends = (each.at(0.0), each.at(1.0)) if study.sampler != "grid" else each.grid
            _check_values(each.name, ends, where)
            for value in ends:
                _check_parts(study.machine, {each.name: value}, where)


def _require_machine(preset: str, changes: Mapping[str, Any], study: Study) -> None:
    """The machine that all points start from must be possible, unless each point completes it."""
    if study.changes is None and not any(
        isinstance(a, Choices) for a in study.design_axes + study.case_axes
    ):
        setting = {n: v for n, v in changes.items() if not n.startswith((_CONDITIONS, _RECIPE))}
        load_machine(preset, setting)
    elif preset in preset_names():
        load_machine(preset)


def _check_values(name: str, values: Sequence[Any], where: str) -> None:
    if name == MACHINE:
        for value in values:
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
        return
    fields = [f for kind in kinds if (f := fields_of(kind).get(last)) is not None]
    if not fields:
        near = nearest(rest, every_name(start))
        prefix = name.removesuffix(rest)
        near = near.replace("did you mean ", f"did you mean {prefix}") if near else ""
        shown = "preset robust" if start is MachineConfig else "metrics"
        remedy = near or f"mirage show {shown} lists them"
        raise InputError(f"{where}.{name}", values[0], "no such field", remedy)
    if any(map(kinds_of, fields)):
        # Tables of a part are looked at when a machine is made of them.
        return
    # An axis may have very many values, and an adapter takes longer to make than to use.
    adapters = [_adapter(field) for field in fields]
    for value in values:
        problems = [_problem(adapter, value) for adapter in adapters]
        if all(problems):
            raise InputError(f"{where}.{name}", value, str(problems[0]))


def _check_parts(preset: str, values: Mapping[str, Any], where: str) -> None:
    """Refuse parts and kinds that there are not; those that do not fit are told as a result."""
    if not any(name.rpartition(".")[2] in _NAMED for name in values):
        return
    given = _split(values)
    try:
        load_machine(given.preset or preset, given.machine)
    except InputError as error:
        if error.field.rpartition(".")[2] in _NAMED and error.field in values:
            field = f"{where}.{error.field}"
            raise InputError(field, error.value, error.allowed, error.remedy) from None


def _adapter(field: Any) -> TypeAdapter[Any]:
    return TypeAdapter(Annotated[field.annotation, field])


def _problem(adapter: TypeAdapter[Any], value: Any) -> str | None:
    """What is wrong with a value by the bounds of one field; none where it may be."""
    if value == "none":
        return None
    try:
        adapter.validate_python(value)
    except ValidationError as error:
        said = error.errors(include_url=False)[0]["msg"]
        return said.removeprefix("Value error, ").replace("Input should be", "must be")
    return None
