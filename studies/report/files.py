"""Files: results are written whole or not at all."""

from __future__ import annotations

import csv
import errno
import io
import json
import os
import platform
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from photonics.errors import InputError
from photonics.files import encoded, is_special, unwritable, write_whole

try:
    import fcntl
except ImportError:
    fcntl = None  # type: ignore[assignment]


def make_output_folder(folder: Path) -> Path:
    """Create an output folder and make sure that it can be written.

    Raises:
        InputError: if it cannot.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except (OSError, ValueError) as error:
        raise unwritable("--out", folder, error) from None
    return folder


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Keep other runs out of a folder, until this one ends or is killed.

    Raises:
        InputError: if another one is at work there.
    """
    if fcntl is None:
        yield
        return
    # The folder itself is locked, so that nothing is left in it.
    file = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            remedy = "wait for its end, or name another"
            raise InputError("--out", str(folder), "another run writes to it", remedy) from None
        except OSError:
            pass  # a file system without locks
        yield
    finally:
        os.close(file)


def write_json(path: Path, data: Any, option: str = "--out") -> None:
    """Write JSON, atomically; a refusal names the option."""
    write_whole(path, (json.dumps(data, indent=2) + "\n").encode(), option)


def write_csv(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write equal-keyed rows as CSV, atomically."""
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_whole(path, encoded(text.getvalue()), "--out")


def emit_json(target: str, data: Any) -> None:
    """Write JSON to a file, or to standard output for ``-``."""
    if target == "-":
        sys.stdout.write(json.dumps(data, indent=2) + "\n")
        return
    write_json(Path(target), data, "--json")


def make_room_for(path: Path, option: str) -> None:
    """Create the folder of a file that is to be written, before the work and not after it.

    Raises:
        InputError: if the file cannot be written, naming the option and the reason.
    """
    if path.is_dir():
        raise InputError(option, str(path), "is a folder", "name a file in it")
    try:
        if is_special(path):
            _check_permission(path)
            return
        folder = Path(os.path.realpath(path)).parent
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except (OSError, ValueError) as error:
        raise unwritable(option, path, error) from None


def _check_permission(path: Path) -> None:
    if not os.access(path, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))


def versions() -> dict[str, str]:
    """What a result was made with."""
    names = ("mirage-photonics", "torch", "numpy", "scipy", "scikit-learn")
    found = {"python": platform.python_version(), "machine": platform.machine()}
    for name in names:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found
