"""Values over which a device is drawn, as a command line gives them: ``name=first:last:count``."""

from __future__ import annotations

import re

from torch import Tensor

from devices.parameters.matrix_file import number_in
from photonics.checks import check_wavelength_m
from photonics.errors import InputError
from studies.device_reports.curves import span

_OPTION = "--sweep"
_NAME = "wavelength_m"
_MOST = 100_001


def parse_sweep(text: str) -> Tensor:
    """Wavelengths in m, float64 (N,), evenly spaced, both ends included.

    Args:
        text: such as ``wavelength_m=1.53e-6:1.57e-6:201``.

    Raises:
        InputError: for anything else.
    """
    name, _, values = text.partition("=")
    parts = values.split(":")
    if len(parts) != 3 or name.strip() != _NAME:
        raise InputError(_OPTION, text, f"must read {_NAME}=first:last:count")
    first, last = (number_in(part, _OPTION, "give metres, 1.55e-6") for part in parts[:2])
    for end in (first, last):
        check_wavelength_m(end)
    count = parts[2].strip()
    if not re.fullmatch(r"\d{1,6}", count, re.ASCII) or not 2 <= int(count) <= _MOST:
        raise InputError(_OPTION, count, f"its count must be a whole number from 2 to {_MOST}")
    if first >= last:
        raise InputError(_OPTION, text, "must begin below where it ends")
    return span(first, last, int(count))
