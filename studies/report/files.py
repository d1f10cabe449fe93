"""Files: results are written whole or not at all."""

from __future__ import annotations

import csv
import io
import json
import os
import platform
import sys
import tempfile
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from photonics.errors import InputError


def make_output_folder(folder: Path) -> Path:
    """Create an output folder and make sure that it can be written.

    Raises:
        InputError: if it cannot.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        reason = error.strerror or str(error)
        raise InputError("--out", str(folder), f"cannot be written ({reason})") from None
    return folder


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file so that it is there whole or not at all."""
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        partial.write_bytes(content)
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        reason = error.strerror or str(error)
        raise InputError("output", str(path), f"cannot be written ({reason})") from None


def write_json(path: Path, data: Any) -> None:
    """Write JSON, atomically."""
    write_bytes(path, (json.dumps(data, indent=2) + "\n").encode())


def write_csv(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write equal-keyed rows as CSV, atomically."""
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_bytes(path, text.getvalue().encode())


def emit_json(target: str, data: Any) -> None:
    """Write JSON to a file, or to standard output for ``-``."""
    if target == "-":
        sys.stdout.write(json.dumps(data, indent=2) + "\n")
        return
    write_json(Path(target), data)


def make_room_for(path: Path, option: str) -> None:
    """Create the folder of a file that is to be written, before the work and not after it.

    Raises:
        InputError: if the file cannot be written, naming the option and the reason.
    """
    if path.is_dir():
        raise InputError(option, str(path), "is a folder", "name a file in it")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path.parent):
            pass
    except OSError as error:
        reason = error.strerror or str(error)
        raise InputError(option, str(path), f"cannot be written ({reason})") from None


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
