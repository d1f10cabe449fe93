"""Writes the pages that are made from the code."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from docs.pages import api, commands, configuration, paper, results, studies

Pages = Iterator[tuple[str, str | bytes]]

SOURCES: tuple[Callable[[], Pages], ...] = (
    configuration.pages,
    studies.pages,
    commands.pages,
    results.pages,
    paper.pages,
    api.pages,
)
"""Each yields pages: name of a file within the folder, and what it holds."""


def write_pages(folder: Path) -> None:
    """Write all pages into a folder, and remove what no source makes any more.

    Files that have not changed keep their times, so that Sphinx does not read them again.
    """
    made = set()
    for source in SOURCES:
        for name, content in source():
            file = folder / name
            made.add(file)
            held = content if isinstance(content, bytes) else content.encode()
            if not file.exists() or file.read_bytes() != held:
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(held)
    for file in folder.rglob("*"):
        if file.is_file() and file not in made:
            file.unlink()
