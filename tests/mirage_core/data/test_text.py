"""Texts as pieces, each with what comes next."""

from __future__ import annotations

from pathlib import Path

import pytest

from mirage_core.data.text import LENGTH, characters, text_file, topics
from photonics.errors import InputError


def test_what_comes_next_is_one_character_on() -> None:
    text = "".join(chr(ord("a") + i % 26) for i in range(20 * LENGTH))
    data = characters("abc", text, "")
    assert (data.classes, data.task, data.shape) == (26, "language", (LENGTH,))
    assert ((data.train_x + 1) % 26 == data.train_y).all()
    assert ((data.test_x + 1) % 26 == data.test_y).all()
    # The last tenth is for the test, and nothing of it is learned from.
    assert data.train_x.numel() == (18 * LENGTH - 1) // LENGTH * LENGTH
    assert data.test_x.numel() == LENGTH
    assert int(data.test_x[0, 0]) == 18 * LENGTH % 26


def test_files_are_read_and_false_ones_refused(tmp_path: Path) -> None:
    file = tmp_path / "my.txt"
    file.write_text("täglich grüßt " * 40, encoding="utf-8")
    assert text_file(file).classes == len(set("täglich grüßt "))
    file.write_text("too short")
    with pytest.raises(InputError, match=r"9 characters.*130 characters or more"):
        text_file(file)
    file.write_text("a" * 1000)
    with pytest.raises(InputError, match=r"'a' alone.*two different characters"):
        text_file(file)
    file.write_bytes(b"\xff" * 1000)
    with pytest.raises(InputError, match="cannot be read as UTF-8"):
        text_file(file)
    with pytest.raises(InputError, match="is a folder"):
        text_file(tmp_path)


def test_the_text_of_python_is_there() -> None:
    data = topics()
    assert data.train_x.numel() > 50_000
    assert 60 < data.classes < 200
