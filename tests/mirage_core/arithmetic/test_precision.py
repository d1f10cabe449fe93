"""Schedules of bits: when they switch, for which layers, and what is refused."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest

from mirage_core import Precision
from photonics.errors import InputError

TEXT = """
unit = "fraction"
phases = [{start = 0.0, bits = 2}, {start = 0.3, bits = 3}, {start = 0.5, bits = 4}]
layers = {"head.*" = 5, "head.0" = 1}
"""


def test_phases_begin_with_the_first_step_past_their_start() -> None:
    """Of 3 x 5 steps 0.3 are 4.5 and 0.5 are 7.5: steps 5 and 8 are the first past them."""
    moving = Precision(**tomllib.loads(TEXT)).in_steps(epochs=3, steps_per_epoch=5)
    assert [moving.bits_at("body", n) for n in range(10)] == [2] * 5 + [3] * 3 + [4] * 2
    assert moving.unit == "step"
    # 0.07 of a hundred steps is 7.000000000000001 in binary.
    exact = Precision(unit="fraction", phases=[{"bits": 2}, {"start": 0.07, "bits": 3}])
    assert exact.in_steps(epochs=1, steps_per_epoch=100).phases[1].start == 7
    by_epoch = Precision(unit="epoch", phases=[{"bits": 2}, {"start": 2, "bits": 3}])
    assert by_epoch.in_steps(epochs=4, steps_per_epoch=5).phases[1].start == 10


def test_layers_come_first_by_their_first_pattern_and_all_survives_a_dump() -> None:
    moving = Precision(**tomllib.loads(TEXT))
    assert [moving.bits_at(name, 0) for name in ("head.0", "head", "body")] == [5, 2, 2]
    assert moving.every_bits == (1, 2, 3, 4, 5)
    assert Precision.model_validate_json(moving.model_dump_json()) == moving


@pytest.mark.parametrize(
    ("wish", "told"),
    [
        ({"group_size": 8}, "group_size = 8: is fabricated, .* another machine"),
        ({"moduli": [3, 5]}, "moduli = .* is fabricated, .* another machine"),
        ({"phases": []}, "phases = .* must start at 0"),
        ({"phases": [{"start": 1}]}, "phases = .* must start at 0"),
        ({"phases": [{}, {"start": 2}, {"start": 2}]}, "each after the one before"),
        ({"unit": "fraction", "phases": [{}, {"start": 1}]}, "below 1, the end"),
        ({"layers": {"fc": 0}}, "layers.fc = 0: must be a whole number from 1"),
        ({"layers": {"fc": "4"}}, "layers.fc = '4': must be a whole number"),
    ],
)
def test_what_cannot_be_is_refused(wish: dict[str, Any], told: str) -> None:
    with pytest.raises(InputError, match=told):
        Precision(**wish)
