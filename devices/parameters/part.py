"""What every part has in common: frozen, validated parameters that state where they come from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class Part(BaseModel):
    """Base of all parameter objects: immutable, no unknown fields, no NaN or infinity."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        """What differs from the defaults of the class."""
        for name, value in super().__repr_args__():
            field = type(self).model_fields.get(name or "")
            if field is None or value != field.get_default(call_default_factory=True):
                yield name, value


def quantity(default: Any, description: str, *, source: str, **bounds: Any) -> Any:
    """A field with a default, what it means, where its value comes from, and its bounds.

    Args:
        default: the default value.
        description: meaning, in a few words; the unit stands in the field's name.
        source: publication, or "assumption: ..." where there is none.
        bounds: pydantic constraints (``ge``, ``gt``, ``le``, ``lt``).
    """
    return Field(default, description=description, json_schema_extra={"source": source}, **bounds)
