"""Figures as SVG: numbers are where they should be, and can be read without a script."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from studies.report.charts import Chart, Series, bars
from studies.report.svg import Scale, svg

NAMESPACE = "{http://www.w3.org/2000/svg}"


def parts(chart: Chart, tag: str) -> list[ElementTree.Element]:
    return list(ElementTree.fromstring(svg(chart)).iter(NAMESPACE + tag))


def line(**fields: object) -> Chart:
    series = [
        Series("a <b>", [1.0, 10.0, 100.0], [1e-6, 1e-3, 1.0], [1e-7, 1e-4, 0.5], [1e-5, 1e-2, 1.0])
    ]
    told = {"log_x": True, "log_y": True, **fields}
    return Chart("Errors & light", "power / mW", "rate", series, **told)  # type: ignore[arg-type]


def places(chart: Chart) -> list[tuple[float, float]]:
    (path,) = parts(chart, "polyline")
    numbers = [float(x) for x in re.findall(r"[-\d.]+", path.get("points", ""))]
    return list(zip(numbers[::2], numbers[1::2], strict=True))


def test_a_figure_has_a_ground_under_all_that_is_drawn() -> None:
    chart = Chart("t", "x", "y", [Series("", [1.0, 2.0], [1.0, 2.0])])
    drawn = re.findall(r"<(rect|text|line|polyline|circle)\b([^>]*)>", svg(chart))
    assert drawn[0] == ("rect", ' width="100%" height="100%" fill="#fff"/')


def test_equal_ratios_are_equal_steps_on_log_axes() -> None:
    (x1, y1), (x2, y2), (x3, y3) = places(line())
    assert x2 - x1 == pytest.approx(x3 - x2, abs=0.2)
    assert y1 - y2 == pytest.approx(y2 - y3, abs=0.2)
    # Larger is to the right and further up.
    assert x1 < x3
    assert y1 > y3


def test_every_point_tells_its_numbers_with_the_interval() -> None:
    titles = [t.text for t in parts(line(), "title")]
    assert titles[1] == "a <b>: power / mW 10, rate 0.001 [0.0001, 0.01]"


def test_what_has_no_place_is_not_drawn() -> None:
    chart = Chart("t", "x", "y", [Series("", [1.0, 2.0, 3.0], [0.0, math.inf, 1.0])], log_y=True)
    assert len(parts(chart, "circle")) == 1 + 0
    assert "nan" not in svg(chart)
    assert "inf" not in svg(chart).replace("infinite", "")


def test_intervals_that_reach_to_zero_end_at_the_frame_of_a_log_axis() -> None:
    series = [Series("a", [1.0, 2.0], [1e-3, 1e-6], [-1e-3, 1e-7], [3e-3, 1e-5])]
    chart = Chart("t", "x", "y", series, log_y=True)
    assert "a: x 1, y 0.001 [-0.001, 0.003]" in svg(chart)
    (frame,) = (r for r in parts(chart, "rect") if r.get("class") == "frame")
    bottom = float(frame.get("y", "")) + float(frame.get("height", ""))
    whisker = next(x for x in parts(chart, "line") if x.get("stroke"))
    assert float(whisker.get("y1", "")) == pytest.approx(bottom)
    lying = bars("t", "y", ["n", "m"], [replace(series[0], x=[0.0, 1.0])], log=True)
    assert "n, a: 0.001 [-0.001, 0.003]" in svg(lying)


def test_one_point_and_equal_points_have_a_frame() -> None:
    for values in ([5.0], [5.0, 5.0]):
        chart = Chart("t", "x", "y", [Series("", [float(i) for i in range(len(values))], values)])
        assert "nan" not in svg(chart)


def test_bars_begin_at_zero_and_are_as_long_as_their_numbers() -> None:
    chart = bars(
        "t", "share", ["one", "two"], [Series("", [0.0, 1.0], [1.0, 3.0], [0.5, 2.0], [2.0, 4.0])]
    )
    widths = [float(r.get("width", "0")) for r in parts(chart, "rect") if r.get("class") == "point"]
    assert widths[1] == pytest.approx(3 * widths[0], abs=0.3)
    texts = [t.text for t in parts(chart, "text")]
    assert {"one", "two", "share"} <= set(texts)


def test_a_bar_that_is_not_there_is_told() -> None:
    chart = bars("t", "share", ["one", "two"], [Series("", [1.0], [3.0])])
    texts = [t.text for t in parts(chart, "text")]
    assert texts.count("no number: see the table") == 1


def test_names_stand_on_the_axis_where_x_is_no_number() -> None:
    chart = Chart("t", "kind", "y", [Series("", [0.0, 1.0], [1.0, 2.0])], names=("ring", "mzi"))
    assert {"ring", "mzi"} <= {t.text for t in parts(chart, "text")}
    assert any("ring" in str(t.text) for t in parts(chart, "title"))


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        ((0.25, 8.0), ["0.5", "1", "2", "5"]),
        ((1e-6, 2e-5), ["10⁻⁶", "2·10⁻⁶", "5·10⁻⁶", "10⁻⁵", "2·10⁻⁵"]),
        ((1e-3, 10.0), ["10⁻³", "0.01", "0.1", "1", "10"]),
    ],
)
def test_a_short_logarithmic_axis_is_written_in_twos_and_fives(
    values: tuple[float, float], texts: list[str]
) -> None:
    ticks = list(Scale(values, 0.0, 1.0, log=True).ticks())
    assert [text for _, text in ticks] == texts
    assert all(values[0] * 0.5 < value < values[1] * 2 for value, _ in ticks)
