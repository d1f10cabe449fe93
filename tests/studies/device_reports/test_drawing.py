"""Pictures of devices: what is drawn where."""

from __future__ import annotations

import pytest
import torch

from studies.device_reports.curves import DeviceReport, Mark, Matrix, Panel, span
from studies.device_reports.drawing import draw


def panel(title: str, *levels: float, **options: object) -> Panel:
    x = span(1.0, 2.0, 5)
    curves = {f"at {level:g}": torch.full_like(x, level) for level in levels}
    return Panel(title, "x / m", "y / V", x, curves, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("count", "rows", "columns"), [(1, 1, 1), (2, 1, 2), (3, 1, 3), (4, 2, 2), (5, 2, 3)]
)
def test_panels_stand_up_to_three_in_a_row(count: int, rows: int, columns: int) -> None:
    figure = draw(DeviceReport([], [panel(f"p{i}", 1.0) for i in range(count)]), "a")
    specification = figure.axes[0].get_subplotspec()
    assert specification is not None
    assert specification.get_geometry()[:2] == (rows, columns)
    assert [axes.get_title() for axes in figure.axes if axes.axison] == [
        f"p{i}" for i in range(count)
    ]


def test_curves_are_drawn_as_they_are_given() -> None:
    rising = Panel(
        "rising",
        "x / m",
        "y / V",
        span(1.0, 1e4, 5),
        {"one": span(0.1, 0.9, 5), "other": span(0.2, 0.4, 5)},
        marks=[Mark("y", 0.5, "limits"), Mark("y", -0.5, ""), Mark("x", 3.0, "here")],
        dashed=["other"],
        points=((1.0, 2.0), (0.3, 0.4)),
        x_log=True,
    )
    (axes,) = draw(DeviceReport([], [rising]), "`RingSwitch`: *a* ring").axes
    one, other, points, first, second, third = axes.lines
    assert list(one.get_ydata()) == pytest.approx([0.1, 0.3, 0.5, 0.7, 0.9])
    assert [line.get_linestyle() for line in (one, other)] == ["-", "--"]
    assert list(points.get_xdata()) == [1.0, 2.0]
    # A mark without a label belongs to the one before it.
    assert first.get_color() == second.get_color() != third.get_color()
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "linear")
    legend = axes.get_legend()
    assert legend is not None
    assert [t.get_text() for t in legend.get_texts()] == ["one", "other", "table", "limits", "here"]
    figure = axes.get_figure()
    assert figure is not None
    assert figure.get_suptitle() == "RingSwitch: a ring"


def test_a_curve_takes_the_colour_of_another() -> None:
    x = span(1.0, 2.0, 5)
    both = Panel(
        "both",
        "x / m",
        "y / V",
        x,
        {"one": x, "two": 2 * x, "like two": 3 * x, "like one": 4 * x},
        marks=[Mark("x", 1.5, "here")],
        same_colour={"like two": "two", "like one": "one"},
    )
    (axes,) = draw(DeviceReport([], [both]), "a").axes
    one, two, like_two, like_one, mark = (line.get_color() for line in axes.lines)
    assert one == like_one
    assert two == like_two
    assert len({one, two, mark}) == 3


def test_rounding_errors_are_not_magnified() -> None:
    panels = [
        panel("flat", 2.0),
        panel("shaky", 2.0, 2.0 - 1e-9),
        panel("empty", 0.0),
        panel("real", 2.0, 3.0),
    ]
    flat, shaky, empty, real = draw(DeviceReport([], panels), "a").axes
    for axes in (flat, shaky):
        assert axes.get_ylim() == pytest.approx((0.0, 2.8))
    assert empty.get_ylim() == (-1.0, 1.0)
    assert real.get_ylim()[0] > 1.9


def test_a_matrix_is_a_map_with_its_scale() -> None:
    values = torch.tensor([[0.0, -1.0], [-2.0, 0.0]], dtype=torch.float64)
    figure = draw(DeviceReport([], [Matrix("all", "of", "to", "log of ratio", values)]), "a")
    axes, scale = figure.axes
    (image,) = axes.images
    assert image.get_array().tolist() == values.tolist()  # type: ignore[union-attr]
    labels = axes.get_xlabel(), axes.get_ylabel(), scale.get_ylabel()
    assert labels == ("of", "to", "log of ratio")
