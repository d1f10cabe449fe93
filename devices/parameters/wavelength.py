"""Wavelengths as parameters of parts."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from photonics.checks import LEAST_WAVELENGTH_M, METRES, MOST_WAVELENGTH_M, is_wavelength_m


def _in_metres(value: Any) -> Any:
    if isinstance(value, int | float) and not is_wavelength_m(value):
        raise ValueError(METRES)
    return value


Wavelength = Annotated[
    float,
    Field(ge=LEAST_WAVELENGTH_M, le=MOST_WAVELENGTH_M),
    BeforeValidator(_in_metres),
]
"""A vacuum wavelength in m; one that guides absorb, or in nanometres or micrometres, is refused."""
