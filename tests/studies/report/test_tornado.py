"""A tornado shows both effects of every cause, the first at the top."""

from __future__ import annotations

import math

import pytest

from studies.report.tornado import tornado
from tests.figures import drawn


def test_bars_reach_from_zero_to_either_effect() -> None:
    figure = tornado([("loss", -1.5, 1.0), ("noise", 0.2, math.nan)], "decades", "Tolerances")
    drawn(figure)
    (axes,) = figure.axes
    less, more = (list(bars) for bars in axes.containers)
    assert [bar.get_width() for bar in less] == pytest.approx([-1.5, 0.2])
    assert more[0].get_width() == pytest.approx(1.0)
    assert [t.get_text() for t in axes.get_yticklabels()] == ["loss", "noise"]
    assert axes.yaxis_inverted()
