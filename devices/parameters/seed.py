"""Seeds as parameters of parts."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from photonics.random import MOST_SEED, seed_number


def _seed(value: Any) -> Any:
    # The part knows the name of the field, and refuses texts.
    return value if isinstance(value, str) else seed_number("", value)


Seed = Annotated[int, Field(ge=0, le=MOST_SEED), BeforeValidator(_seed)]
"""A seed of random numbers, by the rule of :func:`photonics.random.seed_number`."""
