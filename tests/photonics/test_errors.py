"""The error by which values are refused: its line, and copies of it."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from pathlib import Path

import pytest

import circuits
import devices
import mirage_core
from devices.light.laser import Laser
from mirage_core import load_machine
from photonics import InputError


def plain() -> InputError:
    return InputError("a", 1, "must be 2", "write 2")


def of_parameters() -> InputError:
    with pytest.raises(InputError) as error:
        Laser.model_validate({"power_w": -1.0, "linewidth": 3})
    return error.value


def of_file(folder: Path) -> InputError:
    path = folder / "machine.toml"
    path.write_text("laser.power_w = -1.0\n")
    with pytest.raises(InputError) as error:
        load_machine(path)
    return error.value


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy])
def test_copies_say_the_same(copied: Callable[[InputError], InputError], tmp_path: Path) -> None:
    for error in (plain(), of_parameters(), of_file(tmp_path)):
        assert_same(copied(error), error)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_errors_cross_processes(protocol: int, tmp_path: Path) -> None:
    for error in (plain(), of_parameters(), of_file(tmp_path)):
        assert_same(pickle.loads(pickle.dumps(error, protocol)), error)


def assert_same(other: InputError, error: InputError) -> None:
    assert type(other) is type(error)
    assert str(other) == str(error)
    assert (other.field, other.value, other.allowed) == (error.field, error.value, error.allowed)
    assert list(map(str, problems(other))) == list(map(str, problems(error)))


def problems(error: InputError) -> list[InputError]:
    found: list[InputError] = getattr(error, "problems", [])
    return found


def test_every_package_has_the_error() -> None:
    for package in (devices, circuits, mirage_core):
        assert package.InputError is InputError


def test_a_message_is_one_line_of_bounded_length_whatever_was_given() -> None:
    error = InputError("a\nb\x1b[31m" * 1000, "x" * 100_000, "must be\tshort\u202e", "see\n" * 9)
    assert str(error).isprintable()
    assert len(str(error)) < 1000
    assert "'xxx" in str(error)
    assert "(100002 characters)" in str(error)
    assert error.value == "x" * 100_000
