"""Files that are written whole or not at all, and found by paths as people write them."""

from __future__ import annotations

import os
from pathlib import Path, PureWindowsPath

from photonics.errors import InputError


def write_whole(path: Path, data: bytes, field: str = "output") -> None:
    """Write a file so that it is there whole or not at all, whatever interrupts.

    A link stays one: the file that it leads to is written.  What is no regular file, such as a
    pipe or a device, is written to as it is.

    Args:
        path: of the file.
        data: all that is to be in it.
        field: what is written, as a refusal names it.

    Raises:
        InputError: if it cannot be written.
    """
    try:
        if is_special(path):
            path.write_bytes(data)
        else:
            _put_in_place(Path(os.path.realpath(path)), data)
    except OSError as error:
        raise unwritable(field, path, error) from None


def existing(path: str | Path) -> Path:
    """A path, its backslashes as Windows means them where there is no file of that very name."""
    file = Path(path)
    return file if file.exists() else Path(PureWindowsPath(path).as_posix())


def encoded(text: str) -> bytes:
    """A text in UTF-8; names of files in it as they are on disk, in whatever encoding."""
    return text.encode("utf-8", "surrogateescape")


def is_special(path: Path) -> bool:
    """Whether there is something that is no regular file, behind all links."""
    return path.exists() and not path.is_file()


def unwritable(field: str, path: str | Path, error: OSError | ValueError) -> InputError:
    """What is said of a file or folder that cannot be written; a ValueError is of its name."""
    said = getattr(error, "strerror", None) or error
    return InputError(field, str(path), f"cannot be written ({said})")


def _put_in_place(target: Path, data: bytes) -> None:
    partial = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        partial.write_bytes(data)
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
