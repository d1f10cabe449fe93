"""The paper's figures with both drawn: published as bars, recomputed as marks on them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from matplotlib.figure import Figure

from studies.accelerator.paper_rows import Row
from studies.report.figures import save

_MOST_LABELS = 60


def draw(found: Mapping[str, Sequence[Row]], out: Path) -> None:
    """One picture for each part that has numbers of its own."""
    for name, rows in found.items():
        both = [row for row in rows if row.recomputed is not None]
        if both:
            save(beside(name, both), out / f"{name}.png")


def beside(name: str, rows: Sequence[Row]) -> Figure:
    """Panels of rows of one unit and figure, each published and recomputed, in its order."""
    groups: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        kind = row.item.partition(",")[0] if name in ("fig6", "fig7", "fig8") else ""
        groups.setdefault((row.table + (f", {kind}" if kind else ""), row.unit), []).append(row)
    figure = Figure(figsize=(11.0, 3.0 * len(groups)), layout="constrained")
    grid = figure.subplots(len(groups), 1, squeeze=False)[:, 0]
    for axes, ((table, unit), listed) in zip(grid, groups.items(), strict=True):
        places = range(len(listed))
        axes.bar(places, [r.published for r in listed], color="0.8", label="published")
        marks = [r.recomputed for r in listed]
        axes.plot(places, marks, ".", color="C3", markersize=4, label="recomputed")
        values = [r.published for r in listed]
        if max(values) > 50 * min(values) > 0:
            axes.set_yscale("log")
        axes.set(title=table, ylabel=unit)
        if len(listed) <= _MOST_LABELS:
            labels = [r.item for r in listed]
            axes.set_xticks(places, labels, rotation=60, ha="right", fontsize=5)
        else:
            axes.set_xticks([])
        axes.legend(fontsize=7)
    return figure
