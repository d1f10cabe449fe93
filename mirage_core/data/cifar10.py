"""CIFAR-10 from a folder, the binary version or that for Python.

Layouts: Krizhevsky, "Learning multiple layers of features from tiny images", 2009, and its page.
Binary: records of a label and 3072 bytes, the red, green and blue rows of 32 x 32 pixels.
Python: pickled dictionaries of ``data``, (N, 3072) bytes, and ``labels``.
"""

from __future__ import annotations

import codecs
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from mirage_core.data.dataset import Dataset
from mirage_core.data.labels import require_labels
from photonics.errors import InputError

_PIXELS, _CLASSES = 3 * 32 * 32, 10


def cifar10(path: Path) -> Dataset:
    """Colour images of 32 x 32 pixels: every ``data_batch_*`` there is to learn, ``test_batch``.

    Raises:
        InputError: for missing, truncated or false files, and labels that cannot be.
    """
    read, ending = (_binary, ".bin") if (path / "test_batch.bin").is_file() else (_pickled, "")
    files = [f for f in sorted(path.glob(f"data_batch_[1-9]{ending}")) if f.is_file()]
    test = path / f"test_batch{ending}"
    if not files or not test.is_file():
        allowed = "has no data_batch_1.bin and test_batch.bin, nor data_batch_1 and test_batch"
        raise InputError("data", str(path), allowed, "give the unpacked folder of CIFAR-10")
    parts = [read(file) for file in files]
    train_x, train_y = torch.cat([x for x, _ in parts]), torch.cat([y for _, y in parts])
    test_x, test_y = read(test)
    require_labels(path, train_y, test_y, _CLASSES, _CLASSES)
    name, source = f"cifar10:{path}", f"CIFAR-10 in {path}"
    return Dataset(name, train_x, train_y, test_x, test_y, _CLASSES, source)


def _binary(path: Path) -> tuple[Tensor, Tensor]:
    content = path.read_bytes()
    if not content or len(content) % (1 + _PIXELS):
        allowed = f"must be whole records of {1 + _PIXELS} bytes"
        raise InputError(str(path), f"{len(content)} bytes", allowed, "get it once more")
    records = torch.frombuffer(bytearray(content), dtype=torch.uint8).view(-1, 1 + _PIXELS)
    return _images(records[:, 1:]), records[:, 0].long()


def _pickled(path: Path) -> tuple[Tensor, Tensor]:
    try:
        with path.open("rb") as file:
            found = _ArraysOnly(file, encoding="bytes").load()
        pixels, labels = found[b"data"], found[b"labels"]
        x, y = torch.from_numpy(np.array(pixels)), torch.tensor(labels)
    except Exception as error:  # whatever a false pickle may raise
        said = " ".join(str(error).split()) or type(error).__name__
        remedy = "get it once more, or take the binary version"
        raise InputError(str(path), said, "must be a batch of CIFAR-10", remedy) from None
    numbers = x.dtype == torch.uint8 and not y.is_floating_point()
    if not numbers or x.shape[1:] != (_PIXELS,) or y.shape != x.shape[:1] or not len(y):
        found_shapes = f"{tuple(x.shape)} {x.dtype} and {tuple(y.shape)} labels {y.dtype}"
        raise InputError(str(path), found_shapes, f"must be (N, {_PIXELS}) bytes and N labels")
    return _images(x), y.long()


def _images(pixels: Tensor) -> Tensor:
    return pixels.reshape(-1, 3, 32, 32).float().div_(255.0)


class _ArraysOnly(pickle.Unpickler):
    """Makes arrays of numbers, and calls nothing else that a file may name."""

    _ALLOWED = ("numpy._reconstruct", "numpy.ndarray", "numpy.dtype", "_codecs.encode")

    def find_class(self, module: str, name: str) -> Any:
        if f"{module.split('.')[0]}.{name}" not in self._ALLOWED:
            raise pickle.UnpicklingError(f"names {module}.{name}, which is no array")
        if name == "encode":
            return codecs.encode
        return np.empty(0).__reduce__()[0] if name == "_reconstruct" else getattr(np, name)
