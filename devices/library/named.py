"""Parts by name in the places of what is made of parts: of the library, or of a file of one's own.

::

    [multiplier.switch]
    part = "cheng-2019"    # or a TOML file, "mine.toml"
    detuning_m = 2e-9      # in place of what that part has

A name stands for all values of its part.  They take its place as soon as something is loaded or
changed, so that nothing depends on the library afterwards.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from devices.library import is_file, library_kinds, load_entry, part_names
from devices.parameters.part import Part
from devices.parameters.parts_file import ABOUT, SourcedPart, parse_toml, read_entry
from devices.parameters.problems import nearest
from devices.parameters.tree import (
    KIND,
    NONE,
    fields_of,
    flat,
    join,
    kind_name,
    kinds_of,
    leaves,
    likeliest,
    named_leaves,
    values_of,
)
from photonics.checks import shown
from photonics.errors import InputError
from photonics.files import read_text

PART = "part"
"""What stands in the table of a part for its name."""


def with_parts(
    kind: type[BaseModel], table: Mapping[str, Any], label: str, folder: Path = Path()
) -> tuple[dict[str, Any], dict[str, str]]:
    """A table with all values of its named parts in place of their names, and whole paths.

    Args:
        kind: class of what the table gives values of.
        table: values, parts and tables within each other.
        label: source of what stands beside a name.
        folder: where paths of files begin.

    Returns:
        The table, and the source of every value of a named part, by dotted name.

    Raises:
        InputError: for a name that there is not, or of a part that does not fit its place.
    """
    return _filled([kind], table, "", label, folder)


def _filled(
    kinds: Sequence[type[BaseModel]], table: Mapping[str, Any], outer: str, label: str, folder: Path
) -> tuple[dict[str, Any], dict[str, str]]:
    filled, sources = dict(table), dict[str, str]()
    for name, value in table.items():
        fields = [field for kind in kinds if (field := fields_of(kind).get(name)) is not None]
        inner = list(dict.fromkeys(k for field in fields for k in kinds_of(field)))
        place = f"{outer}{name}"
        if inner and isinstance(value, Mapping):
            filled[name], found = _placed(inner, value, place, label, folder)
            sources |= found
        elif _of_parts(inner) and isinstance(value, str) and value != NONE:
            told = KIND if value in map(kind_name, inner) else PART
            raise InputError(place, value, "is a part", f'write {place}.{told} = "{value}"')
        elif _names_file(kinds, name) and isinstance(value, str) and value != NONE:
            filled[name] = str(folder / value)
    return filled, sources


def _placed(
    kinds: Sequence[type[BaseModel]], table: Mapping[str, Any], place: str, label: str, folder: Path
) -> tuple[dict[str, Any], dict[str, str]]:
    """The table of one place, and sources by their whole dotted names."""
    named = _of_parts(kinds)
    if not named or PART not in table:
        return _filled(kinds, table, f"{place}.", label, folder)
    entry = _entry(named, table, place, folder)
    kind = type(entry.part)
    beside = {name: value for name, value in table.items() if name != PART}
    beside, inner = _filled([kind], beside, f"{place}.", label, folder)
    sources = _sources(entry) | dict.fromkeys(named_leaves(kind, beside), label)
    outer = {f"{place}.{name}": source for name, source in sources.items()}
    return join(kind, values_of(entry.part), beside), outer | inner


def _of_parts(kinds: Sequence[type[BaseModel]]) -> list[type[Part]]:
    return [kind for kind in kinds if issubclass(kind, Part)]


def _names_file(kinds: Sequence[type[BaseModel]], name: str) -> bool:
    return any(name in getattr(kind, "files", ()) for kind in kinds)


def _sources(entry: SourcedPart) -> dict[str, str]:
    """Source of every value of a part: what its entry states, or that of the default."""
    stated = dict(flat(entry.sources))
    found = {}
    for leaf in leaves(entry.part):
        found[leaf.name] = leaf.source if leaf.value == leaf.default else entry.name
        name = leaf.name
        while name and name not in stated:  # a source of a part holds for what is in it
            name = name.rpartition(".")[0]
        found[leaf.name] = str(stated.get(name, found[leaf.name]))
    return found


def _entry(
    kinds: Sequence[type[Part]], table: Mapping[str, Any], place: str, folder: Path
) -> SourcedPart:
    """The part that a table names, of one of the kinds, and of that in the table."""
    name, field = table[PART], f"{place}.{PART}"
    if not isinstance(name, str | Path):
        raise InputError(field, shown(name), "must be a name or the path of a TOML file")
    kinds = [kind for kind in kinds if kind_name(kind) == table.get(KIND)] or kinds
    if isinstance(name, Path) or is_file(name):
        return _from_file(kinds, name, field, folder)
    fitting = [kind for kind in kinds if name in part_names(kind)]
    if len(fitting) == 1:
        return load_entry(name, fitting[0])
    if fitting:
        asked = [str(kind_name(kind)) for kind in fitting]
        allowed = f"is the name of a part of kind {' and of one of kind '.join(asked)}"
        raise InputError(field, name, allowed, f"set {place}.{KIND} too, {asked[0]} for example")
    known = dict.fromkeys(known for kind in kinds for known in part_names(kind))
    if not known:
        raise InputError(field, name, "the library has none for this place", "give a TOML file")
    ordered = sorted(known, key=lambda one: -SequenceMatcher(None, name, one).ratio())
    others = [kind.__name__ for kind in library_kinds() if name in part_names(kind)]
    allowed = f"must be one of {', '.join(ordered)}, or a TOML file"
    if others:
        allowed = f"is a {' and a '.join(others)}, and {allowed}"
    raise InputError(field, name, allowed, nearest(name, ordered))


def _from_file(
    kinds: Sequence[type[Part]], path: str | Path, field: str, folder: Path
) -> SourcedPart:
    """The part of a TOML file, which tells its kind by name, or by fields that no other has."""
    file, text = read_text(folder / path, field)
    document = parse_toml(text, file)
    names = [name for kind in kinds if (name := kind_name(kind)) is not None]
    if KIND not in document and len(kinds) > 1:
        known = set(document) - {*ABOUT}
        kinds = [kind for kind in kinds if known <= set(fields_of(kind))]
    told = kind_name(kinds[0]) if len(kinds) == 1 else None
    if names and document.get(KIND, told) not in names:
        allowed = f"must hold a {KIND} that fits: {' or '.join(names)}"
        raise InputError(field, str(path), allowed)
    (kind,) = _of_parts([likeliest(kinds, None, document)])
    return read_entry(file, kind)[1]._replace(name=str(path))
