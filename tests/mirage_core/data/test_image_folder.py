"""Images in folders."""

from __future__ import annotations

import builtins
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mirage_core.data.image_folder import _ENDINGS, image_folder
from photonics.errors import InputError

Image = pytest.importorskip("PIL.Image")


def draw(path: Path, level: int, mode: str = "L", size: tuple[int, int] = (4, 3)) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, size, level if mode == "L" else (level, 0, 255)).save(path)


def test_every_fifth_image_is_for_the_test(tmp_path: Path) -> None:
    for i in range(5):
        draw(tmp_path / "cats" / f"{i}.png", 10 * i)
        draw(tmp_path / "dogs" / f"{i}.png", 10 * i + 5)
    data = image_folder(tmp_path)
    assert (data.shape, data.classes) == ((1, 3, 4), 2)
    assert (data.train_x[:, 0, 0, 0] * 255).round().tolist() == [10, 20, 30, 40, 15, 25, 35, 45]
    assert data.train_y.tolist() == [0, 0, 0, 0, 1, 1, 1, 1]
    assert data.test_y.tolist() == [0, 1]


@pytest.mark.parametrize("ending", _ENDINGS)
def test_images_of_every_ending_are_read(ending: str, tmp_path: Path) -> None:
    for i in range(2):
        draw(tmp_path / "dark" / f"{i}{ending}", 0)
        draw(tmp_path / "light" / f"{i}{ending}", 255)
    data = image_folder(tmp_path)
    assert data.test_x.mean((1, 2, 3)).round(decimals=2).tolist() == [0, 1]


def test_folders_of_their_own_and_colours(tmp_path: Path) -> None:
    for part in ("train", "test"):
        draw(tmp_path / part / "a" / "grey.png", 51)
        draw(tmp_path / part / "b" / "red.png", 102, "RGB")
    data = image_folder(tmp_path)
    # Grey ones have the same in all three colours.
    pixels = (data.train_x[:, :, 0, 0] * 255).round().tolist()
    assert pixels == [[51, 51, 51], [102, 0, 255]]


def refuse(tmp_path: Path, message: str) -> None:
    with pytest.raises(InputError, match=message) as refused:
        image_folder(tmp_path)
    assert "\n" not in str(refused.value)


def test_what_cannot_be_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refuse(tmp_path, "two classes or more.*none")
    refuse(tmp_path / "missing", "must be a folder")
    for i in range(2):
        draw(tmp_path / "a" / f"{i}.png", i)
        draw(tmp_path / "b" / f"{i}.png", i, size=(4, 3 + i))
    refuse(tmp_path, "1.png = '4 x 4': must be as large as 1.png: 3 x 4")
    (tmp_path / "b" / "1.png").write_bytes((tmp_path / "a" / "1.png").read_bytes()[:40])
    refuse(tmp_path, "must be an image")
    real = builtins.__import__

    def without_pillow(name: str, *rest: Any) -> Any:
        if name.startswith("PIL"):
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without_pillow)
    refuse(tmp_path, "needs Pillow.*mirage-photonics\\[images\\]")


@pytest.mark.parametrize("ending", ["png", "pgm", "tif"])
def test_deep_images_keep_their_range(ending: str, tmp_path: Path) -> None:
    for name in ("a", "b"):
        for i in range(2):
            (tmp_path / name).mkdir(exist_ok=True)
            deep = np.full((3, 4), 257 * (100 + i), dtype=np.uint16)
            Image.fromarray(deep).save(tmp_path / name / f"{i}.{ending}")
    data = image_folder(tmp_path)
    assert data.shape == (1, 3, 4)
    assert (data.train_x[:, 0, 0, 0] * 255).round().tolist() == [101, 101]


@pytest.mark.parametrize("kind", [np.int32, np.float32])
def test_pixels_that_do_not_say_what_is_white_are_refused(kind: type, tmp_path: Path) -> None:
    for name in ("a", "b"):
        for i in range(2):
            (tmp_path / name).mkdir(exist_ok=True)
            Image.fromarray(np.full((3, 4), 0.5 + i, kind)).save(tmp_path / name / f"{i}.tif")
    refuse(tmp_path, "what is white")
