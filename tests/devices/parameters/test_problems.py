"""What pydantic finds wrong, in our own words."""

from __future__ import annotations

import pytest

from devices.parameters.part import Part, quantity
from devices.parameters.problems import dotted, nearest, suggestion
from photonics.errors import InputError


class Lens(Part):
    focus_m: float = quantity(1.0, "focal length", source="choice", gt=0)
    rings: int = quantity(1, "zones", source="choice")


class Tube(Part):
    first: Lens = Lens()
    second: Lens = Lens()
    width_m: float = quantity(1.0, "width", source="choice")


class Prism(Part):
    angle_rad: float = quantity(1.0, "angle", source="choice", gt=0)


class Bench(Part):
    first: Lens | Prism = Lens()


def test_where_there_are_several_classes_none_of_them_is_told() -> None:
    with pytest.raises(InputError) as caught:
        Bench(first=4)  # type: ignore[arg-type]
    assert str(caught.value) == "first = 4: is a part; set first.focus_m and others"


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"width_m": "x"}, "width_m = 'x': must be a valid number"),
        ({"first": {"rings": 1.5}}, "first.rings = 1.5: must be a whole number"),
        ({"first": {"rings": "x"}}, "first.rings = 'x': must be a whole number"),
        # A name that stands elsewhere, one that is misspelt, and one that is both.
        ({"focus_m": 1}, "focus_m = 1: no such field; did you mean first.focus_m or second.foc"),
        ({"widht_m": 1}, "widht_m = 1: no such field; did you mean width_m?"),
        ({"focuss_m": 1}, "focuss_m = 1: no such field; did you mean first.focus_m or second."),
        ({"third": {"rings": 1}}, "third.rings = 1: no such field; did you mean first.rings or"),
        ({"first.rings": 1}, "first.rings = 1: no such field; write it as a table within a table"),
        ({"colour": 1}, "colour = 1: no such field; known: first, second, width_m"),
        ({"first": 3}, "first = 3: is a part; set first.focus_m and others"),
    ],
)
def test_each_problem_is_told_in_one_line(values: dict[str, object], message: str) -> None:
    with pytest.raises(InputError) as caught:
        Tube.model_validate(values)
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


def test_places_and_names() -> None:
    assert dotted(["curve", "drive", 2, "value"]) == "curve.drive[2].value"
    assert dotted([]) == ""
    assert nearest("loss_bd", ["loss_db", "gain_db"]) == "did you mean loss_db?"
    assert nearest("x", ["loss_db"]) == suggestion("x", []) == ""
    assert suggestion("x", ["b", "a"]) == "known: a, b"
