"""Named parts with published values, one TOML file for each kind of part.

``part("shi-2024")`` gives a part of the library, ``part("mine.toml", Photodiode)`` one of the
user's.  Parameters that an entry leaves open keep the default of the part, whose source stands
beside it in the code.  A source that starts with ``unsourced`` marks a commonly quoted value for
which no publication was read; ``derived`` says from what a value follows.
"""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path
from typing import overload

import devices
from devices.parameters.part import Part
from devices.parameters.parts_file import (
    P,
    SourcedPart,
    build_part,
    parse_toml,
    read_entry,
)
from devices.parameters.problems import nearest, suggestion
from photonics.checks import shown
from photonics.errors import InputError


def file_name(kind: type[Part]) -> str:
    """File that holds the parts of a kind: ``RingSwitch`` -> ``ring_switch.toml``."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", kind.__name__).lower() + ".toml"


def part_names(kind: type[Part]) -> list[str]:
    """Names of the parts of a kind, in the order of the file; empty where there is no file."""
    return list(parse_toml(_text(kind), file_name(kind)))


def load_entry(name_or_path: str | Path, kind: type[P]) -> SourcedPart:
    """A part with its description and sources; arguments as of :func:`part`."""
    return _load(name_or_path, kind)[1]


@overload
def part(name_or_path: str | Path, kind: type[P]) -> P: ...


@overload
def part(name_or_path: str | Path, kind: None = None) -> Part: ...


def part(name_or_path: str | Path, kind: type[Part] | None = None) -> Part:
    """A validated part.

    Args:
        name_or_path: name of a part of the library, or a TOML file: a ``Path``, or a string that
            ends in ``.toml``.
        kind: class of the part; a name that only one kind has needs none.

    Raises:
        InputError: for a name that no part or more than one has, a file without a kind, or a
            file that is not valid.

    Example:
        >>> part("cheng-2019").radius_m
        1e-05
    """
    if not isinstance(name_or_path, str | Path):
        raise InputError("part", name_or_path, "must be a name or the path of a TOML file")
    if kind is not None:
        if not (isinstance(kind, type) and issubclass(kind, Part)):
            raise InputError("kind", shown(kind), "must be a class of parts, such as RingSwitch")
        return _load(name_or_path, kind)[0]
    if is_file(name_or_path):
        raise InputError("kind", None, "a file does not say what it is of", "give kind=RingSwitch")
    kinds = [one for one in library_kinds() if name_or_path in part_names(one)]
    if not kinds:
        known = sorted({name for one in library_kinds() for name in part_names(one)})
        remedy = nearest(str(name_or_path), known) or "`mirage show devices` lists the library"
        raise InputError("part", name_or_path, "no such part in the library", remedy)
    if len(kinds) > 1:
        names = [one.__name__ for one in kinds]
        allowed = f"is the name of a {' and of a '.join(names)}"
        raise InputError("part", name_or_path, allowed, f"give kind={names[0]}, for example")
    return _load(name_or_path, kinds[0])[0]


def library_kinds() -> list[type[Part]]:
    """The kinds that the library has parts of."""
    stems = sorted(file.name[:-5] for file in files(__name__).iterdir() if is_file(file.name))
    return [getattr(devices, stem.title().replace("_", "")) for stem in stems]


def is_file(name_or_path: str | Path) -> bool:
    """Whether a part is asked for by the path of a file, and not by its name."""
    return isinstance(name_or_path, Path) or name_or_path.lower().endswith(".toml")


def _load(name_or_path: str | Path, kind: type[P]) -> tuple[P, SourcedPart]:
    if is_file(name_or_path):
        return read_entry(name_or_path, kind)
    name = str(name_or_path)
    text = _text(kind)
    document = parse_toml(text, file_name(kind))
    if name not in document:
        remedy = suggestion(name, list(document)) or "give a TOML file"
        raise InputError("part", name, f"no such {kind.__name__} in the library", remedy)
    return build_part(document[name], kind, text, file_name(kind), name)


def _text(kind: type[Part]) -> str:
    file = files(__name__) / file_name(kind)
    return file.read_text(encoding="utf-8") if file.is_file() else ""
