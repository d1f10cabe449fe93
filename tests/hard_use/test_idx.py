"""Folders of IDX files."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import pytest

from mirage_core.data.idx import idx_folder
from tests.hard_use.cases import corpus, numbered, try_all
from tests.hard_use.folders import read_folder, unpacked
from tests.hard_use.mutation import changed_files
from tests.hard_use.property import read_or_refused


def images(count: int) -> bytes:
    return struct.pack(">IIII", 0x803, count, 2, 3) + bytes(range(6 * count))


def labels(count: int) -> bytes:
    return struct.pack(">II", 0x801, count) + bytes(i % 3 for i in range(count))


VALID = {
    "train-images-idx3-ubyte": images(6),
    "train-labels-idx1-ubyte": labels(6),
    "t10k-images-idx3-ubyte.gz": gzip.compress(images(3), mtime=0),
    "t10k-labels-idx1-ubyte": labels(3),
}


@numbered()
def test_folders_are_read_or_refused(count: int, tmp_path: Path) -> None:
    def check(files: dict[str, bytes]) -> None:
        found = read_folder(idx_folder, tmp_path, files)
        if found is not None:
            # Whole, whatever the heads say.
            assert found.train_x.shape[0] == found.train_y.shape[0] > 0
            assert bool((found.train_x <= 1.0).all())

    try_all(count, changed_files(VALID), check)


@pytest.mark.parametrize("path", corpus("idx"))
def test_files_that_broke_it_are_refused(path: Path, tmp_path: Path) -> None:
    assert read_or_refused(lambda: idx_folder(unpacked(path, tmp_path, VALID))) is None
