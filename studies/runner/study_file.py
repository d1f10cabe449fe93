"""Studies by name, or from a file: TOML for questions without code, Python for all others.

A TOML file holds the fields of :class:`studies.runner.study.Study`, a Python file one object
``STUDY`` of that class.  It may import modules that lie beside it, such as one with parts of a kind
of its own.
"""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
import sys
import traceback
from collections.abc import Mapping
from dataclasses import fields, replace
from hashlib import sha256
from modulefinder import ModuleFinder
from pathlib import Path
from typing import Any

from devices.parameters.parts_file import FileError, located, parse_toml
from mirage_core.networks.own import look_first_in
from photonics.checks import shown
from photonics.errors import FOREIGN_ERRORS, InputError
from photonics.files import read_text
from studies.metrics.registry import nearest_of
from studies.runner.digest import source_text
from studies.runner.rows import PACKAGES
from studies.runner.setup import check
from studies.runner.study import Drawing, Study

_ENDINGS = (".toml", ".py")
_PACKAGE = "studies.questions"
_NO_FILE = ("name", "changes", "answer", "code", "own", "settings", "same_chip")


def study_names() -> list[str]:
    """Names of the studies that come with the package."""
    package = importlib.import_module(_PACKAGE)
    return sorted(m.name.replace("_", "-") for m in pkgutil.iter_modules(package.__path__))


def load_study(source: str) -> Study:
    """A study by name, or by the path of a file.

    Raises:
        InputError: for an unknown name, or for what is wrong in a file, with its line.
    """
    if source.lower().endswith(_ENDINGS):
        found = _from_toml(source) if source.lower().endswith(".toml") else _from_python(source)
        return replace(found, name=Path(source).stem)
    if source not in study_names():
        remedy = nearest_of(source, study_names())
        raise InputError("study", source, "no such study, and no .toml or .py file", remedy)
    module = importlib.import_module(f"{_PACKAGE}.{source.replace('-', '_')}")
    study: Study = module.STUDY
    return replace(study, name=source)


def checked_study(source: str, full: bool, fields: Mapping[str, Any]) -> Study:
    """A study in one of its forms, some fields otherwise, of which nothing is known to be wrong.

    Raises:
        InputError: as :func:`studies.runner.setup.check`, with file and line of what is in one.
    """
    found = load_study(source)
    found = (found if full else found.quickened()).but(fields)
    try:
        check(found)
    except InputError as problem:
        typed = problem.field.removeprefix("set.") in fields.get("set", {})
        if typed or not source.lower().endswith(_ENDINGS):
            raise
        text = read_text(source)[1] if source.lower().endswith(".toml") else ""
        raise FileError(source, located([problem], text, source)) from None
    return found


def _from_toml(source: str) -> Study:
    file, text = read_text(source, "study")
    document = parse_toml(text, source)
    known = [f.name for f in fields(Study) if f.name not in _NO_FILE]
    try:
        for name in document:
            if name not in known:
                inner = name in ("conditions", "recipe")
                remedy = f"write [set.{name}]" if inner else nearest_of(name, known)
                raise InputError(name, shown(document[name]), "no such field", remedy)
        for name in ("question", "metrics"):
            if name not in document:
                raise InputError(name, None, "must be given")
        return Study(**_plain(document))
    except InputError as problem:
        if isinstance(problem, FileError):
            raise
        raise FileError(file, located([problem], text, source)) from None
    except TypeError as error:
        raise InputError("study", source, f"is no study: {error}") from None


def _plain(document: dict[str, Any]) -> dict[str, Any]:
    """Fields of a study: tables within tables joined to dotted names."""
    found = {"axes": {}, **document}
    for name in ("axes", "cases"):
        if isinstance(found.get(name), dict):
            found[name] = _dotted_axes(found[name])
    if isinstance(found.get("set"), dict):
        found["set"] = dict(_leaves(found["set"]))
    if isinstance(found.get("quick"), dict):
        found["quick"] = _plain_quick(found["quick"])
    if "drawing" in found:
        given = found["drawing"]
        known = [f.name for f in fields(Drawing)]
        if not isinstance(given, dict) or not {"x", "y"} <= set(given):
            raise InputError("drawing", shown(given), "must be a table with x and y")
        for name in given:
            if name not in known:
                allowed = "no such field"
                raise InputError(f"drawing.{name}", given[name], allowed, nearest_of(name, known))
        found["drawing"] = Drawing(**given)
    return found


