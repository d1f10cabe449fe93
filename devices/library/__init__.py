"""Named parts with published values, one TOML file for each kind of part.

``load_part("shi-2024", Photodiode)`` gives a part of the library, ``load_part("mine.toml",
Photodiode)`` one of the user's.  Parameters that an entry leaves open keep the default of the
part, whose source stands beside it in the code.  A source that starts with ``unsourced`` marks a
commonly quoted value for which no publication was read; ``derived`` says from what a value follows.
"""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path

from devices.parameters.part import Part
from devices.parameters.parts_file import (
    P,
    SourcedPart,
    build_part,
    parse_toml,
    read_entry,
)
from devices.parameters.problems import suggestion
from photonics.errors import InputError


def file_name(kind: type[Part]) -> str:
    """File that holds the parts of a kind: ``RingSwitch`` -> ``ring_switch.toml``."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", kind.__name__).lower() + ".toml"


def part_names(kind: type[Part]) -> list[str]:
    """Names of the parts of a kind, in the order of the file; empty where there is no file."""
    return list(parse_toml(_text(kind), file_name(kind)))


def load_entry(name_or_path: str | Path, kind: type[P]) -> SourcedPart:
    """A part with its description and sources; arguments as of :func:`load_part`."""
    return _load(name_or_path, kind)[1]


def load_part(name_or_path: str | Path, kind: type[P]) -> P:
    """A validated part.

    Args:
        name_or_path: name of a part of the library, or a TOML file: a ``Path``, or a string that
            ends in ``.toml``.
        kind: class of the part.
    """
    return _load(name_or_path, kind)[0]


def _load(name_or_path: str | Path, kind: type[P]) -> tuple[P, SourcedPart]:
    if isinstance(name_or_path, Path) or name_or_path.lower().endswith(".toml"):
        return read_entry(name_or_path, kind)
    name = name_or_path
    text = _text(kind)
    document = parse_toml(text, file_name(kind))
    if name not in document:
        remedy = suggestion(name, list(document)) or "give a TOML file"
        raise InputError(kind.__name__, name, "no such part in the library", remedy)
    return build_part(document[name], kind, text, file_name(kind), name)


def _text(kind: type[Part]) -> str:
    file = files(__name__) / file_name(kind)
    return file.read_text(encoding="utf-8") if file.is_file() else ""
