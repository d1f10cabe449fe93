"""What objects that hold many numbers look like at a prompt."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from torch import Tensor

_LONGEST = 40


def one_line(thing: Any) -> str:
    """A dataclass in one line, for use as its ``__repr__``.

    Floats have four digits, tensors are told by their shape, and ``...`` stands for what is long.
    """
    found = ", ".join(f"{f.name}={_brief(getattr(thing, f.name))}" for f in fields(thing))
    return f"{type(thing).__name__}({found})"


def _brief(value: object) -> str:
    if isinstance(value, Tensor):
        return f"tensor{tuple(value.shape)}"
    text = f"{value:.4g}" if isinstance(value, float) else repr(value)
    return text if len(text) <= _LONGEST else "..."
