"""Tables of values from TOML and JSON; what would exhaust Python's readers is refused as they do.

Both readers call themselves for tables within tables, and Python refuses integers of very many
digits with an error of its own: a text can so end in errors that nobody expects.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from typing import Any

MOST_LEVELS = 64
"""Tables and lists within each other, far more than any document of ours has."""
_TOO_DEEP = f"more than {MOST_LEVELS} tables or lists within each other"


def toml_of(text: str) -> dict[str, Any]:
    """The document in a text.

    Raises:
        tomllib.TOMLDecodeError: for what is no TOML, nested too deeply, or has integers too long.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        raise
    except RecursionError:
        raise tomllib.TOMLDecodeError(_TOO_DEEP) from None
    except ValueError as error:
        raise tomllib.TOMLDecodeError(_first_words(error)) from None
    if _is_too_deep(document):
        raise tomllib.TOMLDecodeError(_TOO_DEEP)
    return document


def json_of(
    text: str, object_pairs_hook: Callable[[list[tuple[str, Any]]], Any] | None = None
) -> Any:
    """What a text holds.

    Args:
        text: in JSON.
        object_pairs_hook: as of :func:`json.loads`; what it raises is left as it is.

    Raises:
        ValueError: for what is no JSON, nested too deeply, or has integers too long.
    """
    try:
        found = json.loads(text, object_pairs_hook=object_pairs_hook)
    except RecursionError:
        raise ValueError(_TOO_DEEP) from None
    if _is_too_deep(found):
        raise ValueError(_TOO_DEEP)
    return found


def _is_too_deep(document: Any) -> bool:
    """Whether a document has too many levels; without calling itself."""
    level = [document] if isinstance(document, dict | list) else []
    for _ in range(MOST_LEVELS):
        level = [inner for each in level for inner in _within(each)]
        if not level:
            return False
    return True


def _within(value: Any) -> list[Any]:
    """Tables and lists directly within one."""
    parts = value.values() if isinstance(value, dict) else value
    return [part for part in parts if isinstance(part, dict | list)]


def _first_words(error: Exception) -> str:
    return str(error).partition(";")[0]
