"""Panels of published and recomputed values."""

from __future__ import annotations

from studies.accelerator.paper_figures import beside
from studies.accelerator.paper_rows import Row


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
    assert sorted(round(p.get_height()) for p in bars.patches) == [1, 1, 1, 2, 2, 2]
    assert list(lines.get_lines()[1].get_ydata()) == [1.1, 2.1, 3.1]


def test_far_values_take_a_logarithmic_axis() -> None:
    far = [Row("Fig.", name, "W", value, value) for name, value in (("a", 1.0), ("b", 1e3))]
    (axes,) = beside(far).axes
    assert axes.get_yscale() == "log"
    assert [label.get_text() for label in axes.get_xticklabels()] == ["a", "b"]
