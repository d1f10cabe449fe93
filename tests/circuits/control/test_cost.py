"""What the trimmers of a chip cost."""

from __future__ import annotations

import pytest

from tests.circuits.control.calibration_designs import SHAPE, calibrated, flawed_design


def test_trimmers_are_priced() -> None:
    report = calibrated(31, SHAPE, snr=43)[1]
    # A trimmer for every digit, one for each row and one for its hybrid.
    cost = report.trimmers
    assert cost.count == 8 * (2 * 5 + 2)
    trimmer = flawed_design(43).calibration.trimmer
    assert cost.area_m2 == pytest.approx(cost.count * trimmer.area_m2)
    assert 0 < cost.power_w < cost.count * trimmer.power_w_per_rad * 7.0
