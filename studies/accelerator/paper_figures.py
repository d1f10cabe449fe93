"""The paper's figures with both drawn: published as bars or lines, recomputed as marks on them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from studies.accelerator.paper_rows import Row
from studies.report.figures import save

# Values further apart than this take a logarithmic axis.
_WIDE = 50.0
_LONGEST = 40
# More panels than this lie in two rows, below one another in pairs.
_COLUMN = 3
_WIDTH = 0.8


def draw(found: Mapping[str, Sequence[Row]], out: Path) -> None:
    """One picture for each part that the paper draws or tabulates; its claims are words."""
    for name in found.keys() - {"claims"}:
        both = [row for row in found[name] if row.drawn and row.recomputed is not None]
        if both:
            save(beside(both), out / f"{name}.png")


def beside(rows: Sequence[Row]) -> Figure:
    """Panels as the paper has them, published and recomputed, places along the axis."""
    panels: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        panels.setdefault((row.panel or row.table, row.unit), []).append(row)
    down = 2 if len(panels) > _COLUMN else len(panels)
    across = -(-len(panels) // down)
    figure = Figure(figsize=(6.0 * across + 4.0 / across, 3.2 * down + 0.6), layout="constrained")
    grid = figure.subplots(down, across, squeeze=False).T.flat
    series = list(dict.fromkeys(row.series for row in rows))
    named = Counter(panel for panel, _ in panels)
    for axes, ((panel, unit), listed) in zip(grid, panels.items(), strict=False):
        _panel(axes, listed, series)
        axes.set(title=panel if named[panel] == 1 else f"{panel}, {unit}", ylabel=unit)
        axes.grid(alpha=0.3, axis="y")
    _legend(figure, series)
    figure.suptitle("published: bars and lines; recomputed: black marks", fontsize=8)
    return figure


def _legend(figure: Figure, series: Sequence[str]) -> None:
    """Names of what the panels tell apart, below them all."""
    handles = {
        label: handle
        for axes in figure.axes
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True)
    }
    names = [name for name in series if name in handles]
    if len(names) > 1:
        shown = [handles[name] for name in names]
        figure.legend(shown, names, loc="outside lower center", fontsize=8, ncols=7)


def _panel(axes: Axes, rows: Sequence[Row], series: Sequence[str]) -> None:
    """One panel; series have the colour of their place among those of the figure."""
    places = list(dict.fromkeys(row.place or row.item for row in rows))
    names = [name for name in series if any(row.series == name for row in rows)]
    numeric = len(names) > 1 and all(place.isdecimal() for place in places)
    for name in names:
        own = [row for row in rows if row.series == name]
        published, colour = [row.published for row in own], f"C{series.index(name)}"
        if numeric:
            at = [float(places.index(row.place)) for row in own]
            axes.plot(at, published, color=colour, label=name)
        else:
            at = [_middle(row, rows, places, names) for row in own]
            width = _WIDTH / len(names)
            axes.bar(at, published, width, color=colour, alpha=0.5, label=name or None)
        found = [row.recomputed or 0.0 for row in own]
        axes.plot(at, found, "k." if numeric else "k_", markersize=4)
    values = [v for row in rows for v in (row.published, row.recomputed or 0.0) if v > 0.0]
    if max(values) > _WIDE * min(values):
        axes.set_yscale("log")
    elif numeric:
        axes.set_ylim(0.9 * min(values), 1.02 * max(values))
    axes.set_xticks(range(len(places)), places, fontsize=7)
    if max(map(len, places)) > _LONGEST / len(places):
        for label in axes.get_xticklabels():
            label.set(rotation=30.0, ha="right", rotation_mode="anchor")


def _middle(row: Row, rows: Sequence[Row], places: Sequence[str], names: Sequence[str]) -> float:
    """Where the bar of a row stands: those of one place stand around it."""
    place = row.place or row.item
    there = {other.series for other in rows if (other.place or other.item) == place}
    beside_it = [name for name in names if name in there]
    shift = beside_it.index(row.series) - (len(beside_it) - 1) / 2
    return places.index(place) + shift * _WIDTH / len(names)
