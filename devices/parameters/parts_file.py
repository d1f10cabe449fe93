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
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NamedTuple, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from devices.parameters.part import Part
from photonics.errors import InputError

P = TypeVar("P", bound=Part)

# What a part file may hold beside the parameters.
_ABOUT = ("description", "sources")


class FileError(InputError):
    """A file that cannot be used; the message has one line for each thing that is wrong."""

    def __init__(self, path: object, lines: Sequence[str]) -> None:
        super().__init__("file", str(path), "not valid")
        self.lines = list(lines)
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
    begin = 0
    for end in range(1, len(lines) + 1):
        try:
            document = tomllib.loads("\n".join(lines[:end]) + "\n")
        except tomllib.TOMLDecodeError:
            continue  # in the middle of a statement
        if _defines(document, names):
            return begin + 1
        begin = end
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


def validation_lines(
    error: ValidationError,
    text: str,
    path: object,
    *,
    model: type[BaseModel] | None = None,
    table: str = "",
) -> list[str]:
    """One line for each error: ``path:line: field = value: what is allowed; remedy``.

    Args:
        error: what pydantic found.
        text: the TOML document that was validated.
        path: its name, as it is to be printed.
        model: the class that was validated, from which names are suggested for a misspelt one.
        table: table of the document that was validated, dotted; none for the whole.
    """
    prefix = f"{table}." if table else ""
    found = []
    for details in error.errors(include_url=False):
        problem = _problem(dict(details), model)
        line = _nearest_line(text, prefix + problem.field)
        where = f"{path}:{line}" if line else f"{path}"
        found.append(f"{where}: {problem}")
    return found


def _problem(details: dict[str, Any], model: type[BaseModel] | None) -> InputError:
    loc = details["loc"]
    if loc and model is not None and loc[0] == getattr(model, "inlined", None):
        loc = loc[1:]
    place = [str(name) for name in loc]
    field = _dotted(loc)
    cause = details.get("ctx", {}).get("error")
    if isinstance(cause, InputError):
        inner = f"{field}.{cause.field}" if field else cause.field
        return InputError(inner, cause.value, cause.allowed, cause.remedy)
    if details["type"] == "extra_forbidden":
        known = _field_names(model, place[:-1])
        return InputError(field, details["input"], "no such field", suggestion(place[-1], known))
    if details["type"] == "missing":
        return InputError(field, None, "must be given")
    return InputError(field, details["input"], _plain(details["msg"]))


def _dotted(place: Sequence[str | int]) -> str:
    """A place within a document as our own messages write it: ``curve.drive[2]``."""
    steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in place)
    return "".join(steps).removeprefix(".")


def first_problem(error: ValidationError, model: type[BaseModel]) -> InputError:
    """The first of pydantic's complaints about a model: field, value, what is allowed, remedy."""
    return _problem(dict(error.errors(include_url=False)[0]), model)


def _plain(message: str) -> str:
    return message.removeprefix("Value error, ").replace("Input should be", "must be")


def suggestion(name: str, known: Sequence[str]) -> str:
    """What to write instead of an unknown name; empty where nothing is known."""
    return nearest(name, known) or ("known: " + ", ".join(sorted(known)) if known else "")


def nearest(name: str, known: Sequence[str]) -> str:
    """A question after the name that may have been meant; empty where none is near."""
    near = get_close_matches(name, known, n=1)
    return f"did you mean {near[0]}?" if near else ""


def apply_override(document: dict[str, Any], override: str) -> None:
    """Change one parameter of a document.

    Args:
        document: nested tables, changed in place.
        override: ``dotted.name=value``, the value in TOML notation; a word needs no quotes.

    Raises:
        InputError: for anything else.
    """
    name, equals, text = override.partition("=")
    if not equals or not name.strip():
        raise InputError("--set", override, "must read dotted.name=value")
    try:
        value = tomllib.loads(f"value = {text.strip()}")["value"]
    except tomllib.TOMLDecodeError:
        value = text.strip()
    *path, last = name.strip().split(".")
    for step in path:
        document = document.setdefault(step, {})
        if not isinstance(document, dict):
            raise InputError("--set", override, f"{step} is a value and has no parts")
    document[last] = value


def _field_names(model: type[BaseModel] | None, place: Sequence[str]) -> list[str]:
    """Fields of the model that stands at a place within ``model``; none where there is none."""
    models = [model] if model else []
    if model is not None and (inlined := getattr(model, "inlined", None)):
        models.append(model.model_fields[inlined].annotation)  # type: ignore[arg-type]
    for name in place:
        # A choice of several models has the name of the one that was tried as a place of its own.
        if tried := [one for one in models if one.__name__ == name]:
            models = tried
            continue
        fields = [one.model_fields[name] for one in models if name in one.model_fields]
        inner = [kind for f in fields for kind in (f.annotation, *get_args(f.annotation))]
        models = [one for one in inner if isinstance(one, type) and issubclass(one, BaseModel)]
    return list(models[0].model_fields) if models else []


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
        return tomllib.loads(text)
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
    parameters = {key: value for key, value in table.items() if key not in _ABOUT}
    sources = table.get("sources", {})
    prefix = f"{name}." if name else ""
    if not isinstance(sources, dict):
        line = locate(text, f"{prefix}sources")
        problem = InputError("sources", sources, "must be a table of parameters and sources")
        raise FileError(path, [f"{path}:{line}: {problem}"])
    try:
        # Files that the part names lie beside its own.
        part = kind.model_validate(parameters, context={"folder": Path(str(path)).parent})
    except ValidationError as error:
        lines = validation_lines(error, text, path, model=kind, table=name)
        raise FileError(path, lines) from error
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
    file = Path(path)
    if not file.is_file():
        raise InputError("file", str(path), "must be an existing TOML file")
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError("file", str(path), f"cannot be read: {error}") from error
    return build_part(parse_toml(text, path), kind, text, path)


def read_part(path: str | Path, kind: type[P]) -> P:
    """A part from a TOML file of the user."""
    return read_entry(path, kind)[0]
