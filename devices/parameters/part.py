"""What every part has in common: frozen, validated parameters that state where they come from."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field


class Part(BaseModel):
    """Base of all parameter objects: immutable, no unknown fields, no NaN or infinity."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    inlined: ClassVar[str | None] = None
    """Field whose own fields stand beside the others in files, dumps and dotted names."""


def quantity(default: Any, description: str, *, source: str, **bounds: Any) -> Any:
    """A field with a default, what it means, where its value comes from, and its bounds.

    Args:
        default: the default value.
        description: meaning, in a few words; the unit stands in the field's name.
        source: publication, or "assumption: ..." where there is none.
        bounds: pydantic constraints (``ge``, ``gt``, ``le``, ``lt``).
    """
    return Field(default, description=description, json_schema_extra={"source": source}, **bounds)
