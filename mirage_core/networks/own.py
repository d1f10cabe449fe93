"""Modules of somebody else: found where he works, and what one has by ``module:callable``."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

from photonics.errors import FOREIGN_ERRORS, InputError


def look_in(folder: Path) -> None:
    """Find modules of a folder, too, from now on."""
    if str(folder) not in sys.path:
        # Behind all that is installed, whose place no file of the user's may take.
        sys.path.append(str(folder))


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
