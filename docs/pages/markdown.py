"""Pieces of Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

# What Markdown would take for markup, in text that has none of its own.
_MARKUP = re.compile(r"([\\*_<>|$\[\]{}#^~])")


def plain(text: str) -> str:
    """Text that is shown as it is."""
    return _MARKUP.sub(r"\\\1", " ".join(text.split()))


def code(text: object) -> str:
    """A word of code; nothing for an empty one."""
    word = " ".join(str(text).split()).replace("|", "\\|")
    return f"`{word}`" if word else ""


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of cells that are Markdown already."""
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    lines += [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join(lines) + "\n"


def docstring(text: str) -> str:
    """What a docstring says, its ``words of code`` as those of Markdown."""
    parts = re.split(r"``(.+?)``", " ".join(text.split()))
    return "".join(code(x) if i % 2 else _MARKUP.sub(r"\\\1", x) for i, x in enumerate(parts))
