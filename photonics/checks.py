"""Checks of arguments: whole numbers from whatever library they come, classes, wavelengths."""

from __future__ import annotations

import os
from collections.abc import Iterable
from numbers import Integral
from pathlib import Path
from typing import TypeVar

import torch
from torch import Tensor

from photonics.errors import InputError

T = TypeVar("T")

LEAST_WAVELENGTH_M, MOST_WAVELENGTH_M = 1e-7, 1e-5
METRES = f"must be {LEAST_WAVELENGTH_M:g} to {MOST_WAVELENGTH_M:g} m; give metres, 1.55e-6"
"""What is said to those who give a wavelength in nanometres or micrometres."""


def whole_number(
    field: str, value: object, least: int | None = None, most: int | None = None
) -> int:
    """A whole number as Python's own integer: those of numpy are integers, too.

    Args:
        field: name of the argument.
        value: what was given.
        least: the smallest that is allowed.
        most: the largest that is allowed.

    Raises:
        InputError: for anything else; True and False, 2.0 and "2" are no whole numbers.
    """
    if isinstance(value, Integral) and not isinstance(value, bool):
        number = int(value)
        if (least is None or number >= least) and (most is None or number <= most):
            return number
    bounds = {
        (False, False): "",
        (True, False): f" of at least {least}",
        (False, True): f" of at most {most}",
        (True, True): f" from {least} to {most}",
    }[least is not None, most is not None]
    raise InputError(field, shown(value), f"must be a whole number{bounds}")


def whole_numbers(field: str, values: object) -> tuple[int, ...]:
    """Whole numbers from anything that holds some: a list, a range, a generator, an array.

    Raises:
        InputError: naming the first that is none.
    """
    if isinstance(values, str | bytes) or not isinstance(values, Iterable):
        raise InputError(field, shown(values), "must be whole numbers, such as (31, 32, 33)")
    return tuple(whole_number(field, value) for value in values)


def is_wavelength_m(value: float) -> bool:
    """Whether a number can be a wavelength of light in m, and is not one in nm or µm."""
    return LEAST_WAVELENGTH_M <= value <= MOST_WAVELENGTH_M


def check_wavelength_m(wavelength_m: float) -> None:
    """Refuse what is no wavelength in m: 1550 and 1.55 are nm and µm.

    Raises:
        InputError: with the remedy.
    """
    if not is_wavelength_m(wavelength_m):
        raise InputError("wavelength_m", wavelength_m, METRES)


def integer_tensor(field: str, value: object) -> Tensor:
    """A tensor of integers that int64 holds.

    Raises:
        InputError: for anything else.
    """
    if not isinstance(value, Tensor):
        raise InputError(field, type(value).__name__, "must be a tensor of integers")
    if value.is_floating_point() or value.is_complex() or value.dtype == torch.uint64:
        raise InputError(field, str(value.dtype), "must be of an integer type that int64 holds")
    return value


def instance_of(field: str, value: object, kind: type[T], remedy: str = "") -> T:
    """A value of a class.

    Raises:
        InputError: for one of another class.
    """
    if isinstance(value, kind):
        return value
    article = "an" if kind.__name__[0] in "AEIO" else "a"
    raise InputError(field, shown(value), f"must be {article} {kind.__name__}", remedy)


def path_of(field: str, value: object) -> Path:
    """A path from a string or another path.

    Raises:
        InputError: for anything else.
    """
    if isinstance(value, str | os.PathLike) and value:
        return Path(value)
    raise InputError(field, shown(value), "must be a path")


def shown(value: object, longest: int = 60) -> object:
    """A value as a message shows it: as it is, or its class where that would take too long."""
    return value if len(repr(value)) <= longest else type(value).__name__
