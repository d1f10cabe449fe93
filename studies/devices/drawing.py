"""Pictures of devices: nothing is computed here."""

from __future__ import annotations

import math

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from studies.devices.curves import Mark, Matrix, Panel, Portrait

_COLUMNS = 3
_PANEL_INCHES = (4.3, 3.3)


def draw(portrait: Portrait, title: str) -> Figure:
    """A panel for each set of curves, up to three in a row."""
    count = len(portrait.panels)
    columns = 2 if count == 4 else min(count, _COLUMNS)
    rows = math.ceil(count / columns)
    size = (_PANEL_INCHES[0] * columns, _PANEL_INCHES[1] * rows + 0.4)
    with mpl.rc_context({"font.size": 9}):
        figure = Figure(figsize=size, layout="constrained")
        grid = list(figure.subplots(rows, columns, squeeze=False).flat)
        for axes, panel in zip(grid, portrait.panels, strict=False):
            if isinstance(panel, Matrix):
                _map(figure, axes, panel)
            else:
                _curves(axes, panel)
        for axes in grid[count:]:
            axes.set_axis_off()
        figure.suptitle(title, fontsize=10)
    return figure


def _curves(axes: Axes, panel: Panel) -> None:
    for label, values in panel.curves.items():
        axes.plot(
            panel.x,
            values,
            label=label,
            drawstyle="steps-post" if panel.steps else "default",
            linestyle="--" if label in panel.dashed else "-",
            linewidth=1.3,
        )
    for number, mark in enumerate(panel.marks):
        _mark(axes, mark, f"C{len(panel.curves) + number}")
    axes.set(
        xlabel=panel.x_label,
        ylabel=panel.y_label,
        xscale="log" if panel.x_log else "linear",
        yscale="log" if panel.y_log else "linear",
    )
    axes.set_title(panel.title, fontsize=9)
    axes.grid(alpha=0.3)
    axes.margins(x=0.02)
    if len(panel.curves) > 1 or any(mark.label for mark in panel.marks):
        axes.legend(fontsize=7.5, framealpha=0.85)


def _mark(axes: Axes, mark: Mark, colour: str) -> None:
    line = axes.axvline if mark.axis == "x" else axes.axhline
    line(mark.value, label=mark.label or None, color=colour, linestyle=":", linewidth=1.3)


def _map(figure: Figure, axes: Axes, panel: Matrix) -> None:
    image = axes.imshow(panel.values.numpy(), cmap="viridis")
    figure.colorbar(image, ax=axes, label=panel.value_label, shrink=0.9)
    axes.set(xlabel=panel.x_label, ylabel=panel.y_label)
    axes.set_title(panel.title, fontsize=9)
