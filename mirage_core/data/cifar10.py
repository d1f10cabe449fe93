"""CIFAR-10 from a folder, the binary version or that for Python.

Layouts: Krizhevsky, "Learning multiple layers of features from tiny images", 2009, and its page.
Binary: records of a label and 3072 bytes, the red, green and blue rows of 32 x 32 pixels.
Python: pickled dictionaries of ``data``, (N, 3072) bytes, and ``labels``.
"""

from __future__ import annotations

import io
import pickle
import pickletools
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from mirage_core.data.dataset import Dataset
from mirage_core.data.labels import require_labels
from photonics.errors import InputError
from photonics.files import read_bytes

_PIXELS, _CLASSES = 3 * 32 * 32, 10
# Operations of a pickle that number an object, or tell how much follows.
_NUMBERING = ("PUT", "BINPUT", "LONG_BINPUT", "FRAME")


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
    content = read_bytes(path, "data")
    if not content or len(content) % (1 + _PIXELS):
        allowed = f"must be whole records of {1 + _PIXELS} bytes"
        raise InputError(str(path), f"{len(content)} bytes", allowed, "get it once more")
    records = torch.frombuffer(bytearray(content), dtype=torch.uint8).view(-1, 1 + _PIXELS)
    return _images(records[:, 1:]), records[:, 0].long()


def _pickled(path: Path) -> tuple[Tensor, Tensor]:
    content = read_bytes(path, "data")
    try:
        _require_whole(content)
        found = _ArraysOnly(io.BytesIO(content), encoding="bytes").load()
        pixels, labels = found[b"data"].values(), _labels(found[b"labels"])
    except Exception as error:  # whatever a false pickle may raise
        said = " ".join(str(error).split()) or type(error).__name__
        remedy = "get it once more, or take the binary version"
        raise InputError(str(path), said, "must be a batch of CIFAR-10", remedy) from None
    if pixels.shape[1:] != (_PIXELS,) or labels.shape != pixels.shape[:1] or not len(labels):
        shapes = f"{tuple(pixels.shape)} pixels and {tuple(labels.shape)} labels"
        raise InputError(str(path), shapes, f"must be (N, {_PIXELS}) bytes and N labels")
    return _images(pixels), labels


def _labels(found: object) -> Tensor:
    """Labels (N,), int64, from a list."""
    if not isinstance(found, list) or not all(type(label) is int for label in found):
        raise ValueError("labels are no list of whole numbers")
    return torch.tensor(found, dtype=torch.long)


def _images(pixels: Tensor) -> Tensor:
    return pixels.reshape(-1, 3, 32, 32).float().div_(255.0)


def _require_whole(content: bytes) -> None:
    """Walk over the operations of a pickle, and refuse what promises more than there is.

    Python's own reader would make room for all that is promised before it looks.

    Raises:
        ValueError: for what is cut short, damaged, or numbers its objects beyond its own length.
    """
    for operation, argument, _ in pickletools.genops(content):
        if operation.name in _NUMBERING and int(argument or 0) > len(content):
            raise ValueError(f"{operation.name} of {argument} in {len(content)} bytes")


class _Array:
    """What a pickle tells of an array; numpy itself takes no part."""

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        _, self.shape, self.kind, self.by_columns, self.content = state

    def values(self) -> Tensor:
        """The array, if it is one of bytes.

        Raises:
            ValueError: for another one.
        """
        # Nothing else is shown, nor compared: lists within each other can be endless.
        name, content, shape = self.kind.name, self.content, self.shape
        if not isinstance(name, str | bytes) or name not in ("u1", b"u1"):
            shown = repr(name) if isinstance(name, str | bytes) else type(name).__name__
            raise ValueError(f"holds {shown}, not unsigned bytes")
        if not isinstance(shape, tuple) or not all(type(size) is int for size in shape):
            raise ValueError("is of no shape")
        if not isinstance(content, str | bytes):
            raise ValueError("holds no bytes")
        written = content.encode("latin1") if isinstance(content, str) else content
        flat = torch.frombuffer(bytearray(written), dtype=torch.uint8)
        return flat.view(shape[::-1]).T if self.by_columns in (True, 1) else flat.view(shape)


class _Kind:
    """What a pickle tells of the numbers in an array."""

    def __init__(self, name: object, *_: object) -> None:
        self.name = name

    def __setstate__(self, state: object) -> None:
        """Order of bytes and the like: single bytes have none."""


class _ArraysOnly(pickle.Unpickler):
    """Takes down what a file tells of arrays, and calls nothing that it may name."""

    def find_class(self, module: str, name: str) -> Any:
        known = {
            "numpy._reconstruct": lambda *_: _Array(),
            "numpy.ndarray": _Array,
            "numpy.dtype": _Kind,
            "_codecs.encode": _encoded,
        }
        found = known.get(f"{module.split('.')[0]}.{name}")
        if found is None:
            raise pickle.UnpicklingError(f"names {module}.{name}, which is no array")
        return found


def _encoded(text: str, encoding: str) -> bytes:
    """Bytes, as Python's second protocol writes them."""
    return text.encode("latin1")
