"""Checks of arguments, each by what it takes and what it refuses."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import pytest
import torch

from photonics.checks import (
    check_wavelength_m,
    instance_of,
    integer_tensor,
    is_wavelength_m,
    path_of,
    real_matrix,
    shown,
    whole_number,
    whole_numbers,
)
from photonics.errors import InputError


@pytest.mark.parametrize("value", [3, np.int8(3), np.uint64(3), 3 + 2**70 - 2**70])
def test_whole_numbers_become_integers_of_python(value: Any) -> None:
    found = whole_number("n", value, least=3, most=3)
    assert found == 3
    assert type(found) is int


@pytest.mark.parametrize(
    ("least", "most", "said"),
    [
        (None, None, ""),
        (4, None, " of at least 4"),
        (None, 2, " of at most 2"),
        (4, 5, " from 4 to 5"),
    ],
)
def test_bounds_are_said(least: int | None, most: int | None, said: str) -> None:
    wrong: Any = 3 if said else 3.0
    with pytest.raises(InputError, match=rf"^n = {wrong}: must be a whole number{said}$"):
        whole_number("n", wrong, least, most)


def test_many_whole_numbers_come_from_whatever_holds_them() -> None:
    held: list[Any] = [(1, 2), [1, 2], range(1, 3), np.array([1, 2]), (n for n in (1, 2))]
    assert {whole_numbers("n", values) for values in held} == {(1, 2)}
    with pytest.raises(InputError, match=r"^n = 2\.0: must be a whole number"):
        whole_numbers("n", [1, 2.0])
    for none in ("12", b"12", 12, None):
        with pytest.raises(InputError, match="must be whole numbers, such as"):
            whole_numbers("n", none)


def test_wavelengths_are_in_metres() -> None:
    for wavelength_m in (1.1e-6, 1.55e-6, 3.6e-6):
        assert is_wavelength_m(wavelength_m)
        check_wavelength_m(wavelength_m)
    # Silicon absorbs at 0.4 µm, and the oxide around it at 4 µm.
    for other in (0.4e-6, 4e-6, 1550.0, 1.55, 1550e-6, 0.0, -1.55e-6, float("nan")):
        assert not is_wavelength_m(other)
        with pytest.raises(InputError, match="give metres"):
            check_wavelength_m(other)


@pytest.mark.parametrize("dtype", [torch.int8, torch.int64, torch.uint8, torch.bool])
def test_tensors_of_integers_pass_as_they_are(dtype: torch.dtype) -> None:
    given = torch.zeros(2, dtype=dtype)
    assert integer_tensor("x", given) is given


@pytest.mark.parametrize("dtype", [torch.float32, torch.complex64, torch.uint64])
def test_tensors_that_int64_does_not_hold_are_refused(dtype: torch.dtype) -> None:
    with pytest.raises(InputError, match=f"^x = '{dtype}': must be of an integer type"):
        integer_tensor("x", torch.zeros(2, dtype=dtype))


def test_matrices_of_real_numbers_come_in_three_forms() -> None:
    numbers = [[1.0, 0.25], [0.25, 1.0]]
    for given in (numbers, np.array(numbers), torch.tensor(numbers)):
        found = real_matrix("matrix", given)
        assert torch.as_tensor(found, dtype=torch.float64).tolist() == numbers
    for wrong in (np.eye(2) * 1j, torch.eye(2) * 1j, [[1j]], [[1.0], [1.0, 2.0]], None, "1"):
        with pytest.raises(InputError, match=r"^matrix"):
            real_matrix("matrix", wrong)


def test_classes_and_paths() -> None:
    assert instance_of("x", 3, int) == 3
    with pytest.raises(InputError, match=r"^x = 3: must be a str; quote it$"):
        instance_of("x", 3, str, "quote it")
    for path in ("a/b", Path("a/b"), PurePosixPath("a/b")):
        assert path_of("p", path) == Path("a/b")
    for wrong in (None, 3, b"a", "", ["a"]):
        with pytest.raises(InputError, match=r"^p = .*: must be a path$"):
            path_of("p", wrong)


def test_what_is_long_is_shown_by_its_class() -> None:
    assert shown("x" * 58) == "x" * 58
    assert shown("x" * 59) == "str"
    assert shown(torch.zeros(99)) == "Tensor"
