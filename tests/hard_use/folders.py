"""Data sets of several files, written anew for each case."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

from mirage_core.data.dataset import Dataset
from tests.hard_use.property import read_or_refused


def read_folder(
    read: Callable[[Path], Dataset], folder: Path, files: Mapping[str, bytes]
) -> Dataset | None:
    """A data set from a folder that holds these files alone."""
    return read_or_refused(lambda: read(written(folder / "data", files)))


def written(folder: Path, files: Mapping[str, bytes]) -> Path:
    """A folder that holds these files alone."""
    shutil.rmtree(folder, ignore_errors=True)
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def unpacked(path: Path, folder: Path, valid: Mapping[str, bytes]) -> Path:
    """A valid folder in which a file of the corpus takes the place of the one of its name."""
    name = path.name.partition("@")[2]
    assert name in valid
    return written(folder / "data", {**valid, name: path.read_bytes()})
