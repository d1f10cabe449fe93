"""Picture of the table of formats: nothing is computed here."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Protocol

from matplotlib.figure import Figure


class Row(Protocol):
    """What is drawn of a format."""

    @property
    def name(self) -> str:
        """Label."""

    @property
    def snr_db(self) -> dict[str, float]:
        """By distribution."""

    @property
    def gemm_error(self) -> dict[int, float]:
        """By contracted length."""


def format_bars(rows: Sequence[Row]) -> Figure:
    """Quantisation SNR and error of products, a bar for each format and case."""
    figure = Figure(figsize=(10.5, 0.36 * len(rows) + 1.6), layout="constrained")
    snr, error = figure.subplots(1, 2, sharey=True)
    places = range(len(rows))
    for axes, field, colours in (
        (snr, "snr_db", ("#1b6ca8", "#f2a541")),
        (error, "gemm_error", ("#b7d3e8", "#5b9bc8", "#1b4f72")),
    ):
        cases = list(getattr(rows[0], field))
        height = 0.8 / len(cases)
        for i, (case, colour) in enumerate(zip(cases, colours, strict=True)):
            values = [getattr(row, field)[case] for row in rows]
            shown = [v if math.isfinite(v) else math.nan for v in values]
            label = f"K = {case}" if field == "gemm_error" else str(case)
            offset = (i - (len(cases) - 1) / 2) * height
            axes.barh([p + offset for p in places], shown, height, color=colour, label=label)
        axes.grid(axis="x", alpha=0.3)
        axes.set_axisbelow(True)
        # Above the panel: bars may be anywhere in it.
        axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=len(cases), fontsize=8)
    snr.set(xlabel="quantisation SNR of an operand / dB", yticks=list(places))
    snr.set_yticklabels([row.name for row in rows], fontsize=8)
    for place, row in zip(places, rows, strict=True):
        if math.isinf(row.snr_db[next(iter(row.snr_db))]):
            snr.text(0.5, place, "exact", va="center", fontsize=8)
    snr.set_ylim(len(rows) - 0.5, -0.5)
    error.set(xlabel="relative RMS error of a Gaussian product", xscale="log", xlim=(1e-8, 1))
    return figure
