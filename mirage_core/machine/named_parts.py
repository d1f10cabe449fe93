"""Changes of a machine, with the sources of what they set, and what they drop."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from pydantic import BaseModel

from devices.library.named import with_parts
from devices.parameters.tree import join, layers
from mirage_core.machine.dropped import Dropped, dropped
from mirage_core.machine.sources import named


class Changed(NamedTuple):
    """What is after changes.

    Attributes:
        values: by name, not validated.
        sources: of values, by dotted name.
        dropped: what went with parts of another kind.
    """

    values: dict[str, Any]
    sources: dict[str, str]
    dropped: list[Dropped]


def with_changes(
    kind: type[BaseModel],
    values: Mapping[str, Any],
    sources: Mapping[str, str],
    changes: Mapping[str, Any],
    label: str,
) -> Changed:
    """Values and sources after changes, not validated; named parts in place of their names.

    Args:
        kind: class of what is changed.
        values: before, by name.
        sources: of them, by dotted name.
        changes: by dotted name; see :meth:`Parameters.changed`.
        label: source of what is changed; that of a kind tells what went with the former one.

    Raises:
        InputError: for two values of one name, or a named part that cannot be there.
    """
    after, found = dict(values), dict(sources)
    given: dict[str, Any] = {}
    for layer in layers(kind, changes):
        table, of_parts = with_parts(kind, layer, label)
        after = join(kind, after, table)
        found |= dict.fromkeys(named(kind, values, after, table), label) | of_parts
        given = join(kind, given, table)
    gone = dropped(kind, values, after, given)
    found |= {one.name: f"{label}; {one}" for one in gone}
    return Changed(after, found, gone)
