"""Which values a change sets, so that each can be told where it comes from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from devices.parameters.overrides import require_changes
from devices.parameters.tree import alike_at, default_at, named_leaves, stands_at, value_at
from photonics.errors import InputError


def named(
    kind: type[BaseModel], before: Any, after: Any, table: Mapping[str, Any], *, all_: bool = True
) -> list[str]:
    """Dotted names of the values that a table sets.

    Args:
        kind: class of what it changes.
        before: what it changes.
        after: the same, changed.
        table: values, parts and tables within each other.
        all_: also those that it sets to what they were; members of a part that is put in place of
            another count only if they differ.
    """

    def was(name: str) -> Any:
        there = stands_at(before, name) and alike_at(before, after, name)
        return value_at(before, name) if there else default_at(kind, after, name)

    explicit = set(named_leaves(kind, table, parts=False)) if all_ else set()
    return [
        name
        for name in named_leaves(kind, table)
        if name in explicit or not _equal(was(name), value_at(after, name))
    ]


def require_no_sources(changes: Mapping[str, Any]) -> None:
    """Refuse a change of what is only told."""
    require_changes(changes)
    for name, value in changes.items():
        if name.partition(".")[0] == "sources":
            remedy = "give sources in a file"
            raise InputError(name, value, "is set by what sets the values", remedy)


def lasting(sources: Mapping[str, str], values: Any) -> dict[str, str]:
    """Sources of values that there are: a part may have been left out since."""
    return {name: source for name, source in sources.items() if stands_at(values, name)}


def _equal(one: Any, other: Any) -> bool:
    def plain(value: Any) -> Any:
        if isinstance(value, Mapping):
            return {str(key): entry for key, entry in value.items()}
        return tuple(value) if isinstance(value, list) else value

    return bool(plain(one) == plain(other))
