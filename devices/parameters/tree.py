"""Parameters as a tree of dotted names: to walk it, and to change what is named and nothing else.

A table that names some fields of a part leaves the others as they are: as in the part that it
changes, or as in the default of its place.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from inspect import isabstract
from types import NoneType
from typing import Any, NamedTuple, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from photonics.errors import InputError

KIND = "kind"
"""Field that tells of what kind a part is, where there are several."""
NONE = "none"
"""How files and command lines, which have no null, write that there is no such value or part."""


class Leaf(NamedTuple):
    """One value of a part or of a part within it.

    Attributes:
        name: dotted.
        value: what it is.
        default: what it is by default in this place.
        meaning: in a few words.
        source: where the default comes from.
    """

    name: str
    value: Any
    default: Any
    meaning: str
    source: str


@cache
def fields_of(kind: type[BaseModel]) -> Mapping[str, FieldInfo]:
    """Fields by their names in files, the kind first: those of an inlined part in its place."""
    found: dict[str, FieldInfo] = {}
    for name, field in sorted(kind.model_fields.items(), key=lambda each: each[0] != KIND):
        inner = kinds_of(field) if name == _inlined(kind) else []
        found |= fields_of(inner[0]) if inner else {name: field}
    return found


def values_of(part: BaseModel) -> dict[str, Any]:
    """Values of the fields of a part, by their names in files."""
    found: dict[str, Any] = {}
    for name in type(part).model_fields:
        value = getattr(part, name)
        inlined = name == _inlined(type(part))
        found |= values_of(value) if inlined else {name: value}
    return found


def kinds_of(field: FieldInfo) -> list[type[BaseModel]]:
    """Classes of parts that a field may hold; none for a value.

    A class that is abstract stands for its kinds, whoever has defined them.  One that is defined
    anew, as in a notebook, takes the place of the one that had its name before.
    """
    kinds = (field.annotation, *get_args(field.annotation))
    parts = [k for k in kinds if isinstance(k, type) and issubclass(k, BaseModel)]
    found = [kind for part in parts for kind in _kinds(part)]
    return list({kind_name(kind) or kind: kind for kind in found}.values())


def _kinds(part: type[BaseModel]) -> Iterator[type[BaseModel]]:
    if not isabstract(part):
        yield part
        return
    for kind in part.__subclasses__():
        yield from _kinds(kind)


def kind_name(kind: type[BaseModel]) -> str | None:
    """Name that a kind has in tables; none for parts that have but one kind."""
    field = kind.model_fields.get(KIND)
    return None if field is None else str(default_of(field))


def default_of(field: FieldInfo) -> Any:
    """Default of a field; none where it must be given."""
    # Not a copy: parts are frozen, and tables are not changed in place.
    default = field.default if field.default_factory is None else field.get_default()
    return None if default is PydanticUndefined else default


def join(
    kind: type[BaseModel], values: Mapping[str, Any], given: Mapping[str, Any]
) -> dict[str, Any]:
    """Values of a kind of part with those of a table in their places, not validated.

    Args:
        kind: class of the part.
        values: parts, values and tables by name; what is not there is as by default.
        given: what is to change; names that there are not are kept, to be refused later.
    """
    fields, joined = fields_of(kind), dict(values)
    inlined = given.get(_inlined(kind) or "")
    if isinstance(inlined, BaseModel):
        joined |= values_of(inlined)
        given = {name: value for name, value in given.items() if value is not inlined}
    for name, value in given.items():
        if name in fields:
            field = fields[name]
            # A table of values, unlike one of parameters, replaces the default.
            default = None if is_table(field) else default_of(field)
            joined[name] = _placed(field, joined.get(name, default), value)
        else:
            joined[name] = value
    return joined


def _placed(field: FieldInfo, present: Any, value: Any) -> Any:
    """A value for a field, what a table leaves out taken from what is there at present."""
    if _is_none(value) and NoneType in get_args(field.annotation):
        return None
    if is_table(field) and (value is None or _is_none(value)):
        return {}
    if not isinstance(value, Mapping):
        return value
    kinds = kinds_of(field)
    if kinds:
        kind = likeliest(kinds, present, value)
        start: Mapping[str, Any] = {}
        if isinstance(present, kind):
            start = values_of(present)
        elif isinstance(present, Mapping) and likeliest(kinds, None, present) is kind:
            start = present
        return join(kind, start, value)
    if is_table(field):
        entries = {str(k): v for k, v in (present or {}).items()}
        entries |= {str(k): v for k, v in value.items()}
        return {k: v for k, v in entries.items() if not _is_none(v)}
    return value


def _is_none(value: Any) -> bool:
    return isinstance(value, str) and value == NONE


def is_table(field: FieldInfo) -> bool:
    """Whether a field holds a table of values, such as one for each modulus."""
    return get_origin(field.annotation) is dict


def likeliest(
    kinds: Sequence[type[BaseModel]], present: Any, given: Mapping[str, Any]
) -> type[BaseModel]:
    """Of several kinds of part, the one that a table is of.

    Kinds that have names are told by them: by that in the table, else by that of the present part.
    Of others it is the one that knows most names of the table; else the present one.
    """
    there = present.get(KIND) if isinstance(present, Mapping) else None
    ordered = sorted(
        kinds,
        key=lambda kind: not (isinstance(present, kind) or kind_name(kind) == there is not None),
    )
    for kind in ordered:
        if KIND in given and kind_name(kind) == given[KIND]:
            return kind
    if present is not None and kind_name(ordered[0]) is not None:
        return ordered[0]
    return max(ordered, key=lambda kind: len(set(given) & set(fields_of(kind))))


def layers(kind: type[BaseModel], changes: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Tables to be joined one after the other, whatever the order of the changes.

    A table in place of a value is what it names: ``{"laser": {"power_w": 1.0}}`` changes
    ``laser.power_w``.  Shorter names come first, so that a part can be put in place and changed.

    Args:
        kind: class of the part that is changed.
        changes: values, parts and tables by dotted name.

    Raises:
        InputError: for two values of one name, or a name within a value.
    """
    flat: dict[str, Any] = {}
    for name, value in _leaf_values(changes):
        if name in flat and not _same(flat[name], value):
            raise InputError(name, value, f"is also set to {flat[name]!r}", "set it once")
        flat[name] = value
    found: list[dict[str, Any]] = [{}]
    for name in sorted(flat, key=lambda n: (n.count("."), n)):
        _require_parts(kind, name, flat[name])
        if not _put(found[-1], name.split("."), flat[name]):
            found.append({})
            _put(found[-1], name.split("."), flat[name])
    return found


