"""Overrides as they are written: a dotted name, an equals sign and a value in TOML notation."""

from __future__ import annotations

from typing import Any

import pytest

from devices.parameters.overrides import parse_overrides, require_changes
from photonics.errors import InputError


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a.b=1e-3", 1e-3),
        ("a.b = 3", 3),
        ("a.b=none", "none"),
        ("a.b=true", True),
        ("a.b='x=y'", "x=y"),
        ("a.b=x=y", "x=y"),
        ("a.b=[1, 2]", [1, 2]),
        ('a.b={"31" = 1.0}', {"31": 1.0}),
        ("a.b=", ""),
    ],
)
def test_values_are_those_of_toml_and_words_need_no_quotes(text: str, value: Any) -> None:
    found = parse_overrides([text])
    assert found == {"a.b": value}
    assert type(found["a.b"]) is type(value)


def test_a_mapping_is_taken_as_it_is_and_copied() -> None:
    given = {"a.b": 1, "c": {"d": 2}}
    found = parse_overrides(given)
    assert found == given
    assert found is not given


def test_a_name_has_one_value() -> None:
    assert parse_overrides(["a=1", "b=2", "a=1"]) == {"a": 1, "b": 2}
    for other in ("2", "1.0", "true", "'1'"):
        with pytest.raises(InputError, match=r"^a = .*: is also set to 1; set it once$"):
            parse_overrides(["a=1", f"a={other}"])
    name, value = "a" * 3000, '"' + "x" * 50_000 + '"'
    with pytest.raises(InputError, match=r"is also set to 'str'; set it once$") as error:
        parse_overrides([f"{name}={value}", f"{name}=1"])
    assert len(str(error.value)) < 1000


@pytest.mark.parametrize("wrong", ["a", "=1", " =1", 3, None, ("a", 1)])
def test_what_is_no_override_is_refused_by_the_name_of_its_option(wrong: Any) -> None:
    with pytest.raises(InputError, match=r"^--set = .*must"):
        parse_overrides([wrong], "--set")


@pytest.mark.parametrize("wrong", [None, 3, "a=1", ["a=1"], {3: 1}])
def test_changes_are_a_mapping_by_name(wrong: Any) -> None:
    with pytest.raises(InputError, match=r"^changes = .*; write {'dotted.name': value}$"):
        require_changes(wrong)
