"""Counterparts as figures: published differences as grey bands, ours as points with intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from studies.counterparts.counterpart import POINT, Counterpart
from studies.report.figures import save

_HALF = 0.4
# A single published value is drawn as a band of this height, points.
_THIN = 0.1
# Below so many points all is lost, and how much more no longer counts.
_LEAST = -20.0


def draw(found: Mapping[str, Sequence[Counterpart]], out: Path) -> None:
    """One picture for each part that has rows."""
    for name, rows in found.items():
        if rows:
            save(beside(rows), out / f"{name}.png")


def beside(rows: Sequence[Counterpart]) -> Figure:
    """A panel for each network, formats along its axis."""
    networks = list(dict.fromkeys(row.network for row in rows))
    figure = Figure(figsize=(7.5, 2.9 * len(networks) + 0.5), layout="constrained")
    panels = figure.subplots(len(networks), 1, squeeze=False).flat
    for axes, network in zip(panels, networks, strict=True):
        _panel(axes, [row for row in rows if row.network == network])
        axes.set(title=network, ylabel="against FP32 / points")
    figure.suptitle(
        "grey: published, other networks and data; points: here, with intervals of 95 %; "
        "dashed: a point below FP32",
        fontsize=8,
    )
    return figure


def _panel(axes: Axes, rows: Sequence[Counterpart]) -> None:
    for at, row in enumerate(rows):
        if row.published is not None:
            low, high = row.published.low, row.published.high
            height = max(high - low, _THIN)
            axes.bar(at, height, 2 * _HALF, (low + high - height) / 2, color="0.75")
        ends = [[row.value - row.found.low], [row.found.high - row.value]]
        axes.errorbar(at, row.value, ends, fmt="o", color="C0", markersize=4, capsize=3)
    axes.axhline(0.0, color="0.4", linewidth=0.8)
    axes.axhline(-POINT, color="0.4", linewidth=0.8, linestyle="--")
    values = [v for r in rows for v in (r.found.low, r.found.high, *_published(r))]
    axes.set_ylim(max(min(values) - 1.0, _LEAST), max(values) + 1.0)
    axes.set_xticks(range(len(rows)), [row.item for row in rows], fontsize=7)
    for label in axes.get_xticklabels():
        label.set(rotation=25.0, ha="right", rotation_mode="anchor")
    axes.grid(alpha=0.3, axis="y")


def _published(row: Counterpart) -> tuple[float, ...]:
    return () if row.published is None else (row.published.low, row.published.high)
