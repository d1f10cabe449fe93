"""Pictures of the campaign: nothing is computed here but the bars of what was counted."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import ArrayLike, NDArray
from scipy.stats import binomtest

_MARKERS = "osv^D"


@dataclass(frozen=True)
class RatePoint:
    """Errors counted at one operating point.

    Attributes:
        fidelity: which model was read.
        snr_db: signal to noise γ.
        readouts: of each modulus.
        errors: by modulus.
        theory: expected symbol error rate by modulus.
    """

    fidelity: str
    snr_db: float
    readouts: int
    errors: dict[int, int]
    theory: dict[int, float]

    def rate(self, modulus: int) -> float:
        """Errors per readout."""
        return self.errors[modulus] / self.readouts

    def interval(self, modulus: int, level: float = 0.95) -> tuple[float, float]:
        """Interval of Clopper and Pearson for the error rate."""
        found = binomtest(self.errors[modulus], self.readouts).proportion_ci(level, method="exact")
        return float(found.low), float(found.high)


Curve = tuple[ArrayLike, ArrayLike]
"""Abscissae and ordinates of a theoretical curve."""

Phases = Mapping[str, NDArray[np.float64]]
"""Phase errors in rad, by fidelity."""


def error_rate_curves(
    source: str, points: Sequence[RatePoint], curves: Mapping[int, Curve]
) -> Figure:
    """Error rate against signal to noise with theory, and the ratio of the two.

    Args:
        source: of the noise.
        points: what was counted.
        curves: by modulus, signal to noise in dB and error rate of theory.
    """
    figure = Figure(figsize=(9.6, 4.2), layout="constrained")
    rate, ratio = figure.subplots(1, 2)
    fidelities = list(dict.fromkeys(p.fidelity for p in points))
    for i, (modulus, curve) in enumerate(curves.items()):
        rate.plot(*curve, color=f"C{i}", linewidth=1, label=f"theory, m = {modulus}")
        for j, fidelity in enumerate(fidelities):
            chosen = [p for p in points if p.fidelity == fidelity and p.errors[modulus]]
            shift = 0.3 * (i - (len(curves) - 1) / 2) + 0.13 * (j - (len(fidelities) - 1) / 2)
            _rate_bars(rate, chosen, modulus, f"C{i}", j)
            _rate_bars(ratio, chosen, modulus, f"C{i}", j, shift, relative=True)
    marks = [
        Line2D([], [], color="0.4", marker=_MARKERS[j], linestyle="", markerfacecolor="none")
        for j in range(len(fidelities))
    ]
    handles, labels = rate.get_legend_handles_labels()
    rate.legend([*handles, *marks], [*labels, *fidelities], fontsize=8)
    rate.set(yscale="log", ylabel="symbol error rate")
    ratio.axhline(1.0, color="0.5", linewidth=0.8)
    ratio.set(ylabel="counted / theory (bars: 95 %, Clopper-Pearson)")
    for axes in (rate, ratio):
        axes.set_xlabel("γ = A²/2σ² / dB")
        axes.grid(alpha=0.3)
    figure.suptitle(f"Symbol errors, one source of noise: {source}")
    return figure


def _rate_bars(
    axes: Axes,
    points: Sequence[RatePoint],
    modulus: int,
    color: str,
    marker: int,
    shift_db: float = 0.0,
    relative: bool = False,
) -> None:
    scale = [p.theory[modulus] if relative else 1.0 for p in points]
    middle = [p.rate(modulus) / s for p, s in zip(points, scale, strict=True)]
    edges = [p.interval(modulus) for p in points]
    low = [m - e[0] / s for m, e, s in zip(middle, edges, scale, strict=True)]
    high = [e[1] / s - m for m, e, s in zip(middle, edges, scale, strict=True)]
    axes.errorbar(
        [p.snr_db + shift_db for p in points],
        middle,
        yerr=[low, high],
        color=color,
        marker=_MARKERS[marker],
        markerfacecolor="none",
        markersize=5,
        linestyle="",
        capsize=2,
        linewidth=0.9,
    )


def phase_histograms(
    phases: Mapping[int, Phases], densities: Mapping[int, Curve], title: str
) -> Figure:
    """Phase errors between the edges of decision cells, on a logarithmic scale.

    Args:
        phases: by modulus and fidelity.
        densities: by modulus, phase error in mrad and probability per mrad of theory.
        title: of the figure.
    """
    figure = Figure(figsize=(3.4 * len(phases), 3.8), layout="constrained")
    row = figure.subplots(1, len(phases), squeeze=False)[0]
    for axes, (modulus, by_fidelity) in zip(row, phases.items(), strict=True):
        cell = 2000.0 * math.pi / modulus
        bins = np.linspace(-2.5 * cell, 2.5 * cell, 126)
        _cells(axes, cell)
        for i, (name, phase) in enumerate(by_fidelity.items()):
            _steps(axes, 1e3 * phase, bins, f"C{i}", name)
        largest = float(np.max(densities[modulus][1]))
        least = min(1.0 / (len(p) * (bins[1] - bins[0])) for p in by_fidelity.values())
        axes.plot(*densities[modulus], color="black", linewidth=0.8, label="theory")
        axes.set(yscale="log", xlim=(bins[0], bins[-1]), ylim=(0.4 * least, 20.0 * largest))
        axes.set(xlabel="phase error / mrad", title=f"m = {modulus}")
    row[0].set_ylabel("probability per mrad")
    row[0].legend(fontsize=7, loc="lower center")
    figure.suptitle(f"{title}; bands: decision cells, by how many residues they are off")
    return figure


def _cells(axes: Axes, cell: float) -> None:
    """Shade every other cell, and write its slip above."""
    for k in range(-2, 3):
        if k % 2 == 0:
            axes.axvspan((k - 0.5) * cell, (k + 0.5) * cell, color="0.93", zorder=0)
        label = "right" if k == 0 else f"{k:+d}".replace("-", "−")
        axes.text(
            k * cell, 0.97, label, transform=axes.get_xaxis_transform(), ha="center", va="top",
            fontsize=8,
        )  # fmt: skip


def _steps(
    axes: Axes, values: NDArray[np.float64], bins: NDArray[np.float64], color: str, name: str
) -> None:
    counts, _ = np.histogram(values, bins)
    density = counts / (len(values) * np.diff(bins))
    axes.stairs(np.where(counts > 0, density, np.nan), bins, color=color, label=name, baseline=None)


def phase_agreement(phases: Mapping[int, Phases], reference: str, title: str) -> Figure:
    """Phase of every fidelity over that of the reference, and the difference of their quantiles."""
    figure = Figure(figsize=(3.4 * len(phases), 5.4), layout="constrained")
    grid = figure.subplots(2, len(phases), squeeze=False, height_ratios=(3, 2))
    for (top, low), (modulus, by_fidelity) in zip(grid.T, phases.items(), strict=True):
        reach = 1e3 * float(np.quantile(np.abs(by_fidelity[reference]), 0.9999))
        bins = np.linspace(-reach, reach, 81)
        share = np.linspace(0.005, 0.995, 199)
        truth = 1e3 * np.quantile(by_fidelity[reference], share)
        for i, (name, phase) in enumerate(by_fidelity.items()):
            _steps(top, 1e3 * phase, bins, f"C{i}", name)
            if name != reference:
                low.plot(truth, 1e3 * np.quantile(phase, share) - truth, color=f"C{i}", label=name)
        for edge in (-1e3 * math.pi / modulus, 1e3 * math.pi / modulus):
            if abs(edge) < reach:
                top.axvline(edge, color="0.5", linewidth=0.8, linestyle="--")
        low.axhline(0.0, color="0.5", linewidth=0.8)
        top.set(yscale="log", title=f"m = {modulus}", xlabel="phase error / mrad")
        low.set(xlabel=f"quantile of {reference} / mrad")
        low.grid(alpha=0.3)
    grid[0][0].set_ylabel("probability per mrad")
    grid[1][0].set_ylabel(f"quantile less that\nof {reference} / mrad")
    grid[0][0].legend(fontsize=8, loc="lower center")
    figure.suptitle(f"{title}; dashed: edges of the cell")
    return figure


def confusion(counts: Mapping[int, Mapping[str, Sequence[int]]], title: str) -> Figure:
    """Readouts by how many residues they are off, fidelities side by side.

    Args:
        counts: by modulus and fidelity, readouts at slips of at most -2, -1, 0, 1, at least 2.
        title: of the figure.
    """
    figure = Figure(figsize=(3.4 * len(counts), 3.6), layout="constrained")
    row = figure.subplots(1, len(counts), squeeze=False)[0]
    for axes, (modulus, by_fidelity) in zip(row, counts.items(), strict=True):
        width = 0.8 / len(by_fidelity)
        for i, (name, found) in enumerate(by_fidelity.items()):
            places = [k + (i + 0.5) * width - 0.4 for k in range(5)]
            axes.bar(places, found, width, color=f"C{i}", label=name)
        axes.set(yscale="log", title=f"m = {modulus}", xlabel="decided less sent residue")
        axes.set_ylim(bottom=0.5)
        axes.set_xticks(range(5), ["≤ −2", "−1", "0", "+1", "≥ +2"])
    row[0].set_ylabel("readouts")
    row[0].legend(fontsize=8)
    figure.suptitle(title)
    return figure
