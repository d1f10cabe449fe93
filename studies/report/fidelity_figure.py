"""Picture of the fidelity of a network, layer by layer: nothing is computed here."""

from __future__ import annotations

import math
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mirage_core.fidelity.layers import ProductFidelity

_KINDS = ("forward", "dx", "dw")
_RATIOS = (
    ("quantised_sqnr_db", "format alone", "#b7d3e8"),
    ("sqnr_db", "on the machine", "#1b6ca8"),
)
_ERRORS = (
    ("random_errors", "random", "#f2a541"),
    ("persistent_errors", "persistent", "#a83232"),
    ("dropped", "dropped integers", "0.3"),
)
_WIDTH = 0.27


def fidelity_figure(title: str, rows: Sequence[ProductFidelity]) -> Figure:
    """Signal to error, cosine to the FP32 network and errors: a column for each kind of product."""
    layers = list(dict.fromkeys(row.layer for row in rows))
    width = 2.2 + 3 * max(2.4, 0.55 * len(layers))
    figure = Figure(figsize=(width, 6.4), layout="constrained")
    grid = figure.subplots(3, len(_KINDS), sharex=True, sharey="row", squeeze=False)
    for (ratios, cosines, errors), kind in zip(grid.T, _KINDS, strict=True):
        found = {row.layer: row for row in rows if row.kind == kind}
        _bars(ratios, layers, found, _RATIOS)
        near = [None if found.get(n) is None else found[n].cosine for n in layers]
        cosines.plot([math.nan if c is None else c for c in near], marker="o", color="#1b6ca8")
        _bars(errors, layers, found, _ERRORS)
        ratios.set_title(kind)
        errors.set_yscale("symlog", linthresh=1.0)
        errors.set_xticks(range(len(layers)), [name or "(root)" for name in layers], rotation=90)
        for axes in (ratios, cosines, errors):
            axes.set_xlabel("layer" if axes is errors else " ")
            axes.grid(axis="y", alpha=0.3)
            axes.set_axisbelow(True)
    labels = ("signal to error / dB", "cosine to FP32", "residues of one reading")
    for axes, label in zip(grid[:, 0], labels, strict=True):
        axes.set_ylabel(label)
    # Where the first layer has no product.
    for axes in (grid[0, 1], grid[2, 1]):
        axes.legend(fontsize=7, loc="upper left")
    figure.suptitle(title)
    return figure


def _bars(
    axes: Axes,
    layers: Sequence[str],
    found: dict[str, ProductFidelity],
    fields: Sequence[tuple[str, str, str]],
) -> None:
    """Bars of some fields beside each other; nothing where there is no such product."""
    for i, (field, label, colour) in enumerate(fields):
        values = [getattr(found[n], field) if n in found else math.nan for n in layers]
        shown = [v if math.isfinite(v) else math.nan for v in values]
        offset = (i - (len(fields) - 1) / 2) * _WIDTH
        places = [place + offset for place in range(len(layers))]
        axes.bar(places, shown, _WIDTH, color=colour, label=label)