def _plain_quick(quick: dict[str, Any]) -> dict[str, Any]:
    found = dict(quick)
    for name in ("axes", "cases"):
        if name in found:
            found[name] = _dotted_axes(found[name])
    if "set" in found:
        found["set"] = dict(_leaves(found["set"]))
    return found


def _dotted_axes(table: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Axes by dotted name, also where they are written as tables within tables.

    A table all of whose values are single ones holds choices; ``choices`` says so where there are
    lists among them.
    """
    found: dict[str, Any] = {}
    for name, value in table.items():
        if isinstance(value, dict) and set(value) == {"choices"}:
            found[f"{prefix}{name}"] = value["choices"]
        elif isinstance(value, dict) and not {"low", "high"} <= set(value) and _has_axes(value):
            found |= _dotted_axes(value, f"{prefix}{name}.")
        else:
            found[f"{prefix}{name}"] = value
    return found


def _has_axes(table: dict[str, Any]) -> bool:
    """Whether there is a list or a span anywhere in a table."""
    return any(
        isinstance(v, list)
        or (isinstance(v, dict) and ({"low", "high"} <= set(v) or "choices" in v or _has_axes(v)))
        for v in table.values()
    )


def _leaves(table: dict[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for name, value in table.items():
        if isinstance(value, dict) and value:
            found += _leaves(value, f"{prefix}{name}.")
        else:
            found.append((f"{prefix}{name}", value))
    return found


def _from_python(source: str) -> Study:
    file, text = read_text(source, "study")
    # A name of its own for every file, so that no two take each other's place.
    name = f"mirage_study_{sha256(str(file.resolve()).encode()).hexdigest()[:12]}"
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise InputError("study", source, "cannot be loaded")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        beside = _beside(file.resolve())
        look_first_in(file.resolve().parent, beside)
        spec.loader.exec_module(module)
    except FOREIGN_ERRORS as error:
        raise FileError(source, [f"{source}:{_line(error, file)}: {_said(error)}"]) from None
    found = getattr(module, "STUDY", None)
    if not isinstance(found, Study):
        raise InputError("study", source, "must define STUDY, a Study", "see mirage study new")
    told = "" if found.answer is None else source_text(found.answer)
    own = "".join(
        path.read_bytes().decode(errors="replace") for path in sorted(set(beside.values()))
    )
    return replace(found, code=text.replace(told, ""), own=own)


def _beside(file: Path) -> dict[str, Path]:
    """Modules in the folder of another that it imports, and those that these import; with files."""
    # Of the packages themselves, in whose checkout it may lie, their versions are told.
    ours = {package.partition(".")[0] for package in PACKAGES}
    finder = ModuleFinder([str(file.parent)], excludes=ours)
    finder.run_script(str(file))
    homes = {name: vars(module)["__file__"] for name, module in finder.modules.items()}
    found = {name: Path(home).resolve() for name, home in homes.items() if home}
    return {name: home for name, home in found.items() if home != file}


def _said(error: BaseException) -> str:
    told = str(error).strip().splitlines()
    words = told[0] if told else ""
    return words if isinstance(error, InputError) else f"{type(error).__name__}: {words}"


def _line(error: BaseException, file: Path) -> int:
    """Line of the user's file that an exception comes from."""
    if isinstance(error, SyntaxError) and error.lineno is not None:
        return error.lineno
    frames = traceback.extract_tb(error.__traceback__)
    lines = [f.lineno for f in frames if Path(f.filename).resolve() == file.resolve()]
    return next((line for line in reversed(lines) if line), 1)