def _leaf_values(changes: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in changes.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping) and value:
            yield from _leaf_values(value, f"{name}.")
        else:
            yield name, value


def _same(one: Any, other: Any) -> bool:
    return type(one) is type(other) and bool(one == other)


def _put(table: dict[str, Any], path: list[str], value: Any) -> bool:
    """Put a value into nested tables; false where something else stands in the way."""
    *outer, last = path
    for step in outer:
        inner = table.setdefault(step, {})
        if not isinstance(inner, dict):
            return False
        table = inner
    table[last] = value
    return True


def _require_parts(kind: type[BaseModel], name: str, value: Any) -> None:
    """Refuse a name within a value, and one that goes through what is inlined."""
    first, _, rest = name.partition(".")
    if first == _inlined(kind) and rest:
        raise InputError(name, value, "no such field", f"did you mean {rest}?")
    kinds = [kind]
    for step in name.split(".")[:-1]:
        fields = [f for k in kinds if (f := fields_of(k).get(step)) is not None]
        if not fields or any(is_table(f) for f in fields):
            return
        kinds = [inner for field in fields for inner in kinds_of(field)]
        if not kinds:
            raise InputError(name, value, f"{step} is a value and has no parts", f"set {step}")


def named_leaves(
    kind: type[BaseModel], table: Mapping[str, Any], *, parts: bool = True
) -> list[str]:
    """Dotted names of the values that a table gives; one for a whole table of values.

    Args:
        kind: class of what the table gives values of.
        table: values, parts and tables within each other.
        parts: also the values of parts in it.
    """
    fields, found = fields_of(kind), []
    for name, value in table.items():
        field = fields.get(name)
        kinds = kinds_of(field) if field is not None else []
        if isinstance(value, BaseModel):
            prefix = "" if name == _inlined(kind) else f"{name}."
            found += [f"{prefix}{leaf.name}" for leaf in leaves(value)] if parts else []
        elif kinds and isinstance(value, Mapping) and value:
            inner = likeliest(kinds, default_of(fields[name]), value)
            found += [f"{name}.{leaf}" for leaf in named_leaves(inner, value, parts=parts)]
        else:
            found.append(name)
    return found


