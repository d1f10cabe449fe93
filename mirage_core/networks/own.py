"""Modules of somebody else: found where he works, and what one has by ``module:callable``."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

from photonics.errors import InputError


def look_in(folder: Path) -> None:
    """Find modules of a folder, too, from now on."""
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))


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
    except Exception as error:  # whatever a module of somebody else may raise
        said = f"must name something that can be imported: {' '.join(str(error).split())}"
        raise InputError(field, named, said, remedy) from None
