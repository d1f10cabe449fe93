"""What somebody else's module has under a name: ``module:callable``."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

from photonics.errors import InputError


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
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    try:
        return getattr(importlib.import_module(name), attribute)
    except Exception as error:  # whatever a module of somebody else may raise
        said = f"must name something that can be imported: {' '.join(str(error).split())}"
        raise InputError(field, named, said, remedy) from None