def leaves(part: BaseModel, default: BaseModel | None = None) -> Iterator[Leaf]:
    """Every value of a part, in the order of its fields.

    Args:
        part: any.
        default: part that stands in its place by default; none for the default of its class.
    """
    own = {name: default_of(field) for name, field in fields_of(type(part)).items()}
    usual = values_of(default) if isinstance(default, type(part)) else own
    values = values_of(part)
    for name, field in fields_of(type(part)).items():
        extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
        value = values[name]
        if isinstance(value, BaseModel):
            sources = extra.get("sources")
            given = sources if isinstance(sources, dict) else {}
            for leaf in leaves(value, usual[name]):
                source = str(given.get(leaf.name, leaf.source))
                yield leaf._replace(name=f"{name}.{leaf.name}", source=source)
        else:
            source = str(extra.get("source", ""))
            yield Leaf(name, value, usual[name], field.description or "", source)


def flat(table: Mapping[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    """Dotted names of what stands in tables within each other, each with what it is."""
    found: list[tuple[str, Any]] = []
    for key, value in table.items():
        name = f"{prefix}{key}"
        found += flat(value, f"{name}.") if isinstance(value, Mapping) else [(name, value)]
    return found


def every_name(kind: type[BaseModel]) -> list[str]:
    """Dotted names of all parts and values that a part of a kind may have."""
    found = []
    for name, field in fields_of(kind).items():
        found.append(name)
        for inner in kinds_of(field):
            found += [f"{name}.{deeper}" for deeper in every_name(inner)]
    return list(dict.fromkeys(found))


def value_at(values: Any, name: str) -> Any:
    """What stands at a dotted name in parts and tables within each other; none for nothing."""
    outer, _, last = name.rpartition(".")
    return _table_at(values, outer).get(last)


def stands_at(values: Any, name: str) -> bool:
    """Whether there is anything at a dotted name in parts and tables within each other."""
    outer, _, last = name.rpartition(".")
    return last in _table_at(values, outer)


def alike_at(one: Any, other: Any, name: str) -> bool:
    """Whether what holds a dotted name is of one kind in two parts or tables, as far as told."""
    outer = name.rpartition(".")[0]
    kinds = [_table_at(values, outer).get(KIND) for values in (one, other)]
    return None in kinds or bool(kinds[0] == kinds[1])


def default_at(kind: type[BaseModel], values: Any, name: str) -> Any:
    """Default of a value in its place.

    Args:
        kind: class of the part in which it stands.
        values: part or table that tells the kinds of the parts within.
        name: dotted.
    """
    first, _, rest = name.partition(".")
    field, inner = fields_of(kind).get(first), value_at(values, first)
    if field is None:
        return None
    default = default_of(field)
    if not rest:
        return default
    kinds = kinds_of(field)
    present = inner if isinstance(inner, BaseModel) else default
    chosen = likeliest(kinds, present, _as_table(inner))
    alike = isinstance(default, chosen) and alike_at(default, inner, rest)
    if alike and stands_at(default, rest):
        return value_at(default, rest)
    return default_at(chosen, inner, rest)


def _table_at(values: Any, name: str) -> Mapping[str, Any]:
    for step in name.split(".") if name else ():
        values = _as_table(values).get(step)
    return _as_table(values)


def _as_table(values: Any) -> Mapping[str, Any]:
    if isinstance(values, BaseModel):
        return values_of(values)
    return values if isinstance(values, Mapping) else {}


def _inlined(kind: type[BaseModel]) -> str | None:
    name: str | None = getattr(kind, "inlined", None)
    return name
