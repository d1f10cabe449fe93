"""Complex transfer of a device from a Touchstone file, read by scikit-rf.

Frequencies become wavelengths, c/f.  Comments are left out: what some programs hide in them,
reference impedances, means nothing for light.
"""

from __future__ import annotations

import codecs
import io
import re
from importlib import import_module
from pathlib import Path
from typing import Any

import torch

from devices.parameters.matrix_file import number_in
from photonics.errors import InputError
from photonics.files import read_bytes
from photonics.measured_transfer import MeasuredTransfer
from photonics.units import SPEED_OF_LIGHT_M_PER_S

SUFFIX = re.compile(r"\.(s(\d{1,2})p|ts)", re.IGNORECASE)
"""How the name of a Touchstone file ends: ``.s4p`` with its number of ports, or ``.ts``."""

_PORTS = re.compile(r"\[number of ports\]\s*(\S*)", re.IGNORECASE)


def read_touchstone(path: Path) -> MeasuredTransfer:
    """The transfer in a Touchstone file, its phases with the sign that they have there.

    Raises:
        InputError: for a file that is damaged or holds no S-parameters, or without scikit-rf.
    """
    reader = _scikit_rf()
    content = [line.partition("!")[0].rstrip() for line in _text(path).splitlines()]
    _require_numbers(path, content)
    _require_ports(path, content)
    source = io.StringIO("\n".join(content))
    source.name = path.name
    try:
        read = reader.Touchstone(source)
        frequency_hz, matrix = (torch.from_numpy(each) for each in read.get_sparameter_arrays())
    # What is wrong with a file shows as whatever error the reader happens to run into.
    except Exception as error:
        told = " ".join(str(error).split())
        raise InputError("path", str(path), f"is no whole Touchstone file ({told})") from None
    if read.parameter != "s":
        allowed = f"must hold S-parameters, not {str(read.parameter).upper()}"
        raise InputError("path", str(path), allowed, "export it with `# GHz S RI`")
    if read.frequency_nb not in (None, len(frequency_hz)):
        allowed = f"must hold the {read.frequency_nb} frequencies that it announces"
        raise InputError(
            "path", str(path), f"{allowed}, not {len(frequency_hz)}", "export it again"
        )
    if bool((frequency_hz <= 0.0).any()):
        raise InputError("path", str(path), "must hold frequencies above 0")
    return MeasuredTransfer(SPEED_OF_LIGHT_M_PER_S / frequency_hz, matrix)


def _text(path: Path) -> str:
    written = read_bytes(path, "path")
    if written.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return written.decode("utf-16", errors="replace")
    # Only comments hold other letters, in whatever encoding.
    return written.decode("utf-8-sig", errors="replace")


def _scikit_rf() -> Any:
    try:
        return import_module("skrf.io.touchstone")
    except ImportError:
        raise InputError(
            "scikit-rf",
            None,
            "must be installed to read Touchstone files",
            "pip install 'mirage-photonics[touchstone]', or give a csv file",
        ) from None


def _require_numbers(path: Path, lines: list[str]) -> None:
    """Refuse what the reader would take for numbers, such as 1_000, and what it would not."""
    for number, line in enumerate(lines, start=1):
        if line.lstrip().startswith(("#", "[")):
            continue
        for word in line.split():
            number_in(word, "entry", f"see {path}, line {number}")


def _require_ports(path: Path, lines: list[str]) -> None:
    """Refuse ports other than those of the name, for all of which the reader would make room."""
    ending = SUFFIX.fullmatch(path.suffix)
    named = ending[2] if ending else None
    for number, line in enumerate(lines, start=1):
        told = _PORTS.match(line.lstrip())
        if told and not re.fullmatch(f"0*{int(named)}" if named else r"\d{1,2}", told[1], re.ASCII):
            allowed = f"must be {int(named)}, as its name says" if named else "must be at most 99"
            raise InputError("[Number of Ports]", told[1], allowed, f"see {path}, line {number}")
