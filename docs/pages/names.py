"""Dotted names of the code."""

from __future__ import annotations

import importlib


def place_of(name: str) -> tuple[str, str] | None:
    """Module that defines what a name stands for, and its full name; none if there is nothing."""
    parts = name.split(".")
    for count in range(len(parts), 0, -1):
        module = ".".join(parts[:count])
        try:
            found = importlib.import_module(module)
        except ImportError:
            continue
        try:
            for part in parts[count:]:
                found = getattr(found, part)
        except AttributeError:
            return None
        # A cached property tells where the functools are, its function where it stands itself.
        found = getattr(found, "func", found)
        home = getattr(found, "__module__", None) or module
        return home, f"{home}.{getattr(found, '__qualname__', parts[-1])}"
    return None
