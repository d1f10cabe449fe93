"""Parameters: frozen, validated however they come to be, and changed by name."""

from __future__ import annotations

import copy
import inspect
import json
import pickle
from collections.abc import Callable

import pytest

from devices.electronics.amplifier import TransimpedanceAmplifier
from devices.heat.thermal_crosstalk import ExponentialCoupling, HeaterCoupling, HeatSinkCoupling
from devices.light.laser import Laser
from devices.parameters.base import Parameters, ParametersError, quantity
from devices.parameters.overrides import parse_overrides
from devices.parameters.part import Part
from photonics.errors import InputError


class Lens(Part):
    focus_m: float = quantity(1.0, "focal length", source="choice", gt=0)
    loss_db: float = quantity(0.0, "loss", source="ideal limit", ge=0)


class Tube(Part):
    first: Lens = Lens(focus_m=2.0)
    second: Lens | None = None
    by_order: dict[int, float] = quantity({1: 0.5}, "share of each order", source="choice")


class Table(Parameters):
    inlined = "tube"

    tube: Tube = Tube()
    legs: int = quantity(4, "legs", source="choice", ge=3)


WAYS: dict[str, Callable[[dict[str, object]], Laser]] = {
    "made": lambda values: Laser(**values),  # type: ignore[arg-type]
    "validated": Laser.model_validate,
    "from JSON": lambda values: Laser.model_validate_json(json.dumps(values)),
    "changed": lambda values: Laser().changed(values),
    "copied": lambda values: Laser().model_copy(update=values),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"power_w": -1}, "power_w = -1: must be greater than 0"),
        ({"powr_w": 1}, "powr_w = 1: no such field; did you mean power_w?"),
        ({"power_w": "x"}, "power_w = 'x': must be a valid number"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(
    way: str, values: dict[str, object], message: str
) -> None:
    with pytest.raises(InputError) as caught:
        WAYS[way](values)
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("value", [3, None, "x", [1], Lens()])
def test_what_is_no_table_at_all_goes_by_the_name_of_the_class(value: object) -> None:
    with pytest.raises(InputError, match=r"^Laser = .*: must be a table of values by name; set po"):
        Laser.model_validate(value)
    with pytest.raises(InputError, match=r"^Laser = '\{': Invalid JSON"):
        Laser.model_validate_json("{")


def test_all_that_is_wrong_is_told() -> None:
    with pytest.raises(ParametersError) as caught:
        Tube.model_validate({"first": {"focus_m": -1, "los_db": 1}, "second": {"loss_db": -2}})
    assert [str(problem) for problem in caught.value.problems] == [
        "first.focus_m = -1: must be greater than 0",
        "first.los_db = 1: no such field; did you mean loss_db?",
        "second.loss_db = -2: must be greater than or equal to 0",
    ]


def test_parameters_are_frozen() -> None:
    laser = Laser()
    with pytest.raises(InputError, match=r"^power_w = 1\.0: parameters are frozen; make another"):
        laser.power_w = 1.0  # type: ignore[misc]
    assert laser == Laser() == copy.deepcopy(laser) == pickle.loads(pickle.dumps(laser))


def test_no_value_is_deleted() -> None:
    with pytest.raises(InputError, match=r"^power_w = .*: parameters are frozen; a part has all"):
        del Laser().power_w


def test_strings_are_validated_with_the_same_error() -> None:
    assert Laser.model_validate_strings({"power_w": "0.5"}) == Laser(power_w=0.5)
    with pytest.raises(ParametersError, match=r"^power_w = 'x': must be a valid number$"):
        Laser.model_validate_strings({"power_w": "x"})
    with pytest.raises(ParametersError, match=r"^power_w = '-1': must be greater than 0$"):
        Laser.model_validate_strings({"power_w": "-1"})


def test_a_table_changes_what_it_names_of_the_default_of_its_place() -> None:
    assert Tube.model_validate({"first": {"loss_db": 1.0}}).first == Lens(focus_m=2.0, loss_db=1.0)
    # A part that is not there begins as its class says.
    assert Tube.model_validate({"second": {"loss_db": 1.0}}).second == Lens(loss_db=1.0)
    assert Tube(first=Lens(loss_db=1.0)).first == Lens(loss_db=1.0)


def test_what_is_inlined_stands_beside_the_rest() -> None:
    table = Table.model_validate({"legs": 3, "first": {"loss_db": 1.0}})
    assert table.tube.first == Lens(focus_m=2.0, loss_db=1.0)
    assert table.changed({"first.focus_m": 3.0}).tube.first == Lens(focus_m=3.0, loss_db=1.0)
    assert table.changed({"tube": Tube(), "first.loss_db": 2.0}).tube.first.loss_db == 2.0
    with pytest.raises(
        InputError, match=r"^tube\.first\.loss_db = 1: .*did you mean first\.loss_db"
    ):
        table.changed({"tube.first.loss_db": 1})
    with pytest.raises(InputError, match=r"^first\.loss_db = -1: must be"):
        table.changed({"first.loss_db": -1})


def test_parts_come_and_go() -> None:
    tube = Tube().changed({"second.loss_db": 1.0})
    assert tube.second == Lens(loss_db=1.0)
    assert tube.changed({"second.focus_m": 3.0}).second == Lens(focus_m=3.0, loss_db=1.0)
    for nothing in (None, "none"):
        assert tube.changed({"second": nothing}) == Tube()
    with pytest.raises(InputError, match=r"^first = 'none'"):
        tube.changed({"first": "none"})


def test_entries_of_a_table_of_values_are_changed_one_by_one() -> None:
    assert Tube().changed({"by_order.2": 0.25}).by_order == {1: 0.5, 2: 0.25}
    assert Tube().changed({"by_order": {1: 0.25}}).by_order == {1: 0.25}
    assert Tube().changed({"by_order": {1: "none"}}).by_order == {}


def test_a_part_of_several_kinds_is_told_by_its_names() -> None:
    coupling = HeaterCoupling(law=ExponentialCoupling(nearest_coupling=0.02))
    longer = coupling.changed({"law.decay_length_m": 1e-4})
    assert longer.law == ExponentialCoupling(nearest_coupling=0.02, decay_length_m=1e-4)
    assert coupling.changed({"law.height_m": 1e-6}).law == HeatSinkCoupling(height_m=1e-6)
    with pytest.raises(
        InputError, match=r"^law\.heigth_m = 1: no such field; did you mean height_m"
    ):
        coupling.changed({"law.heigth_m": 1})
    with pytest.raises(InputError, match=r"^law\.height_m = -1: must be greater than 0$"):
        HeaterCoupling.model_validate({"law": {"height_m": -1}})


def test_a_resistor_does_not_take_the_noise_away_unasked() -> None:
    amplifier = TransimpedanceAmplifier()
    with pytest.raises(InputError, match="exactly one"):
        amplifier.changed({"feedback_ohm": 1e3})
    changed = amplifier.changed({"feedback_ohm": 1e3, "noise_a_per_rthz": None})
    assert changed == TransimpedanceAmplifier(feedback_ohm=1e3)


def test_overrides_are_read_as_toml_and_words() -> None:
    written = ["a.b=1e-3", "c = fixed", "d=[1, 2]", 'e="x y"', "f=none", "a.b=1e-3"]
    assert parse_overrides(written) == {
        "a.b": 1e-3,
        "c": "fixed",
        "d": [1, 2],
        "e": "x y",
        "f": "none",
    }
    assert parse_overrides({"a.b": 1}) == {"a.b": 1}


def test_values_without_a_name_are_refused_and_signatures_name_the_fields() -> None:
    with pytest.raises(
        InputError, match=r"Lens = 3: takes values by name alone; write Lens\(focus_m"
    ):
        Lens(3)  # type: ignore[call-arg]
    assert list(inspect.signature(Lens).parameters) == ["focus_m", "loss_db"]
