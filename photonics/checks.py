"""Checks of arguments: numbers and matrices of whatever library, classes, wavelengths."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Sequence
from numbers import Integral, Real
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor

from photonics.errors import InputError

T = TypeVar("T")

# Kinds of numpy array that are real numbers: signed and unsigned integers, floating point.
_REAL_KINDS = "iuf"
_MATRIX = "must be a matrix of real numbers"

# Silicon absorbs below its band gap, and the oxide around it beyond 3.6 µm: Soref et al., J. Opt. A
# 8, 840 (2006).
LEAST_WAVELENGTH_M, MOST_WAVELENGTH_M = 1.1e-6, 3.6e-6
METRES = (
    f"must be {LEAST_WAVELENGTH_M:g} to {MOST_WAVELENGTH_M:g} m, which guides of silicon in oxide "
    "let pass; give metres, 1.55e-6"
)
"""What is said to those who give a wavelength that guides absorb, in nanometres or micrometres."""


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


def positive_number(field: str, value: object) -> float:
    """A finite number above zero, as Python's own.

    Raises:
        InputError: for anything else; True and "1" are no numbers.
    """
    number = _number(value)
    if 0.0 < number < math.inf:
        return number
    raise InputError(field, shown(value), "must be a number above 0")


def number_from_zero(field: str, value: object) -> float:
    """A finite number that is zero or more, as Python's own.

    Raises:
        InputError: for anything else; True and "1" are no numbers.
    """
    number = _number(value)
    if 0.0 <= number < math.inf:
        return number
    raise InputError(field, shown(value), "must be a number of at least 0")


def _number(value: object) -> float:
    """A real number as Python's own; not a number for anything else."""
    return float(value) if isinstance(value, Real) and not isinstance(value, bool) else math.nan


def is_wavelength_m(value: float) -> bool:
    """Whether a number is a wavelength in m, not in nm or µm, that guides let pass."""
    return LEAST_WAVELENGTH_M <= value <= MOST_WAVELENGTH_M


def check_wavelength_m(wavelength_m: float) -> None:
    """Refuse what guides absorb, and what is no wavelength in m: 1550 and 1.55 are nm and µm.

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


def real_matrix(field: str, value: object) -> Tensor:
    """A matrix of real numbers, float64, from a tensor, an array, or lists of numbers row by row.

    Raises:
        InputError: for anything else; True and 1+0j are no real numbers.
    """
    if isinstance(value, list | tuple):
        return torch.tensor(_real_rows(field, value), dtype=torch.float64)
    if isinstance(value, Tensor):
        real = not value.is_complex() and value.dtype != torch.bool
    elif isinstance(value, np.ndarray):
        real = value.dtype.kind in _REAL_KINDS
    else:
        raise InputError(field, shown(value), _MATRIX)
    if not real:
        raise InputError(field, str(value.dtype), _MATRIX)
    if value.ndim != 2:
        raise InputError(field, tuple(value.shape), _MATRIX)
    if isinstance(value, Tensor):
        return value.to(torch.float64)
    return torch.tensor(np.ascontiguousarray(value, dtype=np.float64))


def _real_rows(field: str, rows: Sequence[object]) -> list[list[float]]:
    found = []
    for i, row in enumerate(rows):
        numbers = row.tolist() if isinstance(row, np.ndarray | Tensor) else row
        if not isinstance(numbers, list | tuple):
            raise InputError(f"{field}[{i}]", shown(row), "must be a row of real numbers")
        for j, number in enumerate(numbers):
            if not isinstance(number, Real) or isinstance(number, bool):
                raise InputError(f"{field}[{i}, {j}]", shown(number), "must be a real number")
        found.append([float(number) for number in numbers])
    if not found or len({len(row) for row in found}) != 1:
        lengths = [len(row) for row in found]
        raise InputError(field, shown(lengths), "must have as many columns as rows in each row")
    return found


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
