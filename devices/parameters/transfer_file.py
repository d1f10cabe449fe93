"""Measured transfers as values of parts: rows of numbers, or the name of a file that holds them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import torch
from pydantic import BeforeValidator, ValidationInfo

from devices.parameters.touchstone import SUFFIX, read_touchstone
from devices.parameters.transfer_csv import read_transfer_csv
from photonics.errors import InputError
from photonics.files import regular_file
from photonics.measured_transfer import MeasuredTransfer

_ENDINGS = "must end in .csv, in .s3p, .s4p or the like, or in .ts"


def read_transfer(path: Path) -> MeasuredTransfer:
    """The transfer in a csv or Touchstone file, its phases with the sign that they have there.

    Raises:
        InputError: for a file that is missing, of another kind or damaged.
    """
    path = regular_file(path, "path", "must be an existing csv or Touchstone file")
    if SUFFIX.fullmatch(path.suffix):
        return read_touchstone(path)
    if path.suffix.lower() == ".csv":
        return read_transfer_csv(path)
    raise InputError("path", str(path), _ENDINGS)


def rows_of(transfer: MeasuredTransfer) -> tuple[tuple[float, ...], ...]:
    """A row for each wavelength: itself in m, then real and imaginary part of every entry.

    Entries follow row by row: s11, s12, ... s21, ...
    """
    parts = torch.view_as_real(transfer.matrix).reshape(len(transfer.matrix), -1)
    table = torch.cat((transfer.wavelength_m[:, None], parts), dim=-1)
    return tuple(tuple(row) for row in table.tolist())


def transfer_of(rows: Sequence[Sequence[float]], name: str = "measured") -> MeasuredTransfer:
    """The transfer of such rows.

    Raises:
        InputError: for rows of a length that no number of ports gives, or that differ in it.
    """
    lengths = sorted({len(row) for row in rows})
    ports = round((max(lengths, default=0) / 2.0) ** 0.5)
    if lengths != [1 + 2 * ports**2] or ports == 0:
        allowed = "must have in each row a wavelength and two numbers for every entry"
        raise InputError(name, f"rows of {lengths}", allowed, "name a csv or Touchstone file")
    table = torch.tensor(rows, dtype=torch.float64)
    entries = torch.view_as_complex(table[:, 1:].reshape(len(table), ports, ports, 2).contiguous())
    return MeasuredTransfer(table[:, 0], entries, name)


def _from_file(value: Any, info: ValidationInfo) -> Any:
    if not isinstance(value, str):
        return value
    # A part file names the measurement from where it stands itself.
    return rows_of(read_transfer(Path((info.context or {}).get("folder", ".")) / value))


MeasuredRows = Annotated[tuple[tuple[float, ...], ...], BeforeValidator(_from_file)]
"""A measured transfer within a part; given as rows, or as the name of a file."""
