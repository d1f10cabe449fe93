"""Parts and configurations from TOML files, with errors that name the file and the line.

The same checks and the same words answer a value from a file and one from the command line.

A part file is flat: the parameters of one part, and beside them what it is and where its numbers
come from.

::

    description = "photodiode of our second wafer"
    responsivity_a_per_w = 0.93
    dark_current_a = 12e-9

    [sources]
    responsivity_a_per_w = "measured, wafer 2"
"""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from devices.parameters.base import ParametersError
from devices.parameters.part import Part
from devices.parameters.problems import suggestion
from photonics.documents import toml_of
from photonics.errors import InputError
from photonics.files import read_text

P = TypeVar("P", bound=Part)

# What a part file may hold beside the parameters.
ABOUT = ("description", "sources")

# A key and what follows it, the head of a table, or nothing but a comment.
_STATEMENT = re.compile(r"\s*([^=\[\]{},#]+=|\[.*\]\s*(#.*)?$|#|$)")


class FileError(InputError):
    """A file that cannot be used; the message has one line for each thing that is wrong."""

    def __init__(self, path: object, lines: Sequence[str]) -> None:
        super().__init__("file", str(path), "not valid")
        self.lines = [self.plain(line) for line in lines]
        self.args = ("\n".join(self.lines),)


class SourcedPart(NamedTuple):
    """A part, what it is, and where each of its stated parameters comes from."""

    name: str
    description: str
    part: Part
    sources: Mapping[str, str]


def locate(text: str, dotted_key: str) -> int | None:
    """Line (from 1) of a TOML document that first defines a key.

    Args:
        text: the document.
        dotted_key: names joined by dots; the entries of lists and of ``[[tables]]`` are counted,
            ``drive[2]`` or ``drive.2``.  Of several keys, apart by commas, the first counts.

    Returns:
        The first line of the statement that brings the key into being: an assignment, also one
        that spans lines, or a table header.  None if the key is never defined.
    """
    return _line_of(text, _names(dotted_key))


def _names(dotted_key: str) -> list[str]:
    """Names of tables and keys, and numbers of entries, from the outermost inwards."""
    first, *_ = dotted_key.split(", ")
    return re.findall(r"[^.\[\]]+", first)


def _line_of(text: str, names: Sequence[str]) -> int | None:
    lines = text.split("\n")
    begins = _statements(lines)
    ends = [*begins[1:], len(lines)]

    def is_reached(statement: int) -> bool:
        document = _document(lines[: ends[statement]])
        return document is None or _defines(document, names)

    # What is once defined stays so, and what is no document, too.
    first = bisect_left(range(len(ends)), True, key=is_reached)
    found = first < len(ends) and _defines(_document(lines[: ends[first]]), names)
    return begins[first] + 1 if found else None


def _statements(lines: Sequence[str]) -> list[int]:
    """Numbers (from 0) of the lines at which statements of a document begin."""
    begins = [0]
    for end in range(1, len(lines)):
        # Whatever looks like a statement may still be a line of one that spans lines.
        if _STATEMENT.match(lines[end]) and _document(lines[begins[-1] : end]) is not None:
            begins.append(end)
    return begins


def _document(lines: Sequence[str]) -> dict[str, Any] | None:
    """What lines hold; none if that is no whole document."""
    try:
        return toml_of("\n".join(lines) + "\n")
    except tomllib.TOMLDecodeError:
        return None


def _defines(document: Any, names: Sequence[str]) -> bool:
    for name in names:
        if isinstance(document, dict) and name in document:
            document = document[name]
        elif isinstance(document, list) and name.isdigit() and int(name) < len(document):
            document = document[int(name)]
        else:
            return False
    return True


def located(problems: Sequence[InputError], text: str, path: object, table: str = "") -> list[str]:
    """One line for each problem: ``path:line: field = value: what is allowed; remedy``.

    Args:
        problems: what is wrong in a table of the document.
        text: the TOML document; empty for one whose lines are not known.
        path: its name, as it is to be printed.
        table: dotted name of the table; none for the whole document.
    """
    prefix = f"{table}." if table else ""
    found = []
    for problem in problems:
        line = _nearest_line(text, prefix + problem.field)
        where = f"{path}:{line}" if line else f"{path}"
        found.append(f"{where}: {problem}")
    return found


def _nearest_line(text: str, dotted_key: str) -> int | None:
    """Line of a key, or of the innermost table around it that is there."""
    names = _names(dotted_key)
    for depth in range(len(names), 0, -1):
        line = _line_of(text, names[:depth])
        if line is not None:
            return line
    return None


def parse_toml(text: str, path: object) -> dict[str, Any]:
    """The document, or an error that names the file and the line."""
    try:
        return toml_of(text)
    except tomllib.TOMLDecodeError as error:
        at_line = re.search(r"at line (\d+)", str(error))
        line = int(at_line.group(1)) if at_line else text.count("\n") + 1
        raise FileError(path, [f"{path}:{line}: not TOML: {error}"]) from error


def build_part(
    table: Mapping[str, Any], kind: type[P], text: str, path: object, name: str = ""
) -> tuple[P, SourcedPart]:
    """Validate the table of one part.

    Args:
        table: parameters, with ``description`` and ``sources``.
        kind: class of the part.
        text: the document that holds the table, for the lines of errors.
        path: name of the document.
        name: dotted name of the table; empty for the whole document.

    Returns:
        The part, and the same with its description and sources.
    """
    parameters = {key: value for key, value in table.items() if key not in ABOUT}
    sources = table.get("sources", {})
    prefix = f"{name}." if name else ""
    if not isinstance(sources, dict):
        line = locate(text, f"{prefix}sources")
        problem = InputError("sources", sources, "must be a table of parameters and sources")
        raise FileError(path, [f"{path}:{line}: {problem}"])
    try:
        # Files that the part names lie beside its own.
        part = kind.model_validate(parameters, context={"folder": Path(str(path)).parent})
    except ParametersError as error:
        raise FileError(path, located(error.problems, text, path, name)) from error
    for key in sources:
        if key not in parameters:
            line = locate(text, f"{prefix}sources.{key}")
            problem = InputError(
                f"sources.{key}",
                sources[key],
                "no such parameter in this part",
                suggestion(key, list(parameters)),
            )
            raise FileError(path, [f"{path}:{line}: {problem}"])
    return part, SourcedPart(name, str(table.get("description", "")), part, dict(sources))


def read_entry(path: str | Path, kind: type[P]) -> tuple[P, SourcedPart]:
    """A part, with its description and sources, from a TOML file of the user.

    Errors name field, value, allowed range, file and line.
    """
    file, text = read_text(path)
    return build_part(parse_toml(text, path), kind, text, file)
