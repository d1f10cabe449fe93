"""Pictures of devices: nothing is computed here."""

from __future__ import annotations

import math
import re
import textwrap

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter, NullLocator

from studies.device_reports.curves import DeviceReport, Mark, Matrix, Panel

_COLUMNS = 3
_PANEL_INCHES = (4.3, 3.3)
_TITLE_LETTERS = 52
_FEW_DECADES = 2.0
_MANY_DECADES = 3.5
_FLAT = 1e-3


def draw(device_report: DeviceReport, title: str) -> Figure:
    """A panel for each set of curves, up to three in a row."""
    count = len(device_report.panels)
    columns = 2 if count == 4 else min(count, _COLUMNS)
    rows = math.ceil(count / columns)
    size = (_PANEL_INCHES[0] * columns, _PANEL_INCHES[1] * rows + 0.4)
    with mpl.rc_context({"font.size": 9}):
        layout = ConstrainedLayoutEngine(w_pad=0.12, h_pad=0.08)
        figure = Figure(figsize=size, layout=layout)
        grid = list(figure.subplots(rows, columns, squeeze=False).flat)
        for axes, panel in zip(grid, device_report.panels, strict=False):
            if isinstance(panel, Matrix):
                _map(figure, axes, panel)
            else:
                _curves(axes, panel)
        for axes in grid[count:]:
            axes.set_axis_off()
        plain = re.sub(r"[`*]", "", title)
        figure.suptitle(textwrap.fill(plain, _TITLE_LETTERS * columns), fontsize=10)
    return figure


def _curves(axes: Axes, panel: Panel) -> None:
    own = [label for label in panel.curves if label not in panel.same_colour]
    for label, values in panel.curves.items():
        axes.plot(
            panel.x,
            values,
            label=label,
            color=f"C{own.index(panel.same_colour.get(label, label))}",
            drawstyle="steps-mid" if panel.steps else "default",
            linestyle="--" if label in panel.dashed else "-",
            linewidth=1.3,
        )
    if panel.points is not None:
        axes.plot(*panel.points, "o", markersize=3.5, color="black", label="table")
    colours = iter(f"C{len(own) + n}" for n in range(len(panel.marks)))
    colour = ""
    for mark in panel.marks:
        colour = next(colours) if mark.label else colour
        _mark(axes, mark, colour)
    axes.set(
        xlabel=panel.x_label,
        ylabel=panel.y_label,
        xscale="log" if panel.x_log else "linear",
        yscale="log" if panel.y_log else "linear",
    )
    axes.set_title(panel.title, fontsize=9)
    axes.grid(alpha=0.3)
    axes.margins(x=0.02)
    _scale(axes, panel)
    if len(panel.curves) > 1 or panel.marks or panel.points:
        axes.legend(fontsize=7.5, framealpha=0.85)


def _scale(axes: Axes, panel: Panel) -> None:
    """Ticks without overlap, and no magnified rounding error where nothing changes."""
    for name, axis, log in (("x", axes.xaxis, panel.x_log), ("y", axes.yaxis, panel.y_log)):
        if log:
            _log_ticks(axis)
        elif name in panel.whole:
            axis.set_major_locator(MaxNLocator(integer=True))
    low, high = axes.dataLim.intervaly
    size = max(abs(low), abs(high))
    if not panel.y_log and high - low <= _FLAT * size:
        axes.set_ylim(*sorted((0.0, 1.4 * (high or 1.0))) if size else (-1.0, 1.0))


def _log_ticks(axis: Axis) -> None:
    low, high = axis.get_view_interval()
    if math.log10(high / low) < _FEW_DECADES:
        axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    if math.log10(high / low) > _MANY_DECADES:
        axis.set_minor_locator(NullLocator())
    axis.set_minor_formatter(NullFormatter())


def _mark(axes: Axes, mark: Mark, colour: str) -> None:
    line = axes.axvline if mark.axis == "x" else axes.axhline
    line(mark.value, label=mark.label or None, color=colour, linestyle=":", linewidth=1.3)


def _map(figure: Figure, axes: Axes, panel: Matrix) -> None:
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(integer=True))
    image = axes.imshow(panel.values.numpy(), cmap="viridis")
    figure.colorbar(image, ax=axes, label=panel.value_label, shrink=0.9)
    axes.set(xlabel=panel.x_label, ylabel=panel.y_label)
    axes.set_title(panel.title, fontsize=9)
