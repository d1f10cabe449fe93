"""Plans of calibration: which of them a controller can follow."""

from __future__ import annotations

import pytest

from circuits.design.calibration import CalibrationPlan, Drift
from devices.heat.trimmer import Trimmer
from photonics.errors import InputError

ONE_BIT = Trimmer(range_rad=7.0, bits=1)


def test_a_trimmer_that_is_set_by_measurement_needs_steps() -> None:
    with pytest.raises(InputError, match=r"^trimmer\.bits = 1: .* needs at least 2; or set"):
        CalibrationPlan(trimmer=ONE_BIT)
    assert CalibrationPlan(trimmer=ONE_BIT, policy="none").trimmer.bits == 1
    assert CalibrationPlan(trimmer=Trimmer(range_rad=7.0, bits=2)).policy == "measured"


def test_the_trimmer_by_default_reaches_beyond_a_turn_in_fine_steps() -> None:
    plan = CalibrationPlan()
    # 7 rad over 2^13 - 1 steps, over √12.
    assert plan.trimmer.range_rad > 2 * 3.14159
    assert plan.trimmer.residual_variance_rad2**0.5 == pytest.approx(0.2467e-3, rel=1e-3)
    # No drift, and so nothing to be tracked, unless asked.
    # A package is to work over 125 K, and two rails lie side by side.
    for name, most_k in (("common_rms_k", 100.0), ("rail_rms_k", 10.0)):
        assert getattr(Drift.model_validate({name: most_k}), name) == most_k
        with pytest.raises(InputError, match=rf"^{name} = 1000\.0: must be .* {most_k:g}$"):
            Drift.model_validate({name: 1000.0})
    assert Drift() == Drift(common_rms_k=0.0, rail_rms_k=0.0, pilots=0)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"rail_wander_rms_k": 1e-3}, r"^step_s = 0\.0: must be above 0 .* from step to step"),
        (
            {"step_s": 1.0, "rail_wander_rms_k": 1e-3, "pilot_period_steps": 4},
            r"^pilot_period_steps = 4: needs pilots, and pilots is 0; set pilots",
        ),
        ({"step_s": -1.0}, r"^step_s = -1\.0"),
        ({"laser_wander_rms_hz": -1.0}, r"^laser_wander_rms_hz = -1\.0"),
        ({"common_wander_s": 0.0}, r"^common_wander_s = 0\.0"),
        ({"pilot_period_steps": -1}, r"^pilot_period_steps = -1"),
    ],
)
def test_wander_that_cannot_be_is_refused(changes: dict[str, float], message: str) -> None:
    with pytest.raises(InputError, match=message):
        Drift.model_validate(changes)


def test_a_chip_at_the_start_knows_of_no_wander() -> None:
    drift = Drift(
        common_rms_k=0.1,
        rail_rms_k=1e-3,
        pilots=8,
        pilot_period_steps=4,
        step_s=0.5,
        laser_wander_rms_hz=1e8,
    )
    assert drift.wanders
    assert drift.at_start == Drift(common_rms_k=0.1, rail_rms_k=1e-3, pilots=8)
    assert not drift.at_start.wanders
    # Time alone moves nothing.
    assert not Drift(step_s=1.0, pilots=8, pilot_period_steps=4).wanders
