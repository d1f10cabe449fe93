"""State of a core: refused by a core whose numbers would be others, with the difference named."""

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


def require_same(saved: Mapping[str, Any], here: Mapping[str, Any]) -> None:
    """Refuse the state of a core that was described otherwise.

    Args:
        saved: description of the core whose state it is, plain data.
        here: that of the core that is to take it.

    Raises:
        InputError: that names what differs.
    """
    before, now = dict(_leaves(saved)), dict(_leaves(here))
    differs = [n for n in {**before, **now} if before.get(n) != now.get(n)]
    if differs:
        told = [f"{n} {before.get(n)!r} and not {now.get(n)!r}" for n in differs[:_MOST_NAMED]]
        more = f" and {len(differs) - _MOST_NAMED} more" if len(differs) > _MOST_NAMED else ""
        allowed = f"is of a core with {', '.join(told)}{more}"
        raise InputError("state", "of another core", allowed, "make the core as that one was made")


def _leaves(data: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Values of nested dictionaries by dotted names."""
    if isinstance(data, Mapping):
        for key, value in data.items():
            yield from _leaves(value, f"{name}.{key}" if name else str(key))
    else:
        yield name, list(data) if isinstance(data, tuple) else data
