"""Files that are written whole or not at all, and read where they are regular ones."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from photonics.errors import InputError
from photonics.files import encoded, existing, is_special, read_bytes, read_text, write_whole


def test_a_link_stays_one_and_nothing_is_left_beside(tmp_path: Path) -> None:
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_bytes(b"before")
    link.symlink_to(target)
    write_whole(link, b"after", "mine")
    assert link.is_symlink()
    assert target.read_bytes() == b"after"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link", "target"]


def test_what_is_no_file_is_written_to_as_it_is() -> None:
    assert is_special(Path("/dev/null"))
    write_whole(Path("/dev/null"), b"gone", "mine")
    assert is_special(Path("/dev/null"))


def test_what_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"mine = .*/no/file': cannot be written \(No such file"):
        write_whole(tmp_path / "no" / "file", b"", "mine")


def test_what_cannot_be_read_is_named_without_numbers_of_errors(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> bytes:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), "file")

    path = tmp_path / "mine"
    for read in (read_bytes, read_text):
        with pytest.raises(InputError, match="must be an existing file"):
            read(path, "option")
        with pytest.raises(InputError, match="is a folder"):
            read(tmp_path, "option")
    path.write_bytes(b"\xff")
    with pytest.raises(InputError, match="cannot be read as UTF-8"):
        read_text(path, "option")
    monkeypatch.setattr("io.open", refused)
    for read in (read_bytes, read_text):
        with pytest.raises(InputError, match=r"option = .*: cannot be read \(Permission denied\)$"):
            read(path, "option")


def test_backslashes_lead_to_folders_unless_a_file_has_them(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "b").write_text("x")
    assert existing(f"{tmp_path}\\a\\b") == tmp_path / "a" / "b"
    (tmp_path / "a\\b").write_text("y")
    assert existing(tmp_path / "a\\b").read_text() == "y"


def test_names_keep_the_bytes_that_they_have_on_disk() -> None:
    assert encoded("ö") == "ö".encode()
    # A name in another encoding, as Python reads it from the system.
    assert encoded(b"\xf6".decode("utf-8", "surrogateescape")) == b"\xf6"
