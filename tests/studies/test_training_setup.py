"""Plans made ready: what a training depends on is told, and no more."""

from __future__ import annotations

from typing import Any

from mirage_core import MixedCore, PrecisionCore, TensorCore, load_machine
from mirage_core.training.datasets import load_dataset
from studies.training_plan import plan
from studies.training_setup import core_of, light_of, phases_of, setting_of, trainer_of

MACHINE, DATA = load_machine("robust"), load_dataset("digits")


def test_a_setting_has_everything_that_changes_a_training() -> None:
    given: list[dict[str, Any]] = [
        {},
        {"fidelity": "integer"},
        {"precision": {"phases": [{"bits": 3}]}},
        {"products": {"*": {"dw": "fp32"}}},
        {"seed": 1},
    ]
    settings = [setting_of(plan(None, each), MACHINE, DATA) for each in given]
    assert all(settings[0] != each for each in settings[1:])
    moved = MACHINE.changed({"laser.power_w": 0.013})
    assert setting_of(plan(None, {}), moved, DATA) != settings[0]


def test_the_core_has_what_the_plan_asks_for_around_the_machines_own() -> None:
    plain = core_of(plan(None, {"seed": 7, "fidelity": "integer"}), MACHINE, DATA)
    assert isinstance(plain, TensorCore)
    assert (plain.seed, plain.fidelity, plain.machine) == (7, "integer", MACHINE)
    asked = plan(None, {"precision": {"phases": [{"bits": 3}]}, "products": {"*": {"dw": "fp32"}}})
    core = core_of(asked, MACHINE, DATA)
    assert isinstance(core, MixedCore)
    assert isinstance(core.core, PrecisionCore)
    assert light_of(core) is core.core.core
    assert phases_of(core) is core.core.phases
    assert phases_of(plain) == {}
    assert trainer_of(asked, DATA, core).core is core
    assert trainer_of(asked, DATA).core is None
