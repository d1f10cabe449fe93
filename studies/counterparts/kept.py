"""Tables of results that are kept with the package, or were just made."""

from __future__ import annotations

import csv
import io
import math
from pathlib import Path

from photonics.errors import InputError
from photonics.files import read_text

KEPT = Path(__file__).parents[1] / "results"
"""Folder of all results; a package outside of the repository has none."""


def lines_of(path: Path) -> list[dict[str, str]]:
    """Lines of a table, by the names of its columns.

    Raises:
        InputError: if it is no table.
    """
    try:
        return list(csv.DictReader(io.StringIO(read_text(path, "results")[1])))
    except csv.Error as error:
        raise damaged(path, error) from None


def finite(text: str) -> float:
    """A number from a cell.

    Raises:
        ValueError: for what is none, and for one that is not finite.
    """
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text!r} is not finite")
    return value


def damaged(path: Path, error: Exception) -> InputError:
    """What is said of a table that does not hold what it should."""
    where = f"{path.parent.name}/{path.name}"
    return InputError("results", where, f"cannot be read: {error!r}", "make it anew by --rerun")
