"""Parts within parts as trees of values: joined, named and compared, whatever the order."""

from __future__ import annotations

import itertools
from abc import ABC, abstractmethod
from typing import Literal

import pytest
from pydantic import SerializeAsAny

from devices.parameters.base import Parameters, quantity
from devices.parameters.tree import (
    alike_at,
    default_at,
    every_name,
    join,
    layers,
    leaves,
    named_leaves,
    value_at,
    values_of,
)
from photonics.errors import InputError


class Round(Parameters):
    radius_m: float = quantity(1.0, "radius", source="choice")
    gap_m: float = quantity(0.1, "gap", source="choice")


class Square(Parameters):
    side_m: float = quantity(2.0, "side", source="choice")


class Box(Parameters):
    lid: Round | Square = Round(radius_m=3.0)
    handle: Square | None = None
    weights: dict[int, float] = quantity({}, "by number", source="choice")
    name: str = quantity("box", "name", source="choice")


def joined(*changes: dict[str, object]) -> Box:
    values = values_of(Box())
    for change in changes:
        for layer in layers(Box, change):
            values = join(Box, values, layer)
    return Box.model_validate(values)


def test_a_change_keeps_what_it_does_not_name() -> None:
    """The default of the field, 3 m, and not that of its class, 1 m."""
    assert joined({"lid.gap_m": 0.2}).lid == Round(radius_m=3.0, gap_m=0.2)
    assert joined({"lid": {"gap_m": 0.2}}).lid == Round(radius_m=3.0, gap_m=0.2)
    assert joined({"lid": Round(gap_m=0.2)}).lid == Round(radius_m=1.0, gap_m=0.2)
    assert joined({"name": "crate"}).lid == Round(radius_m=3.0)


def test_a_table_with_names_of_another_kind_is_of_that_kind() -> None:
    assert joined({"lid.side_m": 5.0}).lid == Square(side_m=5.0)
    back = joined({"lid.side_m": 5.0}, {"lid.gap_m": 0.3})
    assert back.lid == Round(radius_m=3.0, gap_m=0.3), "its default, since it is gone"


def test_parts_and_tables_are_left_out_and_put_in() -> None:
    assert joined({"handle.side_m": 1.0}).handle == Square(side_m=1.0)
    assert joined({"handle.side_m": 1.0}, {"handle": "none"}).handle is None
    assert joined({"weights.3": 1.0, "weights.4": 2.0}).weights == {3: 1.0, 4: 2.0}
    assert joined({"weights.3": 1.0}, {"weights.4": 2.0}).weights == {3: 1.0, 4: 2.0}
    assert joined({"weights": {3: 1.0, 4: 2.0}}, {"weights.3": "none"}).weights == {4: 2.0}
    assert joined({"weights.3": 1.0}, {"weights": "none"}).weights == {}


def test_the_order_of_changes_does_not_matter() -> None:
    changes = {"lid": Round(), "lid.gap_m": 0.4, "handle": {"side_m": 1.0}, "weights.3": 1.0}
    found = [joined(dict(order)) for order in itertools.permutations(changes.items())]
    assert len(found) == 24
    assert all(one == found[0] for one in found)
    assert found[0].lid == Round(gap_m=0.4)


def test_two_values_of_one_name_are_refused() -> None:
    with pytest.raises(InputError, match=r"^lid\.gap_m = "):
        layers(Box, {"lid.gap_m": 0.1, "lid": {"gap_m": 0.2}})
    with pytest.raises(InputError, match=r"^name\.x = "):
        layers(Box, {"name.x": 0.1})


def test_leaves_have_names_values_and_defaults() -> None:
    box = Box(lid=Square(side_m=4.0), weights={3: 1.0})
    found = {leaf.name: leaf.value for leaf in leaves(box)}
    assert found["lid.side_m"] == 4.0
    assert found["name"] == "box"
    assert value_at(box, "lid.side_m") == 4.0
    assert value_at({"lid": {"side_m": 5.0}}, "lid.side_m") == 5.0
    table = {"lid": {"gap_m": 1.0}, "weights": {"3": 1.0}}
    assert named_leaves(Box, table, parts=False) == ["lid.gap_m", "weights"]
    assert {"lid.radius_m", "lid.side_m", "handle.side_m", "weights", "name"} <= set(
        every_name(Box)
    )


class Wheel(Parameters, ABC):
    """What a cart can have, whoever has made it."""

    @abstractmethod
    def turns(self) -> float: ...


