"""Sealed files: what was written comes back, and nothing else does."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from photonics.errors import InputError
from photonics.sealed_file import SealedFormat, plain

THIS = SealedFormat("box", "test box", 2, "tests.save_box", "pack it again")
TEXT = {"of": "µ and π", "empty": ""}
TENSORS = {
    "a": torch.arange(6, dtype=torch.float64).view(2, 3).T,
    "b": torch.tensor([1 + 2j, 3 - 4j], dtype=torch.complex128),
    "c": torch.tensor([True, False]),
}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    THIS.write(tmp_path / "a.box", TEXT, TENSORS)
    return tmp_path / "a.box"


def test_text_and_tensors_come_back_bit_for_bit(file: Path) -> None:
    text, tensors = THIS.read(file)
    assert {name: text[name] for name in TEXT} == TEXT
    assert sorted(tensors) == sorted(TENSORS)
    assert torch.equal(tensors["a"], TENSORS["a"])
    assert torch.equal(torch.view_as_complex(tensors["b"]), TENSORS["b"])
    assert tensors["c"].dtype == torch.bool
    assert [path.name for path in file.parent.iterdir()] == ["a.box"]


def test_like_content_makes_like_bytes(file: Path) -> None:
    """The format stands first, so that half a header still says what it was."""
    written = file.read_bytes()
    for _ in range(8):
        THIS.write(file, TEXT, TENSORS)
        assert file.read_bytes() == written
    assert written[8:].startswith(b'{"__metadata__": {"format": "test box 2"')


def test_plain_tensors_share_nothing() -> None:
    for given in TENSORS.values():
        assert plain(given).data_ptr() != given.data_ptr()
        assert plain(given).is_contiguous()


def test_every_byte_counts(file: Path) -> None:
    """One bit anywhere: nothing is read, and no other error is raised."""
    whole = file.read_bytes()
    for place in range(0, len(whole), 7):
        file.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with pytest.raises(InputError, match=r"^box = "):
            THIS.read(file)
    for end in (0, 1, 8, 40, len(whole) - 1):
        file.write_bytes(whole[:end])
        with pytest.raises(InputError, match=r"^box = "):
            THIS.read(file)
    file.write_bytes(whole)
    THIS.read(file)


@pytest.mark.parametrize(
    ("other", "why"),
    [
        (
            SealedFormat("box", "test box", 3, "", ""),
            "another version .*test box 2, not test box 3",
        ),
        (
            SealedFormat("bag", "test bag", 2, "tests.save_bag", ""),
            "is not a bag; see tests.save_bag",
        ),
    ],
)
def test_files_of_others_are_refused(file: Path, other: SealedFormat, why: str) -> None:
    with pytest.raises(InputError, match=why):
        other.read(file)


def test_what_cannot_be_read_or_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="must be an existing file"):
        THIS.read(tmp_path / "missing.box")
    with pytest.raises(InputError, match="cannot be written"):
        THIS.write(tmp_path / "missing" / "a.box", TEXT, TENSORS)
    assert list(tmp_path.iterdir()) == []


def test_a_path_of_windows_is_found(file: Path) -> None:
    below = file.parent / "Sub"
    below.mkdir()
    THIS.write(below / "b.box", TEXT, TENSORS)
    for path in (f"{file.parent}\\Sub\\b.box", file.parent / "Sub\\b.box"):
        assert THIS.read(path)[0]["of"] == TEXT["of"]
    # A name that has a backslash in it stands for itself.
    file.rename(file.parent / "Sub\\b.box")
    (below / "b.box").unlink()
    assert THIS.read(file.parent / "Sub\\b.box")[0]["of"] == TEXT["of"]
