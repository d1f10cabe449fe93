"""What all parameters have in common: frozen, validated, changed by dotted name, with sources."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from inspect import Parameter, Signature, isabstract
from typing import TYPE_CHECKING, Any, ClassVar, Self, get_args, get_origin

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from devices.parameters.overrides import require_changes
from devices.parameters.problems import WHOLE, nearest, problems, suggestion
from devices.parameters.tree import (
    KIND,
    fields_of,
    join,
    kind_name,
    kinds_of,
    layers,
    likeliest,
    values_of,
)
from photonics.checks import shown
from photonics.errors import InputError

# Values above the first are left out of representations above the second, in characters.
_LONGEST_VALUE, _LONGEST = 20, 160


class ParametersError(InputError):
    """Parameters that cannot be: the message names the first thing wrong, ``problems`` all."""

    def __init__(self, found: list[InputError]) -> None:
        first = found[0]
        super().__init__(first.field, first.value, first.allowed, first.remedy)
        self.problems = found


class Parameters(BaseModel):
    """Base of all parameter objects: immutable, no unknown fields, no NaN or infinity.

    A table given for a part that has a default changes what it names of that default.

    Raises:
        ParametersError: an :class:`InputError`, for values that cannot be, wherever an object is
            made.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    inlined: ClassVar[str | None] = None
    """Field whose own fields stand beside the others in files, dumps and dotted names."""

    files: ClassVar[tuple[str, ...]] = ()
    """Fields of which a text is the path of a file, from the folder of what gives it."""

    @model_validator(mode="before")
    @classmethod
    def _complete(cls, given: Any) -> Any:
        """Fill up tables from the defaults of their places, and gather what is inlined."""
        if not isinstance(given, Mapping):
            return given
        joined = join(cls, {}, given)
        for name, field in fields_of(cls).items():
            kinds = kinds_of(field)
            if len(kinds) > 1 and isinstance(joined.get(name), Mapping):
                joined[name] = _of_one_kind(kinds, name, joined[name])
        if cls.inlined is None:
            return joined
        (kind,) = kinds_of(cls.model_fields[cls.inlined])
        inner = {n: joined.pop(n) for n in fields_of(kind) if n in joined}
        if cls.inlined in joined:
            allowed = f"stands for its fields: {', '.join(fields_of(kind))}"
            raise InputError(cls.inlined, joined[cls.inlined], allowed, "name those")
        return {**joined, cls.inlined: inner}

    @field_validator("*", mode="before")
    @classmethod
    def _is_no_pretender(cls, value: Any, info: ValidationInfo) -> Any:
        """Refuse True and "4" for numbers, which pydantic would take for 1 and 4."""
        kind = cls.model_fields[info.field_name or ""].annotation
        if str(info.mode) == "string":
            return value
        origin = get_origin(kind)
        if origin is tuple and _is_list(value):
            value = tuple(value)
            for place, entry in enumerate(value):
                _require_no_pretender(f"[{place}]", get_args(kind)[0], entry)
        elif origin is dict and isinstance(value, Mapping):
            # The names are texts in a file, whatever they stand for.
            for name, entry in value.items():
                _require_no_pretender(str(name), get_args(kind)[1], entry)
        elif origin not in (tuple, dict):
            _require_no_pretender("", kind, value)
        return value

    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        """What differs from the defaults of the class."""
        for name, value in super().__repr_args__():
            field = type(self).model_fields.get(name or "")
            if field is None or value != field.get_default(call_default_factory=True):
                yield name, value

    def __repr__(self) -> str:
        """What differs from the defaults, in one line; ``...`` stands for what is too long."""
        whole = super().__repr__()
        if len(whole) <= _LONGEST:
            return whole
        shown = ((name, repr(value)) for name, value in self.__repr_args__())
        values = [f"{n}={v if len(v) <= _LONGEST_VALUE else '...'}" for n, v in shown]
        while len(line := f"{type(self).__name__}({', '.join(values)})") > _LONGEST:
            values[-2:] = ["..."]
        return line

    def __str__(self) -> str:
        return repr(self)

    def changed(self, changes: Mapping[str, Any]) -> Self:
        """A copy with some values changed and all others as they are.

        Args:
            changes: by dotted name, ``{"receiver.tia.bandwidth_hz": 5e9}``; a part replaces the
                part of that name, a table changes what it names of it, and None (or ``"none"``)
                leaves out what may be left out; ``{"multiplier.switch.part": "cheng-2019"}`` puts a
                part of the library in place.  Their order does not matter.

        Raises:
            InputError: for an unknown name, a value that cannot be, or two values of one name.
        """
        return type(self).model_validate(self.joined(changes))

    def joined(self, changes: Mapping[str, Any]) -> dict[str, Any]:
        """Values with changes in their places, not validated; see :meth:`changed`."""
        # The library holds parts, which are parameters.
        from devices.library.named import with_parts

        require_changes(changes)
        values = values_of(self)
        for layer in layers(type(self), changes):
            values = join(type(self), values, with_parts(type(self), layer, "changed")[0])
        return values

    # What follows has the signatures of pydantic's own, and refuses in our words.
    if not TYPE_CHECKING:

        def __init__(self, *unnamed: Any, **values: Any) -> None:
            if unnamed:
                name = type(self).__name__
                remedy = f"write {name}({next(iter(fields_of(type(self))), 'name')}=...)"
                raise InputError(name, shown(unnamed[0]), "takes values by name alone", remedy)
            try:
                super().__init__(**values)
            except ValidationError as error:
                raise ParametersError(problems(error, type(self))) from None

        __init__.__signature__ = Signature(  # of the fields alone, as pydantic shows them
            [
                Parameter("self", Parameter.POSITIONAL_ONLY),
                Parameter("values", Parameter.VAR_KEYWORD),
            ]
        )
        # Parts within parts are validated without a call of this, and all problems are found.
        __init__.__pydantic_base_init__ = True

        def __setattr__(self, name: str, value: Any) -> None:
            remedy = f"make another with changed({{{name!r}: ...}})"
            raise InputError(name, value, "parameters are frozen", remedy)

        def __delattr__(self, name: str) -> None:
            value, remedy = getattr(self, name, None), "a part has all of its values"
            raise InputError(name, value, "parameters are frozen", remedy)

        @classmethod
        def model_validate(cls, obj: Any, **options: Any) -> Self:
            """Validate as pydantic does, with this project's error."""
            try:
                return super().model_validate(obj, **options)
            except ValidationError as error:
                raise ParametersError(problems(error, cls)) from None

        @classmethod
        def model_validate_json(cls, json_data: str | bytes, **options: Any) -> Self:
            """Validate as pydantic does, with this project's error."""
            try:
                return super().model_validate_json(json_data, **options)
            except ValidationError as error:
                raise ParametersError(problems(error, cls)) from None

        @classmethod
        def model_validate_strings(cls, obj: Any, **options: Any) -> Self:
            """Validate as pydantic does, with this project's error."""
            try:
                return super().model_validate_strings(obj, **options)
            except ValidationError as error:
                raise ParametersError(problems(error, cls)) from None

        def model_copy(
            self, *, update: Mapping[str, Any] | None = None, deep: bool = False
        ) -> Self:
            """Copy as pydantic does, but validated: :meth:`changed`."""
            return self.changed(update) if update else super().model_copy(deep=deep)


