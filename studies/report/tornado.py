"""Picture of how much each of many causes counts, to either side."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.figure import Figure


def tornado(rows: Sequence[tuple[str, float, float]], label: str, title: str) -> Figure:
    """Bars from zero to both effects of every cause, the first one at the top.

    Args:
        rows: cause, effect of less of it and of more; what is not a number is not drawn.
        label: of the axis.
        title: of the figure.
    """
    figure = Figure(figsize=(8.6, 1.4 + 0.27 * len(rows)), layout="constrained")
    axes = figure.subplots()
    for side, (name, color) in enumerate((("less", "C0"), ("more", "C1")), start=1):
        effects = [float(row[side]) for row in rows]
        axes.barh(range(len(rows)), effects, color=color, alpha=0.75, height=0.7, label=name)
    axes.axvline(0.0, color="black", linewidth=0.8)
    axes.set_yticks(range(len(rows)), [row[0] for row in rows])
    axes.invert_yaxis()
    axes.grid(axis="x", alpha=0.3)
    axes.set(xlabel=label)
    figure.legend(loc="outside right upper", fontsize=8)
    figure.suptitle(title)
    return figure
