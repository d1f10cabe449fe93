"""The picture of a network's fidelity shows what the rows say, and nothing where there is none."""

from __future__ import annotations

import math
from dataclasses import replace

from mirage_core.fidelity.layers import ProductFidelity
from studies.report.fidelity_figure import fidelity_figure
from tests.figures import drawn

ROW = ProductFidelity("fc", "forward", 9, 20.0, 21.0, math.inf, 0.9, 3.5, 4.5, 2, 1, 0.1)


def test_bars_are_of_the_rows_and_left_out_where_there_is_no_product() -> None:
    rows = [ROW, replace(ROW, layer="head", kind="dw", sqnr_db=math.inf, cosine=None)]
    figure = fidelity_figure("a network", rows)
    assert drawn(figure)[:3] == ["forward", "dx", "dw"]

    def heights(place: int) -> list[float]:
        return [bar.get_height() for bar in figure.axes[place].patches]

    nothing = [None] * 2

    def known(place: int) -> list[float | None]:
        return [None if math.isnan(height) else height for height in heights(place)]

    # Format and machine, each for both layers; then random, persistent and dropped.
    assert known(0) == [21.0, None, 20.0, None]
    assert known(1) == nothing * 2
    assert known(2) == [None, 21.0, None, None]
    assert known(6) == [3.5, None, 4.5, None, 1, None]
    line = figure.axes[3].lines[0].get_ydata()
    assert next(iter(line)) == 0.9  # type: ignore[arg-type]
    names = [text.get_text() for text in figure.axes[6].get_xticklabels()]
    assert names == ["fc", "head"]
