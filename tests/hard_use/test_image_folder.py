"""Folders of images."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from mirage_core.data.image_folder import image_folder
from tests.hard_use.cases import corpus, numbered, try_all
from tests.hard_use.folders import read_folder, written
from tests.hard_use.mutation import changed_files
from tests.hard_use.property import read_or_refused

Image = pytest.importorskip("PIL.Image")


def image(kind: str, mode: str) -> bytes:
    file = io.BytesIO()
    Image.new(mode, (5, 4), 1).save(file, kind)
    return file.getvalue()


KINDS = {
    "png": ("PNG", "RGB"),
    "jpg": ("JPEG", "L"),
    "bmp": ("BMP", "RGB"),
    "gif": ("GIF", "P"),
    "ppm": ("PPM", "RGB"),
    "tiff": ("TIFF", "I;16"),
    "webp": ("WEBP", "RGB"),
}
VALID = {
    f"{part}/{of}/one.{ending}": image(*KINDS[ending])
    for part, of, endings in (
        ("train", "cats", ("png", "jpg", "gif", "tiff")),
        ("train", "dogs", ("bmp", "ppm", "webp")),
        ("test", "cats", ("png",)),
    )
    for ending in endings
}


@numbered(quick=100)
def test_folders_are_read_or_refused(count: int, tmp_path: Path) -> None:
    def check(files: dict[str, bytes]) -> None:
        found = read_folder(image_folder, tmp_path, files)
        if found is not None:
            assert len(found.train_x) == len(found.train_y)

    try_all(count, changed_files(VALID), check)


@pytest.mark.parametrize("path", corpus("image_folder"))
def test_files_that_broke_it_are_refused(path: Path, tmp_path: Path) -> None:
    # Its own name is a kind's.
    name = f"train/cats/one{path.suffix}"
    folder = written(tmp_path / "data", {**VALID, name: path.read_bytes()})
    assert read_or_refused(lambda: image_folder(folder)) is None
