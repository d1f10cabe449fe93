"""The paper's figures with both drawn: published as bars or lines, recomputed as marks on them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from studies.accelerator.paper_rows import Row
from studies.report.figures import save

# Values further apart than this take a logarithmic axis.
_WIDE = 50.0
_LONGEST = 40


def draw(found: Mapping[str, Sequence[Row]], out: Path) -> None:
    """One picture for each part that has numbers of its own."""
    for name, rows in found.items():
        both = [row for row in rows if row.recomputed is not None]
        if both:
            save(beside(both), out / f"{name}.png")


def beside(rows: Sequence[Row]) -> Figure:
    """Panels as the paper has them, published and recomputed, places along the axis."""
    panels: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        panels.setdefault((row.panel or row.table, row.unit), []).append(row)
    figure = Figure(figsize=(9.0, 3.2 * len(panels)), layout="constrained")
    grid = figure.subplots(len(panels), 1, squeeze=False)[:, 0]
    for axes, ((panel, unit), listed) in zip(grid, panels.items(), strict=True):
        _panel(axes, listed)
        axes.set(title=panel, ylabel=unit)
        axes.grid(alpha=0.3, axis="y")
    figure.suptitle("published: bars and lines; recomputed: black marks", fontsize=8)
    return figure


def _panel(axes: Axes, rows: Sequence[Row]) -> None:
    places = list(dict.fromkeys(row.place or row.item for row in rows))
    names = list(dict.fromkeys(row.series for row in rows))
    numeric = len(names) > 1 and all(place.isdecimal() for place in places)
    width = 0.8 / len(names)
    for i, name in enumerate(names):
        own = [row for row in rows if row.series == name]
        shift = 0.0 if numeric else (i - (len(names) - 1) / 2) * width
        at = [places.index(row.place or row.item) + shift for row in own]
        published = [row.published for row in own]
        if numeric:
            axes.plot(at, published, color=f"C{i}", label=name)
        else:
            axes.bar(at, published, width, color=f"C{i}", alpha=0.5, label=name)
        found = [row.recomputed or 0.0 for row in own]
        axes.plot(at, found, "k." if numeric else "k_", markersize=4)
    values = [v for row in rows for v in (row.published, row.recomputed or 0.0) if v > 0.0]
    if max(values) > _WIDE * min(values):
        axes.set_yscale("log")
    elif numeric:
        axes.set_ylim(0.9 * min(values), 1.02 * max(values))
    long = max(map(len, places)) > _LONGEST / len(places)
    angle = 30.0 if long else 0.0
    axes.set_xticks(range(len(places)), places, fontsize=6)
    axes.tick_params(axis="x", rotation=angle)
    if len(names) > 1:
        axes.legend(fontsize=6, ncols=3)
