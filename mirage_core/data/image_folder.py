"""Images in folders, one for each class."""

from __future__ import annotations

import io
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from mirage_core.data.dataset import Dataset
from photonics.errors import InputError
from photonics.files import read_bytes

_ENDINGS = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".ppm", ".pgm", ".tif", ".tiff", ".webp")
# Endings say nothing of content; other kinds, such as PostScript, are programs that would be run.
_KINDS = ("PNG", "JPEG", "BMP", "GIF", "PPM", "TIFF", "WEBP")
_DEEP = ("PNG", "PPM")
_ONE_OF = 5  # for the test, where there is no folder for it


def image_folder(path: Path) -> Dataset:
    """Images of one size by class: ``train/CLASS/*`` and ``test/CLASS/*``, or ``CLASS/*``.

    Without the folders ``train`` and ``test``, every fifth image of a class is for the test.
    Images are grey if all are, else of three colours.  Classes are numbered by name.

    Raises:
        InputError: for no images, images that cannot be read, or of different sizes, or where
            Pillow is missing.
    """
    if (path / "train").is_dir() and (path / "test").is_dir():
        train, test = _listed(path / "train"), _listed(path / "test")
        if set(test) - set(train):
            extra = min(set(test) - set(train))
            raise InputError(f"{path}/test", extra, "is no class of train", "add it there")
    else:
        found = _listed(path)
        train = {c: [f for i, f in enumerate(fs) if i % _ONE_OF] for c, fs in found.items()}
        test = {c: fs[::_ONE_OF] for c, fs in found.items()}
    classes = sorted(train)
    if len(classes) < 2 or not any(test.values()) or not all(train.values()):
        counted = {c: len(files) for c, files in train.items()}
        allowed = "must have two classes or more, with images to learn from and to test"
        raise InputError("data", str(path), allowed, f"images to learn from: {counted or 'none'}")
    parts = [_labelled(part, classes) for part in (train, test)]
    images = [_image(file) for files, _ in parts for file in files]
    x, split = _stacked([f for files, _ in parts for f in files], images), len(parts[0][0])
    train_y, test_y = (torch.tensor(labels) for _, labels in parts)
    name, source = f"images:{path}", f"images in {path}"
    return Dataset(name, x[:split], train_y, x[split:], test_y, len(classes), source)


def _listed(folder: Path) -> dict[str, list[Path]]:
    """Images by class, in the order of their names."""
    if not folder.is_dir():
        raise InputError("data", str(folder), "must be a folder of folders with images")
    return {
        each.name: sorted(f for f in each.iterdir() if f.suffix.lower() in _ENDINGS)
        for each in sorted(folder.iterdir())
        if each.is_dir()
    }


def _labelled(files: dict[str, list[Path]], classes: Sequence[str]) -> tuple[list[Path], list[int]]:
    listed = [(f, i) for i, name in enumerate(classes) for f in files.get(name, ())]
    return [f for f, _ in listed], [i for _, i in listed]


def _image(path: Path) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Bytes (H, W, C) of an image, C one for grey and three for colours."""
    try:
        from PIL import Image
    except ImportError:
        remedy = "pip install 'mirage-photonics[images]'"
        raise InputError("data", str(path), "needs Pillow, which is missing", remedy) from None
    content = io.BytesIO(read_bytes(path, "data"))
    try:
        with warnings.catch_warnings():
            # What else Pillow warns of is beside the pixels.
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(content, formats=_KINDS) as image:
                return _bytes_of(image)
    except Exception as error:  # whatever a false image may raise
        said = " ".join(str(error).split()) or type(error).__name__
        raise InputError(str(path), said, "must be an image", "remove or replace it") from None


def _bytes_of(image: Any) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Bytes (H, W, C) of an image that is open.

    Raises:
        ValueError: for pixels that do not say what is white.
    """
    # Pillow gives 16 bits of some kinds in 32.
    deep = image.mode == "I" and image.format in _DEEP
    if deep or image.mode.startswith("I;16"):
        return np.atleast_3d((np.asarray(image) >> 8).astype(np.uint8))
    if image.mode in ("I", "F"):
        raise ValueError("pixels of 32 bits do not say what is white")
    grey = image.mode in ("1", "L")
    return np.atleast_3d(np.asarray(image.convert("L" if grey else "RGB")))


def _stacked(
    files: Sequence[Path], images: Sequence[np.ndarray[Any, np.dtype[np.uint8]]]
) -> Tensor:
    """Images (N, C, H, W) in 0 ... 1."""
    size = images[0].shape[:2]
    for path, image in zip(files, images, strict=True):
        if image.shape[:2] != size:
            allowed = f"must be as large as {files[0].name}: {size[0]} x {size[1]}"
            found = f"{image.shape[0]} x {image.shape[1]}"
            raise InputError(str(path), found, allowed, "scale all to one size")
    colours = max(image.shape[2] for image in images)
    full = np.stack([np.broadcast_to(image, (*size, colours)) for image in images])
    return torch.from_numpy(full).permute(0, 3, 1, 2).float().div_(255.0)
