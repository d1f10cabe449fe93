"""Pictures of cost: energy by component, and time by layer."""

from __future__ import annotations

from collections.abc import Mapping

from matplotlib.figure import Figure

from mirage_core.cost.bill import NetworkBill
from mirage_core.tracing.product import COMPUTATIONS

_LEAST_SHARE = 1e-4


def energy_bars(bills: Mapping[str, NetworkBill], title: str) -> Figure:
    """Energy of every component with its range, side by side for each basis."""
    figure = Figure(figsize=(5.2 * len(bills), 4.0), layout="constrained")
    grid = figure.subplots(1, len(bills), squeeze=False)[0]
    for axes, (basis, bill) in zip(grid, bills.items(), strict=True):
        energies = bill.total.energy_j
        most = max(e.value for e in energies.values())
        shown = {n: e for n, e in energies.items() if e.value > _LEAST_SHARE * most}
        names = sorted(shown, key=lambda name: shown[name].value)
        values = [shown[n].value for n in names]
        spans = [
            [shown[n].value - shown[n].low for n in names],
            [shown[n].high - shown[n].value for n in names],
        ]
        axes.barh(names, values, xerr=spans, color="C0", ecolor="0.3", capsize=2)
        axes.set(xscale="log", xlabel="energy / J", title=basis)
        axes.grid(alpha=0.3, axis="x")
    figure.suptitle(title)
    return figure


def time_bars(bill: NetworkBill, title: str) -> Figure:
    """Time of every layer, its computations on top of each other."""
    layers = list(dict.fromkeys(item.product.layer for item in bill.items))
    figure = Figure(figsize=(max(6.0, 0.16 * len(layers)), 3.6), layout="constrained")
    axes = figure.subplots()
    bottom = [0.0] * len(layers)
    for i, computation in enumerate(COMPUTATIONS):
        times = [
            1e3
            * sum(
                item.bill.time_s
                for item in bill.items
                if (item.product.layer, item.product.computation) == (layer, computation)
            )
            for layer in layers
        ]
        axes.bar(layers, times, bottom=bottom, color=f"C{i}", label=computation)
        bottom = [a + b for a, b in zip(bottom, times, strict=True)]
    axes.set(ylabel="time / ms")
    axes.tick_params(axis="x", rotation=90, labelsize=6)
    axes.legend()
    figure.suptitle(title)
    return figure
