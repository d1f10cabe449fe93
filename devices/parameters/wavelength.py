"""Wavelengths as parameters of parts."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator

from photonics.checks import METRES, is_wavelength_m


def _in_metres(value: float) -> float:
    if not is_wavelength_m(value):
        raise ValueError(METRES)
    return value


Wavelength = Annotated[float, AfterValidator(_in_metres)]
"""A vacuum wavelength in m; one in nanometres or micrometres is refused."""
