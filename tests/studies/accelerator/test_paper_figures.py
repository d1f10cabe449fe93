"""Panels of published and recomputed values."""

from __future__ import annotations

from pathlib import Path

from mirage_core.cost.published.figures import NETWORKS, figures
from studies.accelerator.paper_bars import fig8_runtime
from studies.accelerator.paper_fig8 import fig8_energy
from studies.accelerator.paper_figures import beside, draw
from studies.accelerator.paper_rows import Row
from tests.close import close


def rows(places: tuple[str, ...], series: tuple[str, ...], panel: str) -> list[Row]:
    return [
        Row("Fig.", "x", "W", 1.0 + i, 1.1 + i, panel=panel, place=place, series=name)
        for i, place in enumerate(places)
        for name in series
    ]


def test_sizes_are_lines_and_names_are_bars() -> None:
    sizes = rows(("2", "4", "8"), ("a", "b"), "by size")
    names = rows(("first", "second"), ("a", "b", "c"), "by name")
    lines, bars = beside([*sizes, *names]).axes
    assert lines.get_title() == "by size"
    # Two lines and two sets of marks; six bars with three sets of marks.
    assert len(lines.get_lines()) == 4
    assert len(bars.patches) == 6
    assert len(bars.get_lines()) == 3
    # Bars of one place stand around it, and one legend tells all series.
    assert sum(p.get_x() + p.get_width() / 2 for p in bars.patches[1::2]) == close(3.0)
    assert sorted(round(p.get_height()) for p in bars.patches) == [1, 1, 1, 2, 2, 2]
    assert list(lines.get_lines()[1].get_ydata()) == [1.1, 2.1, 3.1]


def test_far_values_take_a_logarithmic_axis() -> None:
    far = [Row("Fig.", name, "W", value, value) for name, value in (("a", 1.0), ("b", 1e3))]
    (axes,) = beside(far).axes
    assert axes.get_yscale() == "log"
    assert [label.get_text() for label in axes.get_xticklabels()] == ["a", "b"]


def test_figure_8_is_a_grid_of_metrics_by_rule(tmp_path: Path) -> None:
    """Titles over every panel, one legend outside of them, and nothing that the paper lacks."""
    found = [*fig8_runtime(), *fig8_energy()]
    figure = beside([row for row in found if row.drawn])
    titles = [
        f"Fig. 8: {what} over Mirage, equal {rule}"
        for rule in ("energy", "area")
        for what in ("runtime", "energy-delay", "power")
    ]
    assert [axes.get_title() for axes in figure.axes] == titles
    assert all(axes.get_legend() is None for axes in figure.axes)
    (legend,) = figure.legends
    assert [t.get_text() for t in legend.get_texts()] == figures()["fig8_iso_energy_means"][
        "formats"
    ]
    drawn = len(NETWORKS) * (6 + 3 * 5) + 3 * (6 + 5)
    assert sum(len(axes.patches) for axes in figure.axes) == drawn
    # A format has one colour in all of them: INT8 is the fifth.
    last, first = figure.axes[3].patches[-1], figure.axes[0].patches[4 * 8]
    assert last.get_facecolor() == first.get_facecolor()
    draw({"claims": found, "fig8": []}, tmp_path)
    assert not list(tmp_path.iterdir())
