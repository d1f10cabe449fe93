"""Means of Fig. 8 from what Table II prints: its energies, and runtimes recomputed from its areas.

No bar of Fig. 8 is put in.  What stays of it are two constants, the two operations of a
multiply-accumulate and the 7.40 W of Mirage: a row that is met is ``fitted`` by them.
"""

from __future__ import annotations

from dataclasses import replace

from mirage_core.cost.published.counting import products
from mirage_core.cost.published.figures import NETWORKS, figures
from mirage_core.cost.published.hardware import FORMATS, PHOTONIC_MM2, equal_area
from studies.accelerator.paper_bars import mirage_s
from studies.accelerator.paper_fig8 import energy_over_mirage
from studies.accelerator.paper_rows import Row

_REASON = (
    "Table II's energy and area, runtimes recomputed, two operations of a MAC over 7.40 W of "
    "Mirage.  Tried: the energies that the bars have in Table II's place, which is a circle"
)


def mean_by_table_two(name: str, what: str) -> float:
    """Mean ``power`` or ``edp`` of a format over Mirage's at equal area, over the networks."""
    arrays = equal_area(FORMATS[name], PHOTONIC_MM2)
    total = 0.0
    for network in NETWORKS.values():
        energy = energy_over_mirage(name, network, printed=True)
        time = arrays.total_s(products(network)) / mirage_s(network)
        total += energy * time if what == "edp" else energy / time
    return total / len(NETWORKS)


def by_table_two() -> list[Row]:
    """Mean power and energy-delay of every format at equal area."""
    means, rows = figures()["fig8_iso_area_means"], []
    for what, told in (("power", "power"), ("edp", "energy-delay")):
        for place, name in enumerate(means["formats"]):
            item = f"equal area, {name}: {told} by Table II, on the mean"
            found = mean_by_table_two(name, what)
            row = Row("Fig. 8", item, "", means[what][place], found, _REASON, fitted=True)
            rows.append(replace(row, drawn=False))
    return rows
