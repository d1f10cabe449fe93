"""What a change of kind leaves behind: values of the former kind, which the new one does not take.

A part of another kind starts from its own defaults, also for values that both kinds have.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from pydantic import BaseModel

from devices.parameters.tree import (
    KIND,
    default_at,
    default_of,
    fields_of,
    kind_name,
    kinds_of,
    likeliest,
    named_leaves,
    value_at,
    values_of,
)


class Dropped(NamedTuple):
    """Values that went with a kind.

    Attributes:
        place: dotted name of the part.
        former: kind that it was of.
        kind: kind that it is of.
        names: of the values that had been set, and are not given anew.
    """

    place: str
    former: str
    kind: str
    names: tuple[str, ...]

    @property
    def name(self) -> str:
        """Dotted name of the value that tells the kind."""
        return f"{self.place}.{KIND}"

    def __str__(self) -> str:
        """One line: what of which kind is dropped."""
        return f"drops {', '.join(self.names)} of kind {self.former}"


def dropped(
    kind: type[BaseModel],
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    given: Mapping[str, Any],
    place: str = "",
) -> list[Dropped]:
    """Values that are left behind where parts are of another kind than before.

    Args:
        kind: class of what is changed.
        before: its values, parts or tables.
        after: the same, changed.
        given: tables of what the change names.
        place: dotted name of it, with its last dot.
    """
    found = []
    for name, field in fields_of(kind).items():
        was, now, asked = (_table(x.get(name)) for x in (before, after, given))
        if not kinds_of(field) or not was or not now:
            continue
        kinds = kinds_of(field)
        first, second = (likeliest(kinds, default_of(field), x) for x in (was, now))
        former, new = kind_name(first), kind_name(second)
        if first is second:
            found += dropped(second, was, now, asked, f"{place}{name}.")
        elif former is not None and new is not None:
            names = [
                each
                for each in named_leaves(first, was)
                if each != KIND
                and value_at(was, each) != default_at(first, was, each)
                and each not in named_leaves(second, asked)
            ]
            if names:
                found.append(Dropped(f"{place}{name}", former, new, tuple(names)))
    return found


def _table(value: Any) -> Mapping[str, Any]:
    if isinstance(value, BaseModel):
        return values_of(value)
    return value if isinstance(value, Mapping) else {}
