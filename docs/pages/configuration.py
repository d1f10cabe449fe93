"""The configuration reference: every parameter of every part, from the models themselves."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from inspect import isabstract
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

import devices
from devices.parameters.part import Part
from devices.parameters.tree import (
    default_of,
    fields_of,
    kind_name,
    kinds_of,
    values_of,
)
from docs.pages.markdown import code, docstring, plain, table
from docs.pages.units import unit
from mirage_core.machine.config import ABOUT, MachineConfig
from mirage_core.machine.loading import load_machine, preset_names

HEAD = ("parameter", "unit", "default", "allowed", "meaning", "source of the default")
_BOUNDS = {"gt": "> ", "ge": "≥ ", "lt": "< ", "le": "≤ "}

MACHINE = """# Parameters of a machine

Every parameter that a machine has, by its dotted name in files and behind `--set`. The table of a
part begins with its class. Where a place holds parts of several kinds, `kind` names the kind, and
each kind has a table. A value without a unit is a pure number. This page is made from the models
that check every machine; `mirage show preset robust` prints one machine with the sources of its own
values.
"""
PARTS = """# Parameters of other parts

Parts that stand beside a machine: those of the library that no machine holds by default.
"""
PRESETS = """# Presets

What each preset sets beside the defaults in [](configuration.md), and why.
"""


def pages() -> Iterator[tuple[str, str]]:
    """Pages of the machine, of the parts that it does not hold, and of the presets."""
    machine = Sections(homes(MachineConfig, ""))
    machine.add(MachineConfig, "", MachineConfig())
    yield "configuration.md", "\n".join((MACHINE, *machine.text))
    others = Sections(dict(machine.homes), title="{}")
    for kind in _parts():
        if kind not in others.homes and kind.model_fields:
            others.homes = homes(kind, kind.__name__) | others.homes
            others.add(kind, kind.__name__, None)
    yield "other-parts.md", "\n".join((PARTS, *others.text))
    yield "presets.md", "\n".join((PRESETS, *map(_preset, preset_names())))


def _parts() -> Iterator[type[BaseModel]]:
    for name in devices.__all__:
        kind = getattr(devices, name)
        if isinstance(kind, type) and issubclass(kind, Part) and not isabstract(kind):
            yield kind


def homes(kind: type[BaseModel], name: str) -> dict[type[BaseModel], str]:
    """Labels of the sections in which the parameters of a part and of all parts in it stand.

    Of a class that fits several places it is the outermost of them.
    """
    found: dict[type[BaseModel], str] = {}
    waiting = deque([(kind, name)])
    while waiting:
        one, place = waiting.popleft()
        if one in found:
            continue
        found[one] = _label(place, one)
        for inner, held in fields_of(one).items():
            waiting += [(each, _inside(place, inner)) for each in kinds_of(held)]
    return found


@dataclass
class Sections:
    """Sections of a page.

    Attributes:
        homes: label of the section in which every parameter of a class stands.
        text: what stands in them, one after the other.
        title: of a section, around the dotted name of its part.
    """

    homes: dict[type[BaseModel], str]
    text: list[str] = field(default_factory=list)
    title: str = "`{}`"

    def add(
        self,
        kind: type[BaseModel],
        name: str,
        default: BaseModel | None,
        sources: Mapping[str, str] | None = None,
        several: bool = False,
    ) -> None:
        """Add the section of a part and those of the parts in it.

        Args:
            kind: class of the part.
            name: its dotted name; empty for the machine itself.
            default: what stands there by default; none for the defaults of the class.
            sources: of defaults of the place, by name within the part.
            several: whether parts of other classes fit there, too.
        """
        given = dict(sources or {})
        fields, home = fields_of(kind), self.homes[kind] == _label(name, kind)
        usual = {n: default_of(f) for n, f in fields.items()}
        here = values_of(default) if type(default) is kind else usual
        rows = [
            _row(n, f, here[n], given.get(n, _source(f)))
            for n, f in fields.items()
            if not kinds_of(f) and (name or n not in ABOUT) and (home or here[n] != usual[n])
        ]
        self._head(kind, name, several)
        if not home:
            differs = "; what differs here:" if rows else "."
            self.text.append(f"Its parameters stand under [](#{self.homes[kind]}){differs}\n")
        if rows:
            self.text.append(table(HEAD, rows))
        for inner, held in fields.items() if home else ():
            prefix = f"{inner}."
            within = _sources(held)
            within |= {n.removeprefix(prefix): s for n, s in given.items() if n.startswith(prefix)}
            kinds = kinds_of(held)
            for each in kinds:
                self.add(each, _inside(name, inner), here[inner], within, len(kinds) > 1)

    def _head(self, kind: type[BaseModel], name: str, several: bool) -> None:
        called = kind_name(kind)
        title = self.title.format(name) if name else "The machine"
        if called is not None and name:
            title += f", kind `{called}`"
        elif several:
            title += f", class `{kind.__name__}`"
        about = docstring((kind.__doc__ or "").partition("\n\n")[0])
        link = f"{{py:class}}`~{kind.__module__}.{kind.__qualname__}`"
        self.text.append(f"({_label(name, kind)})=\n## {title}\n\n{link}: {about}\n")


def _inside(name: str, inner: str) -> str:
    return f"{name}.{inner}" if name else inner


def _label(name: str, kind: type[BaseModel]) -> str:
    return f"config-{name or 'machine'}-{kind.__name__}".replace(".", "-").lower()


def _source(held: FieldInfo) -> str:
    extra = held.json_schema_extra
    return str(extra.get("source", "")) if isinstance(extra, dict) else ""


def _sources(held: FieldInfo) -> dict[str, str]:
    """Sources that a place gives for values of the part in it."""
    extra = held.json_schema_extra
    found = extra.get("sources") if isinstance(extra, dict) else None
    return {str(n): str(s) for n, s in found.items()} if isinstance(found, dict) else {}


def _row(name: str, held: FieldInfo, default: Any, source: str) -> tuple[str, ...]:
    return (
        code(name),
        unit(name),
        code(_value(default)),
        plain(_allowed(held)),
        plain(held.description or ""),
        plain(source),
    )


def _allowed(held: FieldInfo) -> str:
    """Bounds, or words to choose from, or that the value may be left out."""
    choices = [str(x) for x in _literals(held.annotation)]
    bounds = [
        f"{sign}{getattr(rule, name):g}"
        for rule in held.metadata
        for name, sign in _BOUNDS.items()
        if getattr(rule, name, None) is not None
    ]
    none = ["none"] if type(None) in get_args(held.annotation) else []
    return ", ".join([*choices, *bounds, *none])


def _literals(annotation: Any) -> Iterator[Any]:
    if get_origin(annotation) is Literal:
        yield from get_args(annotation)
    for inner in get_args(annotation) if get_origin(annotation) is not Literal else ():
        yield from _literals(inner)


def _value(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, tuple):
        return f"[{', '.join(map(_value, value))}]"
    return "none" if value is None else str(value)


def _preset(name: str) -> str:
    machine = load_machine(name)
    rows = [
        (code(leaf.name), unit(leaf.name), code(_value(leaf.value)), plain(leaf.source))
        for leaf in machine.parameters()
        if leaf.name in machine.sources
    ]
    head = f"## `{name}`\n\n{plain(machine.description)}.\n"
    return "\n".join((head, table(("parameter", "unit", "value", "source"), rows) if rows else ""))
