"""Texts."""

from __future__ import annotations

from pathlib import Path

from mirage_core.data.text import text_file
from tests.hard_use.cases import numbered, try_all
from tests.hard_use.mutation import changed_text
from tests.hard_use.property import read_or_refused

VALID = ("To be, or not to be.\n" * 10, "é日本\r\n" * 50)


@numbered()
def test_texts_are_read_or_refused(count: int, tmp_path: Path) -> None:
    path = tmp_path / "text"

    def check(content: bytes) -> None:
        path.write_bytes(content)
        found = read_or_refused(lambda: text_file(path))
        if found is not None:
            assert int(found.train_x.max()) < found.classes

    try_all(count, changed_text(VALID), check)
