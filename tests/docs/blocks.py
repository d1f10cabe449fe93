"""Blocks of the documents as a reader types them."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

DOCS = Path(__file__).parents[2] / "docs"
_BLOCK = re.compile(
    r"^```(?:\{code-block\} )?(?P<kind>\w+)\n(?::caption: (?P<file>\S+)\n)?(?P<text>.*?)^```$",
    flags=re.M | re.S,
)


class Block(NamedTuple):
    """One block: its language, its text, and the file that it is, if any."""

    kind: str
    file: str | None
    text: str

    def commands(self) -> list[list[str]]:
        """Words of each command of a console."""
        return [shlex.split(line) for line in self.text.splitlines() if line]


def pages() -> list[Path]:
    """Pages that are written by hand."""
    made = DOCS / "generated", DOCS / "_build"
    return sorted(p for p in DOCS.rglob("*.md") if not any(m in p.parents for m in made))


def blocks(page: Path) -> Iterator[Block]:
    """Blocks of a page, in order."""
    for found in _BLOCK.finditer(page.read_text()):
        yield Block(found["kind"], found["file"], found["text"])
