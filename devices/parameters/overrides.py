"""Changes as they are written on a command line: ``dotted.name=value``."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from typing import Any

from photonics.checks import shown
from photonics.documents import toml_of
from photonics.errors import InputError


def parse_overrides(
    overrides: Sequence[str] | Mapping[str, Any], option: str = "overrides"
) -> dict[str, Any]:
    """Values by dotted name.

    Args:
        overrides: ``dotted.name=value`` each, the value in TOML notation; a word needs no quotes.
            Values by name are returned as they are.
        option: what the user calls them, for errors.

    Raises:
        InputError: for anything else, and for two values of one name.
    """
    if isinstance(overrides, Mapping):
        _require_names(option, overrides)
        return dict(overrides)
    if isinstance(overrides, str) or not isinstance(overrides, Sequence):
        raise InputError(option, overrides, "must be a list of dotted.name=value, or a mapping")
    found: dict[str, Any] = {}
    for override in overrides:
        name, value = _parsed(override, option)
        if name in found and repr(found[name]) != repr(value):
            also = f"is also set to {shown(found[name])!r}"
            raise InputError(name, value, also, "set it once")
        found[name] = value
    return found


def require_changes(changes: object) -> None:
    """Refuse what is no mapping of values by dotted name.

    Raises:
        InputError: with how changes are written.
    """
    if not isinstance(changes, Mapping):
        allowed = "must be a mapping by dotted name"
        raise InputError("changes", shown(changes), allowed, "write {'dotted.name': value}")
    _require_names("changes", changes)


def _require_names(field: str, changes: Mapping[Any, Any]) -> None:
    for name in changes:
        if not isinstance(name, str):
            allowed = "must be a dotted name, which is a string"
            raise InputError(field, shown(name), allowed, "write {'dotted.name': value}")


def _parsed(override: object, option: str) -> tuple[str, Any]:
    if not isinstance(override, str):
        raise InputError(option, shown(override), "must be a string, dotted.name=value")
    name, equals, text = override.partition("=")
    if not equals or not name.strip():
        raise InputError(option, override, "must read dotted.name=value")
    try:
        document = toml_of(f"value = {text.strip()}")
    except tomllib.TOMLDecodeError:
        document = {}
    # A line behind the value would be another one.
    value = document["value"] if set(document) == {"value"} else text.strip()
    return name.strip(), value
