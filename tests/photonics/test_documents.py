"""Documents that would exhaust Python's readers."""

from __future__ import annotations

import sys
import tomllib

import pytest

from photonics.documents import MOST_LEVELS, json_of, toml_of

DEEP = 100_000


def lists(levels: int) -> str:
    return "[" * levels + "]" * levels


def test_documents_are_read_as_by_python() -> None:
    assert toml_of("a.b = [1, {c = 2.5}]") == {"a": {"b": [1, {"c": 2.5}]}}
    assert json_of('{"a": [1, {"b": null}]}') == {"a": [1, {"b": None}]}
    assert json_of("3") == 3
    assert json_of('{"a": 1, "a": 2}', len) == 2
    with pytest.raises(tomllib.TOMLDecodeError, match="at line 1"):
        toml_of("a = = 1")
    with pytest.raises(ValueError, match="line 1"):
        json_of("{")


def test_levels_are_counted() -> None:
    assert json_of(lists(MOST_LEVELS))
    # The document itself is a table.
    assert toml_of(f"a = {lists(MOST_LEVELS - 1)}")
    for levels in (MOST_LEVELS + 1, DEEP):
        with pytest.raises(ValueError, match="more than 64 tables or lists"):
            json_of(lists(levels))
    for levels in (MOST_LEVELS, DEEP):
        with pytest.raises(tomllib.TOMLDecodeError, match="more than 64 tables or lists"):
            toml_of(f"a = {lists(levels)}")


def test_integers_too_long_for_python_are_no_surprise() -> None:
    digits = sys.get_int_max_str_digits()
    assert toml_of(f"a = {'9' * digits}")["a"] == 10**digits - 1
    with pytest.raises(tomllib.TOMLDecodeError, match="Exceeds the limit"):
        toml_of(f"a = {'9' * (digits + 1)}")
    with pytest.raises(ValueError, match="Exceeds the limit"):
        json_of("9" * (digits + 1))
