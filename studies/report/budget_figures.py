"""Pictures of the phase budget and of calibration."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from numpy.typing import NDArray


def budget_waterfall(
    rows: Sequence[tuple[str, float, str]], half_cell_mrad: float, title: str = ""
) -> Figure:
    """Contributions to the phase error, added up in quadrature from top to bottom.

    Args:
        rows: name, rms in mrad and kind (such as ``random`` or ``static``) of each contribution.
        half_cell_mrad: distance of a level from the edge of its cell, π/m.
        title: of the figure.
    """
    kinds = list(dict.fromkeys(kind for _, _, kind in rows))
    before = np.sqrt(np.cumsum([0.0, *(rms**2 for _, rms, _ in rows)]))
    height = 1.5 + 0.28 * (len(rows) + 1)
    figure = Figure(figsize=(8.0, height), layout="constrained")
    axes = figure.subplots()
    reach = 1.3 * max(half_cell_mrad, float(before[-1]))
    for i, (_, rms, kind) in enumerate(rows):
        color = f"C{kinds.index(kind)}"
        axes.barh(i, before[i + 1] - before[i], left=before[i], color=color, height=0.7)
        if i:
            axes.plot([before[i]] * 2, [i - 1.35, i + 0.35], color="0.6", linewidth=0.7)
        axes.text(before[i + 1] + 0.008 * reach, i, f"{rms:.3g}", va="center", fontsize=8)
    total = float(before[-1])
    axes.barh(len(rows), total, color="0.4", height=0.7)
    axes.text(total + 0.008 * reach, len(rows), f"{total:.3g}", va="center", fontsize=8)
    axes.axvline(half_cell_mrad, color="black", linewidth=1.2, linestyle="--")
    beside, label = half_cell_mrad - 0.005 * reach, f"half cell {half_cell_mrad:.1f} mrad"
    axes.text(beside, len(rows) / 2, label, rotation=90, ha="right", va="center", fontsize=8)
    axes.set_yticks(range(len(rows) + 1), [*(name for name, _, _ in rows), "total"])
    axes.invert_yaxis()
    axes.set(xlim=(0, reach), xlabel="rms phase error, in quadrature / mrad (own rms beside)")
    legend = [Patch(color=f"C{i}", label=kind) for i, kind in enumerate(kinds)]
    figure.legend(handles=legend, loc="outside right upper", fontsize=8)
    if title:
        figure.suptitle(title)
    return figure


def calibration_before_after(
    before_rad: NDArray[np.float64], after_rad: NDArray[np.float64], modulus: int
) -> Figure:
    """Systematic phase errors of a chip as fabricated and as calibrated, beside the half cell.

    Args:
        before_rad: phase errors of the raw chip, any shape, wrapped to ±π.
        after_rad: the same of the calibrated one.
        modulus: m.
    """
    half_cell = 1e3 * math.pi / modulus
    figure = Figure(figsize=(8.6, 3.4), layout="constrained")
    for axes, name, phase in zip(
        figure.subplots(1, 2), ("as fabricated", "calibrated"), (before_rad, after_rad), strict=True
    ):
        values = 1e3 * np.asarray(phase, dtype=np.float64).ravel()
        reach = max(1.2 * half_cell, 1.05 * float(np.abs(values).max()))
        axes.axvspan(-half_cell, half_cell, color="0.9", zorder=0, label="right decision")
        axes.hist(values, bins=np.linspace(-reach, reach, 101), color="C0", histtype="stepfilled")
        rms, beyond = float(np.sqrt(np.mean(values**2))), float((np.abs(values) > half_cell).mean())
        axes.set(xlim=(-reach, reach), xlabel="phase error / mrad", ylabel="readouts")
        axes.set_title(f"{name}: rms {rms:,.1f} mrad, {100 * beyond:.3g} % beyond", fontsize=9)
        axes.legend(fontsize=8, loc="upper right")
    figure.suptitle(f"Phase without noise against the half cell of m = {modulus}")
    return figure


def digits_before_after(
    before_rad: NDArray[np.float64],
    after_rad: NDArray[np.float64],
    expected_rad: float,
    modulus: int,
) -> Figure:
    """Static phases of digits as fabricated and as calibrated.

    Args:
        before_rad: what a bit adds beyond its design on the raw chip, any shape.
        after_rad: the same on the calibrated one.
        expected_rad: rms that the controller expects to have left.
        modulus: m.
    """
    figure = Figure(figsize=(8.6, 3.4), layout="constrained")
    left, right = figure.subplots(1, 2)
    for axes, name, phase in (
        (left, "as fabricated", before_rad),
        (right, "calibrated", after_rad),
    ):
        values = 1e3 * np.asarray(phase, dtype=np.float64).ravel()
        rms = float(np.sqrt(np.mean(values**2)))
        axes.hist(values, bins=101, density=True, color="C0", histtype="stepfilled")
        axes.set(xlabel="phase of a digit / mrad", ylabel="share per mrad")
        axes.set_title(f"{name}: {values.size:,} digits, rms {rms:.3g} mrad", fontsize=9)
    sigma = 1e3 * expected_rad
    at = np.linspace(-4.5 * sigma, 4.5 * sigma, 200)
    law = np.exp(-0.5 * (at / sigma) ** 2) / (sigma * math.sqrt(2.0 * math.pi))
    right.plot(at, law, color="black", linewidth=1.0, label=f"expected: {sigma:.3g} mrad")
    right.legend(fontsize=8)
    figure.suptitle(f"What a bit adds beyond its design, m = {modulus}")
    return figure
