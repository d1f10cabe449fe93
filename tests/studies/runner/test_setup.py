"""From points to machines; names and values are checked before anything runs."""

from __future__ import annotations

from typing import Any
from unittest.mock import patch

import pytest
from pydantic import TypeAdapter

from mirage_core.machine.loading import load_machine
from photonics.errors import InputError
from studies.runner.axes import Span
from studies.runner.setup import check, machine_digest, setup
from tests.studies.runner.test_study import study


@pytest.mark.parametrize(
    ("fields", "field", "told"),
    [
        ({"axes": {"laser.powr_w": [1]}}, "axes.laser.powr_w", "did you mean laser.power_w?"),
        ({"axes": {"laser.power_w": [-1.0]}}, "axes.laser.power_w", "greater than"),
        ({"axes": {"laser.power_w": ["much"]}}, "axes.laser.power_w", "valid number"),
        ({"axes": {"machine": ["robusd"]}}, "axes.machine", "did you mean robust?"),
        ({"axes": {"conditions.row": [1]}}, "axes.conditions.row", "conditions.rows?"),
        ({"axes": {"conditions.rows": [0]}}, "axes.conditions.rows", "greater than"),
        ({"axes": {"recipe.epoch": [1]}}, "axes.recipe.epoch", "did you mean recipe.epochs?"),
        ({"axes": {"recipe.zzz": [1]}}, "axes.recipe.zzz", "mirage show metrics lists them"),
        ({"axes": {"zzz": [1]}}, "axes.zzz", "mirage show preset robust lists them"),
        ({"axes": {"chip_seed": [1, 2]}}, "axes.chip_seed", "set replicas"),
        ({"set": {"laser.powr_w": 1}}, "set.laser.powr_w", "did you mean laser.power_w?"),
        ({"set": {"laser.power_w": 1e-3}}, "set.laser.power_w", "is an axis of the study"),
        ({"machine": "robusd"}, "preset", "did you mean robust?"),
        (
            {"axes": {"multiplier.switch.part": ["cheng-2018"]}},
            "axes.multiplier.switch.part",
            "cheng-2019",
        ),
        (
            {"axes": {"multiplier.switch.kind": ["rings"]}},
            "axes.multiplier.switch.kind",
            "did you mean ring?",
        ),
        (
            {"axes": {"s": {"one": {"multiplier.switch.radius": 1e-5}}}},
            "axes.s.one.multiplier.switch.radius",
            "did you mean multiplier.switch.radius_m?",
        ),
        (
            {"axes": {"laser.power_w": {"low": 1e-3, "high": 1e9}}, "sampler": "qmc", "points": 3},
            "axes.laser.power_w",
            "less than",
        ),
    ],
)
def test_unknown_names_and_impossible_values_are_refused(
    fields: dict[str, Any], field: str, told: str
) -> None:
    with pytest.raises(InputError) as refused:
        check(study(**fields))
    assert refused.value.field == field
    assert told in str(refused.value)


def test_bounds_are_made_once_for_an_axis_of_very_many_values() -> None:
    axis = Span("laser.power_w", 1e-3, 8e-3, count=30_000)
    with patch("studies.runner.setup.TypeAdapter", wraps=TypeAdapter) as made:
        check(study(axes={"laser.power_w": axis}))
    assert made.call_count == 1


def test_values_that_are_possible_but_not_together_are_left_to_become_results() -> None:
    told = study(axes={"clock_hz": [1e8, 1e12]})
    check(told)
    assert setup(told, {"clock_hz": 1e8}).machine.design.clock_hz == 1e8
    with pytest.raises(InputError, match="half a symbol at most"):
        setup(told, {"clock_hz": 1e12})


def test_a_part_and_a_kind_may_be_an_axis() -> None:
    told = study(axes={"multiplier.switch.part": ["cheng-2019", "wire-typical"]})
    check(told)
    machine = setup(told, {"multiplier.switch.part": "cheng-2019"}).machine
    assert machine == load_machine("robust", {"multiplier.switch.part": "cheng-2019"})
    check(study(axes={"multiplier.switch.kind": ["ring", "mzi"]}))


def test_a_preset_may_be_an_axis_and_keeps_what_all_have() -> None:
    told = study(axes={"machine": ["robust", "isca2024"]}, set={"laser.power_w": 4e-3})
    check(told)
    machine = setup(told, {"machine": "isca2024"}).machine
    assert machine == load_machine("isca2024", {"laser.power_w": 4e-3})


def test_a_point_may_complete_a_machine_that_alone_cannot_be() -> None:
    # A bit and a range that no machine of these moduli has, but for another format.
    told = study(
        set={"bfp.mantissa_bits": 8},
        axes={"moduli": {"wide": {"moduli": [127, 128, 129]}}},
    )
    check(told)
    assert setup(told, {"moduli": "wide"}).machine.moduli == (127, 128, 129)


def test_what_is_set_is_the_same_machine_by_either_way() -> None:
    told = study(set={"bfp.group_size": 8}, axes={"laser.power_w": [1e-3]})
    made = setup(told, {"laser.power_w": 1e-3})
    wanted = load_machine("robust", {"bfp.group_size": 8, "laser.power_w": 1e-3})
    assert made.machine == wanted
    assert made.digest == machine_digest(wanted)


def test_machines_are_told_apart_but_not_by_chip_or_source() -> None:
    robust = load_machine("robust")
    assert machine_digest(robust) == machine_digest(robust.changed({"chip_seed": 7}))
    assert machine_digest(robust) != machine_digest(robust.changed({"clock_hz": 2e8}))


def test_conditions_and_recipes_are_set_by_name() -> None:
    told = study(axes={"conditions.rows": [2]}, set={"recipe.epochs": 3})
    made = setup(told, {"conditions.rows": 2})
    assert made.conditions.rows == 2
    assert made.recipe == {"epochs": 3}
