"""Folders with images and labels in IDX files, as of MNIST.

Layout of a file (LeCun, Cortes and Burges, "The MNIST database"): two zeros, a code of the type
(8: unsigned bytes), the number of axes; the length of each axis, 32 bits, most significant byte
first; the values.
"""

from __future__ import annotations

import gzip
import math
import zlib
from pathlib import Path

import torch
from torch import Tensor

from mirage_core.data.dataset import Dataset
from mirage_core.data.labels import require_labels
from photonics.errors import InputError
from photonics.files import unreadable

_BYTES = 8
_DIGITS = 10
# 4 GiB once they are in FP32, and twice what the largest data set of this layout, EMNIST, has.
_MOST_VALUES = 1 << 30
# Deflate makes no more of a byte: https://zlib.net/zlib_tech.html
_MOST_EXPANSION = 1032


def idx_folder(path: Path) -> Dataset:
    """Images of one channel with labels, from four files, each plain or compressed (``.gz``).

    They are called as those of MNIST: ``train-images-idx3-ubyte``, ``train-labels-idx1-ubyte``,
    ``t10k-images-idx3-ubyte`` and ``t10k-labels-idx1-ubyte``.  Labels 0 to 9 are as of MNIST; where
    there are higher ones, each up to the highest must occur.

    Raises:
        InputError: for missing, truncated, swapped or lying files, no images, more than 1 GiB in a
            file, or labels that cannot be.
    """
    parts = {}
    for part in ("train", "t10k"):
        images = _read(path, f"{part}-images-idx3-ubyte", 3)
        labels = _read(path, f"{part}-labels-idx1-ubyte", 1)
        if len(images) != len(labels):
            found = f"{len(images)} images and {len(labels)} labels"
            raise InputError(f"{path}/{part}-*", found, "must be as many images as labels")
        parts[part] = images.float().div_(255.0).unsqueeze(1), labels.long()
    (train_x, train_y), (test_x, test_y) = parts["train"], parts["t10k"]
    if train_x.shape[1:] != test_x.shape[1:]:
        sizes = " and ".join("x".join(map(str, x.shape[2:])) for x in (train_x, test_x))
        raise InputError(str(path), sizes, "must be images of one size")
    classes = max(_DIGITS, int(train_y.max()) + 1)
    require_labels(path, train_y, test_y, classes, _DIGITS)
    return Dataset(f"idx:{path}", train_x, train_y, test_x, test_y, classes, f"IDX files in {path}")


def _read(folder: Path, name: str, axes: int) -> Tensor:
    """Values of a file, uint8 of so many axes."""
    path = _found(folder, name)
    head, values = _content(path, 4 + 4 * axes)
    if len(head) < 4 or head[:3] != bytes((0, 0, _BYTES)):
        remedy = "give the IDX files of MNIST's layout"
        raise InputError(str(path), head[:4].hex(" "), "is no IDX file of bytes", remedy)
    if head[3] != axes:
        kind = "images have three" if axes == 3 else "labels have one"
        remedy = "images and labels may be swapped" if head[3] in (1, 3) else ""
        raise InputError(str(path), f"{head[3]} axes", f"must have {axes}: {kind}", remedy)
    sizes = _sizes(head)
    promised, told = math.prod(sizes), "x".join(map(str, sizes))
    if promised > _MOST_VALUES:
        raise InputError(str(path), told, f"must be at most {_MOST_VALUES} bytes")
    if len(sizes) != axes or promised != len(values):
        allowed = f"must hold the {told} bytes that its head tells of"
        raise InputError(str(path), f"{len(values)} bytes", allowed, "get it once more")
    if promised == 0:
        raise InputError(str(path), told, "must hold something")
    return torch.frombuffer(values, dtype=torch.uint8).view(sizes)


def _found(folder: Path, name: str) -> Path:
    """A file by its name, with the other separator, or compressed."""
    dotted = name.replace("-idx", ".idx")
    for each in (name, f"{name}.gz", dotted, f"{dotted}.gz"):
        if (folder / each).is_file():
            return folder / each
    remedy = "give the folder with the four files of MNIST's layout"
    raise InputError("data", str(folder), f"has no {name}, nor {name}.gz", remedy)


def _sizes(head: bytes) -> list[int]:
    """Lengths of the axes that a head tells of, as far as it is whole."""
    return [int.from_bytes(head[i : i + 4], "big") for i in range(4, len(head) // 4 * 4, 4)]


def _content(path: Path, length: int) -> tuple[bytes, bytearray]:
    """Head of a file, and its values: no more than the head tells of, and one; none of too many."""
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            head = file.read(length)
            promised = math.prod(_sizes(head))
            if promised > _MOST_VALUES:
                return head, bytearray()
            # No room is made for what cannot be there.
            most = min(promised, _MOST_EXPANSION * path.stat().st_size)
            return head, bytearray(file.read(most + 1))
    except EOFError:
        raise InputError(str(path), "truncated", "must be whole", "get it once more") from None
    except (gzip.BadGzipFile, zlib.error) as error:
        raise InputError(str(path), str(error), "must be whole", "get it once more") from None
    except OSError as error:
        raise unreadable("data", path, error) from None
