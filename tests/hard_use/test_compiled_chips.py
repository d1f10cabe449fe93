"""Files of compiled chips."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st

from circuits import ArrayShape, compile_chip, fabricate, load_compiled, save_compiled
from circuits.compiled import file
from mirage_core.machine.loading import load_machine
from tests.hard_use.cases import corpus, numbered, try_all
from tests.hard_use.mutation import changed_bytes
from tests.hard_use.property import read_or_refused
from tests.hard_use.sealed import changed_content, seal

FORM = file._FORMAT


@numbered()
def test_compiled_chips_are_read_or_refused(count: int, tmp_path: Path) -> None:
    path = tmp_path / "a.compiled"
    shape = ArrayShape(units=1, rows=2, length=2)
    save_compiled(compile_chip(fabricate(load_machine("robust").design, (3,), shape, 0)), path)
    valid, (text, tensors) = path.read_bytes(), FORM.read(path)
    text = {"content": text["content"]}

    def check(case: Any) -> None:
        if isinstance(case, bytes):
            path.write_bytes(case)
        else:
            seal(path, FORM, case)
        read_or_refused(lambda: load_compiled(path))

    try_all(count, st.one_of(changed_bytes([valid]), changed_content(text, tensors)), check)


@pytest.mark.parametrize("path", corpus("compiled_chips"))
def test_files_that_broke_it_are_refused(path: Path) -> None:
    assert read_or_refused(lambda: load_compiled(path)) is None
