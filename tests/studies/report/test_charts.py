"""What is drawn, as data."""

from __future__ import annotations

from dataclasses import asdict

from studies.report.charts import Chart, Series, bars


def test_bars_lie_along_a_log_axis_if_wanted() -> None:
    chart = bars("t", "rate", ["a", "b"], [Series("", [0.0, 1.0], [1e-6, 1e-3])], log=True)
    assert chart.kind == "bars"
    assert chart.log_x
    assert (chart.x_label, chart.y_label) == ("rate", "")
    assert list(chart.names) == ["a", "b"]


def test_a_chart_is_plain_data_and_comes_back() -> None:
    chart = Chart("t", "x", "y", [Series("s", [1.0], [2.0], [1.5], [2.5], dashed=True)], log_y=True)
    told = asdict(chart)
    again = Chart(**{**told, "series": [Series(**s) for s in told["series"]]})
    assert again == chart
