"""Complex transfer of a device from a csv file.

::

    wavelength_nm, s31_re, s31_im, s41_db, s41_deg
    1549.9,        0.70,   0.01,   -3.1,   90.2
    1550.0,        ...

The first line names the columns, in any order: ``wavelength_m`` or ``wavelength_nm``, and for every
entry of the matrix real and imaginary part, or decibels (20 log₁₀) and degrees.  ``s31`` is the
field out of port 3 for one into port 1.  An entry that is left out is that of the way back (``s13``
for ``s31``), which in a reciprocal device is the same; if neither is there, the file is refused.
Separators, quotes, encodings, blank lines and comments are as of other matrices.
"""

from __future__ import annotations

import cmath
import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import torch

from devices.parameters.matrix_file import cells_of, number_in, table_text
from photonics.errors import InputError
from photonics.measured_transfer import MeasuredTransfer

# Divided by, not multiplied with, so that 1550 gives the number nearest to 1.55e-6.
_PER_METRE = {"wavelength_m": 1.0, "wavelength_nm": 1e9}
_ENTRY = re.compile(r"s([1-9])([1-9])_(re|im|db|deg)", re.ASCII)
_PAIRS = (("re", "im"), ("db", "deg"))


class _Columns(NamedTuple):
    """Where in a line the wavelength stands, how many of it make a metre, and the entries."""

    wavelength: int
    per_metre: float
    entries: Mapping[tuple[int, int], tuple[str, int, int]]
    """By ports out and in: way of writing, and where its two numbers stand."""


def read_transfer_csv(path: Path) -> MeasuredTransfer:
    """The transfer in a ``.csv`` file, its phases with the sign that they have there.

    Raises:
        InputError: naming column, value, file and line.
    """
    lines = [
        (number, line)
        for number, line in enumerate(table_text(path).splitlines(), start=1)
        if line.strip() and not line.lstrip().startswith("#")
    ]
    if not lines:
        raise InputError("path", str(path), "holds no columns")
    first, header = lines[0]
    names = [cell.strip().strip('"').strip().lower() for cell in cells_of(header)]
    columns = _columns(names, f"see {path}, line {first}")
    ports = max(max(pair) for pair in columns.entries)
    wavelengths_m: list[float] = []
    matrices: list[list[list[complex]]] = []
    for number, line in lines[1:]:
        where = f"see {path}, line {number}"
        cells = cells_of(line)
        if len(cells) != len(names):
            raise InputError(
                "columns", len(cells), f"must be {len(names)}, as in its header", where
            )
        values = [number_in(cell, name, where) for name, cell in zip(names, cells, strict=True)]
        wavelengths_m.append(values[columns.wavelength] / columns.per_metre)
        matrices.append(_matrix(columns, ports, values))
    return MeasuredTransfer(
        torch.tensor(wavelengths_m, dtype=torch.float64),
        torch.tensor(matrices, dtype=torch.complex128).reshape(-1, ports, ports),
    )


def _columns(names: Sequence[str], where: str) -> _Columns:
    for name in names:
        if names.count(name) > 1:
            raise InputError("columns", name, "must be there once", where)
        if name not in _PER_METRE and not _ENTRY.fullmatch(name):
            allowed = "must be wavelength_m, wavelength_nm, or of the form s21_re, s21_im, s21_db, "
            raise InputError("columns", name, f"{allowed}s21_deg", where)
    found = [name for name in names if name in _PER_METRE]
    if len(found) != 1:
        allowed = "must name one of wavelength_m, wavelength_nm"
        raise InputError("columns", ", ".join(found) or None, allowed, where)
    entries: dict[tuple[int, int], tuple[str, int, int]] = {}
    for name in names:
        match = _ENTRY.fullmatch(name)
        if match is None:
            continue
        stem = name.partition("_")[0]
        given = [way for way in ("re", "im", "db", "deg") if f"{stem}_{way}" in names]
        if tuple(given) not in _PAIRS:
            written = ", ".join(f"{stem}_{way}" for way in given)
            allowed = f"must be {stem}_re and {stem}_im, or {stem}_db and {stem}_deg"
            raise InputError("columns", written, allowed, where)
        places = [names.index(f"{stem}_{way}") for way in given]
        entries[int(match[1]), int(match[2])] = (given[0], places[0], places[1])
    if not entries:
        raise InputError("columns", ", ".join(names), "must name entries, such as s21_re", where)
    ports = max(max(pair) for pair in entries)
    for out in range(1, ports + 1):
        for entering in range(1, out + 1):
            if (out, entering) not in entries and (entering, out) not in entries:
                name = f"s{out}{entering}"
                remedy = "give zeros where there is no light; " + where
                raise InputError("columns", f"no {name}", f"must name all {ports} ports", remedy)
    return _Columns(names.index(found[0]), _PER_METRE[found[0]], entries)


def _matrix(columns: _Columns, ports: int, values: Sequence[float]) -> list[list[complex]]:
    """Indexed [out, in]."""

    def entry(out: int, entering: int) -> complex:
        pair = (out, entering) if (out, entering) in columns.entries else (entering, out)
        way, first, second = columns.entries[pair]
        if way == "re":
            return complex(values[first], values[second])
        # What is far above any field is refused as that.
        amplitude = 10.0 ** min(values[first] / 20.0, 100.0)
        return cmath.rect(amplitude, math.radians(values[second]))

    return [[entry(out, into) for into in range(1, ports + 1)] for out in range(1, ports + 1)]