class Wooden(Wheel):
    kind: Literal["wooden"] = quantity("wooden", "kind", source="by definition")
    radius_m: float = quantity(0.3, "radius", source="choice", gt=0)
    spokes: int = quantity(8, "spokes", source="choice")

    def turns(self) -> float:
        return 1.0 / self.radius_m


class Iron(Wheel):
    kind: Literal["iron"] = quantity("iron", "kind", source="by definition")
    radius_m: float = quantity(0.2, "radius", source="choice", gt=0)

    def turns(self) -> float:
        return 2.0 / self.radius_m


class Cart(Parameters):
    wheel: SerializeAsAny[Wheel] = Wooden(radius_m=0.4)


def test_a_kind_is_chosen_by_its_name_and_drops_what_was_of_another() -> None:
    cart = Cart()
    assert cart.changed({"wheel.spokes": 6}).wheel == Wooden(radius_m=0.4, spokes=6)
    assert cart.changed({"wheel.kind": "wooden"}) == cart
    assert cart.changed({"wheel.kind": "iron"}).wheel == Iron(radius_m=0.2)
    both = {"wheel.radius_m": 0.1, "wheel.kind": "iron"}
    assert cart.changed(both).wheel == cart.changed(dict(reversed(both.items()))).wheel
    assert cart.changed(both).wheel == Iron(radius_m=0.1)
    assert cart.changed({"wheel": Iron()}).wheel == Iron()
    assert Cart.model_validate({"wheel": {"kind": "iron"}}).wheel == Iron()
    for asked, message in {
        "irom": "wheel.kind = 'irom': must be one of wooden, iron; did you mean iron?",
        "rubber": "wheel.kind = 'rubber': must be one of wooden, iron; "
        "a kind of your own has to be imported first",
    }.items():
        with pytest.raises(InputError) as caught:
            cart.changed({"wheel.kind": asked})
        assert str(caught.value) == message
    with pytest.raises(InputError, match=r"^wheel\.spokes = 3: no such field"):
        cart.changed({"wheel.kind": "iron", "wheel.spokes": 3})
    with pytest.raises(InputError, match=r"^wheel\.radius_m = -1: must be greater than 0"):
        cart.changed({"wheel.kind": "iron", "wheel.radius_m": -1})


class Sail(Parameters, ABC):
    """A family of its own, to which a test adds."""

    @abstractmethod
    def area_m2(self) -> float: ...


class Gaff(Sail):
    kind: Literal["gaff"] = quantity("gaff", "kind", source="by definition")

    def area_m2(self) -> float:
        return 1.0


class Lug(Sail):
    kind: Literal["lug"] = quantity("lug", "kind", source="by definition")

    def area_m2(self) -> float:
        return 2.0


class Boat(Parameters):
    sail: SerializeAsAny[Sail] = Gaff()


def test_of_kinds_of_one_name_the_last_counts_and_an_unfinished_one_says_so() -> None:
    """As where a cell of a notebook is run again."""

    class Lateen(Sail):
        kind: Literal["lateen"] = quantity("lateen", "kind", source="by definition")

    with pytest.raises(InputError, match=r"; Lateen has yet to define area_m2$"):
        Boat().changed({"sail.kind": "lateen"})
    made = []
    for area in (2.0, 3.0):

        class Whole(Sail):
            kind: Literal["lateen"] = quantity("lateen", "kind", source="by definition")
            size_m2: float = quantity(area, "size", source="choice")

            def area_m2(self) -> float:
                return self.size_m2

        made.append(Whole)
    found = Boat().changed({"sail.kind": "lateen"}).sail
    assert type(found) is made[1]
    assert str(found) == "Whole()"


def test_a_dump_carries_kinds() -> None:
    cart = Cart().changed({"wheel.kind": "iron"})
    assert cart.model_dump() == {"wheel": {"kind": "iron", "radius_m": 0.2}}
    assert Cart.model_validate_json(cart.model_dump_json()) == cart
    assert [leaf.name for leaf in leaves(cart)] == ["wheel.kind", "wheel.radius_m"]


def test_defaults_are_those_of_the_kind_that_there_is() -> None:
    iron = {"wheel": {"kind": "iron"}}
    assert default_at(Cart, iron, "wheel.radius_m") == 0.2
    assert default_at(Cart, {}, "wheel.radius_m") == 0.4
    assert alike_at(Cart(), {"wheel": {"kind": "wooden"}}, "wheel.radius_m")
    assert not alike_at(Cart(), iron, "wheel.radius_m")
