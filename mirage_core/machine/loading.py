"""Machines by name of a preset or from a file, each built on what it extends.

A file holds what it changes::

    extends = "robust"          # a preset, or a file beside this one; the defaults if left out
    laser.power_w = 12e-3
    [multiplier.switch]
    detuning_m = 1.5e-9

    [sources]
    laser.power_w = "measured, laser 7"

What it leaves out is as in what it extends.  ``"none"`` leaves out a part or a value that may be
left out.  A source of a table holds for what the file gives of it.  ``part = "cheng-2019"`` in
the table of a part takes all its values from the library: :mod:`mirage_core.machine.named_parts`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from devices.library.named import with_parts
from devices.parameters.base import ParametersError
from devices.parameters.overrides import parse_overrides
from devices.parameters.parts_file import FileError, located, parse_toml
from devices.parameters.problems import nearest
from devices.parameters.tree import flat, join, named_leaves, values_of
from mirage_core.machine.config import ABOUT, MachineConfig
from mirage_core.machine.dropped import Dropped, dropped
from mirage_core.machine.named_parts import with_changes
from mirage_core.machine.sources import lasting, named, require_no_sources
from photonics.checks import shown
from photonics.documents import json_of
from photonics.errors import InputError
from photonics.files import read_text

_ENDINGS = (".toml", ".json")


@cache
def preset_names() -> list[str]:
    """Names of the presets that come with the package."""
    files = resources.files("mirage_core.machine.presets").iterdir()
    return sorted(f.name.removesuffix(".toml") for f in files if f.name.endswith(".toml"))


def load_machine(
    source: str | Path,
    overrides: Sequence[str] | Mapping[str, Any] = (),
    *,
    option: str = "overrides",
    notice: Callable[[str], None] | None = None,
) -> MachineConfig:
    """Load a preset by name, or a machine from a TOML or JSON file.

    Args:
        source: name of a preset, or a path that ends in ``.toml`` or ``.json``.
        overrides: changes as ``dotted.name=value``, the value in TOML notation, for example
            ``receiver.tia.noise_a_per_rthz=10e-12``, or a mapping of values by dotted name.  A
            word needs no quotes; ``none`` leaves out what may be left out.  Each changes what it
            names and nothing else, in whatever order they are given.
        option: what the user calls the overrides, for messages and sources.
        notice: is told, in a line each, what overrides and files of the user drop with a part of
            another kind; the source of that kind tells it too.

    Raises:
        InputError: for an unknown preset, an unreadable file, an unknown or impossible value, or
            light that no modulus would take.
    """
    if not isinstance(source, str | Path):
        raise _unknown("preset", shown(source))
    changes = parse_overrides(overrides, option)
    require_no_sources(changes)
    chain = _chain(source)
    values, sources = values_of(MachineConfig()), dict[str, str]()
    told: list[Dropped] = []
    for table in chain:
        before, values = values, join(MachineConfig, values, table.values)
        for name in named(MachineConfig, before, values, table.values, all_=False):
            sources[name] = table.label
        sources |= table.sources
        gone = dropped(MachineConfig, before, values, table.values)
        sources |= {one.name: f"{table.label}; {one}" for one in gone}
        told += gone if table.is_file else []
    label = "changed" if option == "overrides" else f"set by {option}"
    after, sources, gone = with_changes(MachineConfig, values, sources, changes, label)
    sources = {name: text for name, text in sources.items() if name not in ABOUT}
    try:
        machine = MachineConfig.model_validate({**after, "sources": lasting(sources, after)})
    except ParametersError:
        _require_valid_files(chain)
        raise
    machine.require_effect(changes)
    since = dict(changes)
    for table in reversed([table for table in chain if table.is_file]):
        since = dict(flat(table.values)) | since
        try:
            machine.require_effect(since)
        except InputError as problem:
            raise table.refused(problem) from None
    if notice is not None:
        for one in (*told, *gone):
            notice(f"{one.name}={one.kind} {one}")
    return machine


@dataclass(frozen=True)
class _Table:
    """What one preset or file gives.

    Attributes:
        label: its name.
        text: its text, where its lines can be named.
        values: what it gives, tables within tables.
        sources: of the values that it gives, by dotted name.
        is_file: whether it is one of the user's.
    """

    label: str
    text: str
    values: dict[str, Any]
    sources: dict[str, str]
    is_file: bool

    def refused(self, problem: InputError) -> FileError:
        """An error that names the line."""
        return FileError(self.label, located([problem], self.text, self.label))


def _require_valid_files(chain: Sequence[_Table]) -> None:
    """Refuse what is wrong in a file by itself, before any change, with the lines of the file."""
    values: dict[str, Any] = {}
    for table in chain:
        values = join(MachineConfig, values, table.values)
        if not table.is_file:
            continue
        try:
            MachineConfig.model_validate(values)
        except ParametersError as error:
            lines = located(error.problems, table.text, table.label)
            raise FileError(table.label, lines) from None


def _is_file(source: str | Path) -> bool:
    return str(source).lower().endswith(_ENDINGS)


def _chain(source: str | Path) -> list[_Table]:
    """A preset or a file after all that it extends, the first one first."""
    chain: list[_Table] = []
    places: list[str] = []
    wanted: str | Path | None = source
    while wanted is not None:
        table, place, document = _read(wanted)
        places.append(place)
        chain.insert(0, table)
        extended = document.get("extends")
        if extended is None:
            break
        if not isinstance(extended, str):
            raise table.refused(_unknown("extends", extended))
        if extended not in preset_names():
            if not _is_file(extended):
                raise table.refused(_unknown("extends", extended))
            beside = Path(place).parent / extended.replace("\\", "/")
            if not beside.is_file():
                allowed = "must be a preset or a file beside this one"
                raise table.refused(InputError("extends", extended, allowed))
            extended = str(beside)
        if str(_place(extended)) in places:
            names = " -> ".join(Path(p).name for p in (*places, _place(extended)))
            problem = InputError("extends", document["extends"], f"goes round in a circle: {names}")
            raise table.refused(problem)
        wanted = extended
    return chain


def _unknown(field: str, value: Any) -> InputError:
    names = preset_names()
    hint = nearest(str(value), names) or "or give the path of a .toml or .json file"
    return InputError(field, value, f"must be one of {', '.join(names)}", hint)


def _place(source: str | Path) -> str:
    """What tells one preset or file from all others."""
    return str(Path(source).resolve()) if _is_file(source) else f"preset/{source}"


def _read(source: str | Path) -> tuple[_Table, str, dict[str, Any]]:
    """What a preset or a file gives, its place, and the whole document."""
    label = str(source)
    if _is_file(source):
        file, text = read_text(source, "preset")
        document, place, name = _document(label, text), _place(file), file.stem
    elif label in preset_names():
        preset = resources.files("mirage_core.machine.presets") / f"{label}.toml"
        text = preset.read_text(encoding="utf-8")
        document, place, name = parse_toml(text, label), _place(label), label
    else:
        raise _unknown("preset", label)
    located_text = "" if label.lower().endswith(".json") else text
    table = _Table(label, located_text, {"name": name}, {}, _is_file(source))
    given = {k: v for k, v in document.items() if k not in ("extends", "sources")}
    try:
        values, sources = with_parts(MachineConfig, given, label, Path(place).parent)
    except FileError:
        raise
    except InputError as problem:
        raise table.refused(problem) from None
    table.values.update(values)
    table.sources.update(sources | _sources(table, document.get("sources", {})))
    return table, place, document


def _document(label: str, text: str) -> dict[str, Any]:
    if not label.lower().endswith(".json"):
        return parse_toml(text, label)
    try:
        document = json_of(text, _named_once)
    except InputError as problem:
        raise FileError(label, located([problem], "", label)) from None
    except ValueError as error:
        raise InputError("preset", label, f"is no JSON: {error}") from None
    if not isinstance(document, dict):
        raise InputError("preset", label, "must hold an object with the parameters")
    return document


def _named_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of a JSON file; Python alone would let the last of two values of a name win."""
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise InputError(name, value, f"is also set to {found[name]!r}", "set it once")
        found[name] = value
    return found


def _sources(table: _Table, given: Any) -> dict[str, str]:
    """Source of each value that has one, from those of values and of whole tables."""
    if not isinstance(given, Mapping):
        raise table.refused(InputError("sources", given, "must be a table of names and sources"))
    names = named_leaves(MachineConfig, table.values)
    found: dict[str, str] = {}
    # The longer the name, the closer its source.
    for key, text in sorted(flat(given), key=lambda pair: pair[0].count(".")):
        inside = [n for n in names if n == key or n.startswith(f"{key}.")]
        if not isinstance(text, str):
            raise table.refused(InputError(f"sources.{key}", text, "must be a text"))
        if not inside:
            problem = InputError(
                f"sources.{key}", text, "is of nothing that is given here", nearest(key, names)
            )
            raise table.refused(problem)
        found |= dict.fromkeys(inside, text)
    return found