def _is_list(value: Any) -> bool:
    """Whether there are entries to look at; arrays without an axis cannot be gone through."""
    named = isinstance(value, str | bytes | Mapping)
    return isinstance(value, Iterable) and not named and getattr(value, "ndim", 1) > 0


def _require_no_pretender(field: str, kind: Any, value: Any) -> None:
    asked = set(get_args(kind) or (kind,))
    if isinstance(value, bool | str) and asked & {int, float} and type(value) not in asked:
        allowed = "must be a valid number" if float in asked else WHOLE
        raise InputError(field, value, allowed)


def _of_one_kind(
    kinds: Sequence[type[BaseModel]], name: str, values: Mapping[str, Any]
) -> BaseModel:
    """A part of the kind that knows most of what is given, its problems named from outside."""
    kind = likeliest(kinds, None, values)
    names = [found for each in kinds if (found := kind_name(each)) is not None]
    if KIND in values and values[KIND] not in names:
        asked = str(values[KIND])
        allowed = f"must be one of {', '.join(names)}"
        raise InputError(f"{name}.{KIND}", asked, allowed, _unknown_kind(asked, names))
    for key in values:
        if key not in fields_of(kind):
            others = [str(kind_name(each)) for each in kinds if key in fields_of(each)]
            known = [field for each in kinds for field in fields_of(each)]
            remedy, asked, value = suggestion(key, known), f"{name}.{key}", values[key]
            while isinstance(value, Mapping) and value:
                inner, value = next(iter(value.items()))
                asked = f"{asked}.{inner}"
            if names and others:
                remedy = f"set {KIND} to one that has it: {', '.join(others)}"
            raise InputError(asked, value, "no such field", remedy)
    try:
        return kind.model_validate(values)
    except InputError as error:
        field = f"{name}.{error.field}"
        raise InputError(field, error.value, error.allowed, error.remedy) from None


def _unknown_kind(asked: str, names: Sequence[str]) -> str:
    """What to do about a kind that there is not: one of somebody's own may be unfinished."""
    unfinished = next((k for k in _abstract(Parameters) if kind_name(k) == asked), None)
    if unfinished is not None:
        missing = sorted(unfinished.__abstractmethods__)
        return f"{unfinished.__name__} has yet to define {', '.join(missing)}"
    return nearest(asked, names) or "a kind of your own has to be imported first"


def _abstract(base: type[Parameters]) -> Iterator[type[Parameters]]:
    for kind in base.__subclasses__():
        if isabstract(kind):
            yield kind
        yield from _abstract(kind)


def quantity(
    default: Any,
    description: str,
    *,
    source: str,
    sources: Mapping[str, str] | None = None,
    **bounds: Any,
) -> Any:
    """A field with a default, what it means, where its value comes from, and its bounds.

    Args:
        default: the default value.
        description: meaning, in a few words; the unit stands in the field's name.
        source: publication, or "assumption: ..." where there is none.
        sources: of the values of a part that differ in this place from those of its class.
        bounds: pydantic constraints (``ge``, ``gt``, ``le``, ``lt``).
    """
    extra: dict[str, Any] = {"source": source}
    if sources is not None:
        extra["sources"] = dict(sources)
    return Field(default, description=description, json_schema_extra=extra, **bounds)
