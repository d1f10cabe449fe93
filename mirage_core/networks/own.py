"""Modules of somebody else: found where he works, and what one has by ``module:callable``."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Collection
from pathlib import Path
from typing import Any

from photonics.errors import FOREIGN_ERRORS, InputError

# Folders of the user's.
_looked_in: list[str] = []


def look_in(folder: Path) -> None:
    """Find modules of a folder, too, from now on."""
    if str(folder) not in sys.path:
        # Behind all that is installed, whose place no file of the user's may take.
        sys.path.append(str(folder))
        _looked_in.append(str(folder))


def look_first_in(folder: Path, names: Collection[str]) -> None:
    """Find modules of a folder before those of other folders of the user's.

    Args:
        folder: where they are.
        names: modules in it that are about to be imported; those of the same names that were
            loaded from other folders are forgotten.
    """
    look_in(folder)
    others = [other for other in _looked_in if other != str(folder) and other in sys.path]
    for other in others:
        sys.path.remove(other)
    sys.path.extend(others)
    theirs = {name for name in names if _folder_of(sys.modules.get(name)) in others}
    for name in list(sys.modules):
        if name.partition(".")[0] in theirs:
            del sys.modules[name]


def _folder_of(module: Any) -> str | None:
    """Where a module or package lies; none for those that no file holds."""
    file = getattr(module, "__file__", None)
    if file is None:
        return None
    path = Path(file)
    return str(path.parent.parent if path.name == "__init__.py" else path.parent)


def imported(field: str, named: str, remedy: str) -> Any:
    """The object that ``module:name`` names, found from the present folder too.

    Args:
        field: what the user calls the option.
        named: module and name.
        remedy: what else could be given.

    Raises:
        InputError: if it cannot be imported.
    """
    name, _, attribute = named.partition(":")
    look_in(Path.cwd())
    try:
        return getattr(importlib.import_module(name), attribute)
    except FOREIGN_ERRORS as error:
        said = f"must name something that can be imported: {told(error)}"
        raise InputError(field, named, said, _namesake(name) or remedy) from None


def told(error: BaseException) -> str:
    """What code of somebody else raised, in one line."""
    return f"{type(error).__name__}: {' '.join(str(error).split())}".removesuffix(": ")


def _namesake(name: str) -> str:
    """What to say where a module of the present folder has the name of another; mostly nothing."""
    first = name.partition(".")[0]
    ours = [path for path in (Path(f"{first}.py"), Path(first, "__init__.py")) if path.is_file()]
    if not ours or first not in sys.modules:
        return ""
    taken = getattr(sys.modules[first], "__file__", None) or "a module of Python"
    same = Path(taken).resolve() == ours[0].resolve()
    return "" if same else f"give {ours[0]} another name: {taken} has it"
