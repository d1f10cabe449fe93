"""What tells a core from another, and what is a state of one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from photonics.checks import shown
from photonics.errors import InputError

_MOST_NAMED = 3


def require_state(state: Any, keys: set[str]) -> None:
    """Refuse what is no state of a core.

    Raises:
        InputError: if it is no dictionary, or lacks a key.
    """
    if not isinstance(state, Mapping) or not keys <= set(state):
        lacking = keys - set(state) if isinstance(state, Mapping) else keys
        allowed = f"is no state of a core: lacks {', '.join(sorted(lacking))}"
        raise InputError("state", shown(state), allowed, "save one by core.state_dict()")


def difference(one: Mapping[Any, Any], other: Mapping[Any, Any]) -> str:
    """What one description of a core says and another does not; empty if they are the same."""
    found, expected = dict(_leaves(one)), dict(_leaves(other))
    names = [n for n in {**found, **expected} if found.get(n) != expected.get(n)]
    told = [f"{n} {found.get(n)!r} and not {expected.get(n)!r}" for n in names[:_MOST_NAMED]]
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return ", ".join(told) + more


def _leaves(data: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Values of nested dictionaries by dotted names."""
    if isinstance(data, Mapping):
        for key, value in data.items():
            yield from _leaves(value, f"{name}.{key}" if name else str(key))
    else:
        yield name, list(data) if isinstance(data, tuple) else data
