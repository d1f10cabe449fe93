"""Yield and what calibration leaves."""

from __future__ import annotations

import pytest

from studies.metrics import chips
from studies.runner.evaluate import evaluate
from studies.runner.study import Study
from tests.studies.metrics.machines import at


def test_a_chip_is_usable_if_its_worst_row_meets_the_target() -> None:
    good = at(streamed="forward", changes={"laser.power_w": 1e-2})
    assert chips.usable(good) == 1.0
    assert chips.usable(at(changes={"multiplier.switch.detuning_m": 1e-9})) == 0.0
    # Uniform data loses far more light than the data of a network.
    assert chips.usable(at(target_error_rate=1e-9)) == 0.0


def test_a_chip_that_its_controller_refuses_is_not_usable() -> None:
    spread = "multiplier.switch.trimmer.spread_rms_m"
    asked = Study(
        question="How far may trimmers of rings scatter?",
        axes={spread: [8.4e-10, 1.6e-9]},
        metrics=["symbol_error_rate_predicted", "usable"],
        set={"conditions.rows": 1, "conditions.vectors": 40},
    )
    good, refused = (evaluate(asked, {spread: at_m}, [0]) for at_m in (8.4e-10, 1.6e-9))
    assert (good.kind, refused.kind) == ("done", "refused")
    assert good.result["replicas"][0]["metrics"]["usable"] == 1.0
    (chip,) = refused.result["replicas"]
    assert chip["metrics"] == {"usable": 0.0}
    assert chip["why"].endswith("or set calibration.accept=any")


def test_the_oracle_leaves_what_it_is_told_to() -> None:
    for left_rad in (1e-3, 4e-3):
        point = at(residual_rad=left_rad, changes={"drift.common_rms_k": 0, "drift.rail_rms_k": 0})
        assert chips.residual_digit_rad(point) == pytest.approx(left_rad, rel=0.2)


def test_trimmers_are_counted_for_the_whole_machine() -> None:
    few, more = at(), at(changes={"array.units": 16})
    assert chips.trimmers_total_w(more) == pytest.approx(2.0 * chips.trimmers_total_w(few))
