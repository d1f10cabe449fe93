"""A matrix of numbers from a csv or npy file, with errors that name the element and its place."""

from __future__ import annotations

import codecs
import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.lib import format as npy
from torch import Tensor

from photonics.errors import InputError
from photonics.files import read_bytes, regular_file, unreadable

# Kinds of numpy array that are real numbers: signed and unsigned integers, floating point.
_REAL_KINDS = "iuf"

# What separates the numbers of a line, the first that occurs in it; else white space.
_SEPARATORS = ("\t", ";", ",")

# Python's float() also takes 1_000, digits of other scripts, and "infinity".
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_QUOTED = re.compile(r'^"\s*([^"]*?)\s*"$')
_NOT_FINITE = re.compile(r"[+-]?(nan|inf|infinity)", re.IGNORECASE)


class MatrixFile(NamedTuple):
    """A matrix, float64, and a function that says where a row of it stands in its file."""

    matrix: Tensor
    where: Callable[[int], str]


def read_matrix(path: Path) -> MatrixFile:
    """The matrix in a ``.csv`` or ``.npy`` file.

    A csv file holds one row per line, numbers apart by commas, semicolons, tabs or spaces, with
    decimal points, in quotes or not; blank lines and lines that start with ``#`` are skipped.  It
    is in UTF-8, or in UTF-16 with a byte order mark.

    Raises:
        InputError: naming the element, what is allowed, the file and the line.
    """
    path = regular_file(path, "path", "must be an existing .csv or .npy file")
    readers = {".csv": _read_csv, ".npy": _read_npy}
    if path.suffix.lower() not in readers:
        raise InputError("path", str(path), "must end in .csv or .npy")
    found = readers[path.suffix.lower()](path)
    if found.matrix.numel() == 0:
        raise InputError("path", str(path), "holds no numbers")
    bad = (~found.matrix.isfinite()).nonzero()
    if len(bad):
        place = bad[0].tolist()
        value = float(found.matrix[tuple(place)])
        raise InputError(f"matrix{place}", value, "must be finite", found.where(place[0]))
    return found


def _read_npy(path: Path) -> MatrixFile:
    try:
        # A map takes no memory, and there is none of what is not in the file.
        array = npy.open_memmap(path, mode="r")
    except OSError as error:
        raise unreadable("path", path, error) from None
    except Exception as error:  # whatever a false head may raise
        said = str(error) or "its head is nested too deep"
        raise InputError("path", str(path), f"is no npy file of numbers ({said})") from None
    if array.dtype.kind not in _REAL_KINDS:
        raise InputError(
            "path",
            str(path),
            f"must hold real numbers, not {array.dtype}",
            "save it as float64",
        )
    behind = path.stat().st_size - array.offset - array.nbytes
    if behind:
        allowed = f"must hold one array, and {behind} bytes follow it"
        raise InputError("path", str(path), allowed, "save it alone")
    # What float64 does not hold is refused as not finite.
    with np.errstate(over="ignore"):
        matrix = torch.from_numpy(np.array(array, dtype=np.float64, order="C"))
    return MatrixFile(matrix, lambda row: f"see {path}, row {row}")


def _read_csv(path: Path) -> MatrixFile:
    text = table_text(path)
    rows: list[list[float]] = []
    lines: list[int] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        rows.append(
            [
                number_in(cell, f"matrix[{len(rows)}, {column}]", f"see {path}, line {number}")
                for column, cell in enumerate(cells_of(line))
            ]
        )
        lines.append(number)
        if len(rows[-1]) != len(rows[0]):
            raise InputError(
                f"matrix[{len(rows) - 1}]",
                f"{len(rows[-1])} columns",
                f"must have {len(rows[0])}, as the first row",
                f"see {path}, line {number}",
            )
    matrix = torch.tensor(rows, dtype=torch.float64)
    return MatrixFile(matrix, lambda row: f"see {path}, line {lines[row] if lines else 1}")


def table_text(path: Path) -> str:
    """Text of a csv file as spreadsheets write it: UTF-8, or UTF-16 with a byte order mark.

    Raises:
        InputError: if it is neither.
    """
    written = read_bytes(path, "path")
    # Spreadsheets put a byte order mark first; both encodings read it as nothing.
    wide = written.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        return written.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            "path", str(path), f"is no csv file in UTF-8 or UTF-16 ({error})"
        ) from error


def cells_of(line: str) -> list[str]:
    """Cells of a line, apart by tabs, semicolons or commas, or else by white space."""
    for separator in _SEPARATORS:
        if separator in line:
            return line.split(separator)
    return line.split()


def number_in(cell: str, field: str, where: str) -> float:
    """The finite number in a cell, in quotes or not.

    Args:
        cell: what is written there.
        field: what a refusal calls it.
        where: file and line, for a refusal.

    Raises:
        InputError: for anything else; 1_000, 1,5 and nan are no such numbers.
    """
    cell = _QUOTED.sub(r"\1", cell.strip())
    if _NUMBER.fullmatch(cell) and math.isfinite(value := float(cell)):
        return value
    if _NUMBER.fullmatch(cell) or _NOT_FINITE.fullmatch(cell):
        raise InputError(field, cell, "must be finite", where)
    allowed = "must be a number"
    if re.fullmatch(r"[^,]+[ij]", cell):
        allowed = "must be a real number"
    elif "," in cell:
        allowed += " with a decimal point"
    raise InputError(field, cell, allowed, where)
