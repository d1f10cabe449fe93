"""Data sets by name; those that are read from files by name and path, ``idx:PATH``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mirage_core.data.cifar10 import cifar10
from mirage_core.data.dataset import Dataset, TaskName
from mirage_core.data.digits import digits
from mirage_core.data.idx import idx_folder
from mirage_core.data.image_folder import image_folder
from mirage_core.data.mnist1d import mnist1d
from mirage_core.data.scenes import scenes
from mirage_core.data.text import text_file, topics
from photonics.errors import InputError
from photonics.files import existing


@dataclass(frozen=True)
class Source:
    """Where data come from.

    Attributes:
        task: what they ask.
        about: what they are, in a few words.
        make: makes them without a path, if they need none.
        read: reads them from a path, if they can be.
    """

    task: TaskName
    about: str
    make: Callable[[], Dataset] | None = None
    read: Callable[[Path], Dataset] | None = None


SOURCES = {
    "cifar10": Source("classification", "unpacked folder of CIFAR-10", read=cifar10),
    "digits": Source("classification", "8 x 8 digits of scikit-learn", make=digits),
    "idx": Source("classification", "folder of IDX files, as of MNIST", read=idx_folder),
    "images": Source("classification", "folder of images for each class", read=image_folder),
    "mnist1d": Source("classification", "40 numbers each, by the package mnist1d", make=mnist1d),
    "scenes": Source("detection", "digits in scenes; or those of IDX files", scenes, scenes),
    "text": Source("language", "characters of Python's help, or of a file", topics, text_file),
}
"""Every kind of data, by name."""


def load_dataset(name: str) -> Dataset:
    """Load a data set by name, or by name and path: ``idx:PATH``.

    Raises:
        InputError: for an unknown name, a path too many or too few, and files that cannot be.
    """
    kind, colon, path = name.partition(":")
    source = SOURCES.get(kind)
    if source is None:
        known = ", ".join(sorted(SOURCES))
        raise InputError("data", name, f"must be one of {known}", "with a path: idx:PATH")
    if not colon:
        if source.make is None:
            raise InputError("data", name, "needs a path", f"write {kind}:PATH")
        return source.make()
    if source.read is None:
        raise InputError("data", name, "has no files", f"write {kind}")
    file = existing(path)
    if not path or not file.exists():
        raise InputError("data", name, "there is no such file or folder", f"write {kind}:PATH")
    return source.read(file)
