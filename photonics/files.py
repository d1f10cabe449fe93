"""Files that are written whole or not at all, and read where they are regular ones.

Paths are found as people write them.  Pipes and devices are never read: they may be without end.
"""

from __future__ import annotations

import os
from pathlib import Path, PureWindowsPath

from photonics.errors import InputError


def write_whole(path: Path, data: bytes, field: str) -> None:
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


def regular_file(
    path: str | Path, field: str, allowed: str = "must be an existing file", remedy: str = ""
) -> Path:
    """A file that is there, behind all links, with an end.

    Args:
        path: of the file; backslashes are as :func:`existing` takes them.
        field: what is read, as a refusal names it.
        allowed: what is said where there is nothing.
        remedy: what to do about it.

    Raises:
        InputError: for nothing, a folder, a pipe or a device.
    """
    try:
        file = existing(path)
        if file.is_file():
            return file
        if file.is_dir():
            allowed = "is a folder"
        elif file.exists():
            allowed = "is no regular file"
    except OSError as error:
        raise unreadable(field, path, error) from None
    raise InputError(field, str(path), allowed, remedy)


def read_bytes(
    path: str | Path, field: str, allowed: str = "must be an existing file", remedy: str = ""
) -> bytes:
    """All that is in a file; see :func:`regular_file`.

    Raises:
        InputError: for what is no regular file, or cannot be read.
    """
    file = regular_file(path, field, allowed, remedy)
    try:
        return file.read_bytes()
    except OSError as error:
        raise unreadable(field, path, error) from None


def read_text(path: str | Path, field: str = "file", remedy: str = "") -> tuple[Path, str]:
    """A file and its text, as people have them: a byte order mark and CR LF are no content.

    Raises:
        InputError: for what is no regular file, cannot be read, or is not in UTF-8.
    """
    file = regular_file(path, field, remedy=remedy)
    try:
        return file, file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise unreadable(field, path, error) from None
    except UnicodeDecodeError as error:
        raise InputError(field, str(path), f"cannot be read as UTF-8 ({error})", remedy) from None


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


def unreadable(field: str, path: str | Path, error: OSError) -> InputError:
    """What is said of a file that is there and cannot be read."""
    return InputError(field, str(path), f"cannot be read ({error.strerror or error})")


def _put_in_place(target: Path, data: bytes) -> None:
    partial = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        partial.write_bytes(data)
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
