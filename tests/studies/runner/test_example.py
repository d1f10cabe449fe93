"""Examples to begin with."""

from __future__ import annotations

from pathlib import Path

import pytest

from photonics.errors import InputError
from studies.runner.example import write_example


def test_an_example_says_how_it_is_run(tmp_path: Path) -> None:
    for ending in (".toml", ".py"):
        file = tmp_path / f"mine{ending}"
        write_example(file)
        assert f"mirage study run {file}" in file.read_text()


def test_no_file_is_replaced_unasked(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text("mine")
    with pytest.raises(InputError, match="is there already"):
        write_example(file)
    assert file.read_text() == "mine"
    write_example(file, overwrite=True)
    assert "question" in file.read_text()
