"""Pictures of budgets and of calibration show what they are given."""

from __future__ import annotations

import numpy as np
import pytest

from studies.report.budget_figures import (
    budget_waterfall,
    calibration_before_after,
    digits_before_after,
)
from tests.figures import drawn


def test_a_waterfall_adds_up_in_quadrature() -> None:
    figure = budget_waterfall([("shot", 30.0, "random"), ("leak", 40.0, "static")], 95.2)
    drawn(figure)
    (axes,) = figure.axes
    widths = [bar.get_width() for bar in axes.patches]
    assert widths == pytest.approx([30.0, 20.0, 50.0])
    assert [t.get_text() for t in axes.get_yticklabels()] == ["shot", "leak", "total"]


def test_calibration_before_and_after() -> None:
    before, after = np.linspace(-0.5, 0.5, 101), np.linspace(-0.01, 0.01, 101)
    titles = drawn(calibration_before_after(before, after, 33))
    assert titles[0].endswith("81.2 % beyond")
    assert titles[1].endswith("0 % beyond")


def test_digits_before_and_after_beside_what_is_expected() -> None:
    before, after = np.array([[0.3, -0.3], [0.3, -0.3]]), np.full(4, 2e-3)
    figure = digits_before_after(before, after, 1.5e-3, 33)
    assert drawn(figure) == [
        "as fabricated: 4 digits, rms 300 mrad",
        "calibrated: 4 digits, rms 2 mrad",
    ]
    (law,) = figure.axes[1].lines
    at_mrad, share = (np.asarray(x, dtype=np.float64) for x in law.get_data())
    # A normal law, of which ±4.5 σ is all but seven millionths.
    assert float(np.trapezoid(share, at_mrad)) == pytest.approx(1.0, abs=1e-4)
    spread = float(np.trapezoid(share * at_mrad**2, at_mrad)) ** 0.5
    assert spread == pytest.approx(1.5, rel=1e-3)
