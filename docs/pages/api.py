"""API pages: what the modules of every room say, and all of those that hold public names."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from types import FunctionType

ROOT = Path(__file__).parents[2]
FLOORS = ("photonics", "devices", "circuits", "mirage_core")
# What a study of one's own is written with; the rest of that floor is behind commands.
STUDIES = [
    "studies.metrics.registry",
    "studies.metrics.conditions",
    "studies.runner.study",
    "studies.runner.table",
    "studies.report.answer",
    "studies.report.charts",
]


def pages() -> Iterator[tuple[str, str]]:
    """A page for every floor, and one for every room of it."""
    for floor in FLOORS:
        public = public_modules(floor)
        rooms = {r: list(m) for r, m in groupby(modules(floor), key=_room)}
        inner = [r for r in rooms if r != floor]
        toctree = "".join(f"   {room}\n" for room in inner)
        head = f"{_title(floor)}.. automodule:: {floor}\n\n"
        yield f"api/{floor}.rst", f"{head}.. toctree::\n   :maxdepth: 1\n\n{toctree}"
        for room in inner:
            parts = [_module(name, name in public, title=name != room) for name in rooms[room]]
            yield f"api/{room}.rst", _title(room) + "\n".join(parts)
    studies = [_module(name, True) for name in STUDIES]
    yield "api/studies.rst", _title("studies") + "\n".join(studies)


def modules(floor: str) -> list[str]:
    """Modules of a floor that say what they are, room after room."""
    found = []
    for file in (ROOT / floor).rglob("*.py"):
        name = ".".join(file.relative_to(ROOT).with_suffix("").parts)
        if ast.get_docstring(ast.parse(file.read_text())):
            found.append(name.removesuffix(".__init__"))
    return sorted(found, key=lambda name: (_room(name), name))


def public_modules(floor: str) -> set[str]:
    """Modules that define what a floor exports."""
    package = importlib.import_module(floor)
    public = (getattr(package, name) for name in package.__all__)
    return {value.__module__ for value in public if isinstance(value, type | FunctionType)}


def _room(module: str) -> str:
    """A folder of a floor; of ``photonics``, which has none, each module is a room."""
    floor, *rest = module.split(".")
    return ".".join((floor, *rest[:1]))


def _title(name: str) -> str:
    return f"{name}\n{'=' * len(name)}\n\n"


def _module(name: str, whole: bool, *, title: bool = True) -> str:
    head = f"{name}\n{'-' * len(name)}\n\n" if title else ""
    members = "   :members:\n" if whole else ""
    return f"{head}.. automodule:: {name}\n{members}"
