"""Power and energy-delay of Fig. 8, and the rule that they follow.

The energy rule of Fig. 8, as its bars have it: energy of a format is twice its multiply-accumulates
times its energy for one, that of Mirage a constant power times its runtime.  Energy-delay products
over runtimes stand in the same proportion for all seven networks, whatever the number of arrays, so
that the power of arrays times their runtime is not the rule; the factor of two is what the means
of all formats but FMAC ask for.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from mirage_core.cost.published.counting import BATCH, PAPER, products
from mirage_core.cost.published.figures import NETWORKS, figures
from mirage_core.cost.published.hardware import (
    AREA_MM2,
    DRAWN_POWER_W,
    FORMATS,
    MIRAGE,
    OPERATIONS_PER_MAC,
)
from studies.accelerator.paper_bars import mirage_s
from studies.accelerator.paper_rows import Row


@cache
def implied_energy_j() -> dict[str, float]:
    """Energy of a multiply-accumulate by Fig. 8's bars, that of INT12 being as printed."""
    edp, runtime = figures()["fig8_iso_area_edp"], figures()["fig8_iso_area_runtime"]
    ratios: dict[str, float] = {}
    for place, name in enumerate(edp["formats"]):
        int12 = edp["formats"].index("INT12")
        each = [
            (edp[n][place] / runtime[n][place]) / (edp[n][int12] / runtime[n][int12])
            for n in NETWORKS
        ]
        ratios[name] = FORMATS["INT12"].energy_j * sum(each) / len(each)
    return ratios


@cache
def drawn_powers_w(batch: int = BATCH) -> dict[str, float]:
    """Power of Mirage that the bars have, network by network, by INT12's.

    Args:
        batch: samples of the step that takes the energy; runtimes are drawn for 256.
    """
    edp, runtime = figures()["fig8_iso_area_edp"], figures()["fig8_iso_area_runtime"]
    place = edp["formats"].index("INT12")
    found = {}
    for network, ours in NETWORKS.items():
        macs = sum(product.macs for product in products(ours))
        of_format_j = OPERATIONS_PER_MAC * macs * FORMATS["INT12"].energy_j
        energy_j = of_format_j * runtime[network][place] / edp[network][place]
        step_s = MIRAGE.total_s(products(ours, PAPER, batch)) * BATCH / batch
        found[network] = energy_j / step_s
    return found


def _tried() -> str:
    """What was tried for the power of Mirage from network to network."""
    drawn, small = drawn_powers_w().values(), drawn_powers_w(4).values()
    return (
        "two operations of a MAC at the energy that the bars imply for one, over 7.40 W of Mirage "
        "all the time, runtimes as drawn.  Means over networks come out so; from network to "
        f"network the bars have Mirage at {min(drawn):.1f} to {max(drawn):.1f} W, for all formats "
        "alike.  Tried: every count of bytes, symbols, loads and outputs of the trace, "
        "utilisation, and means over layers; energies of steps of 4 samples would leave "
        f"{min(small):.1f} to {max(small):.1f} W"
    )


_MEAN = (
    "mean over networks of two operations of a MAC at the energy that the same bars have, over "
    "7.40 W of Mirage, runtimes as drawn: one scale for all, and a circle"
)


def energy_over_mirage(name: str, network: str, *, printed: bool = False) -> float:
    """Energy of a format's multipliers over Mirage's, by the rule of Fig. 8.

    Args:
        name: of the format.
        network: of the catalogue.
        printed: with Table II's energy; otherwise with the one that Fig. 8's bars have.
    """
    each_j = FORMATS[name].energy_j
    if not printed:
        each_j = implied_energy_j().get(name, each_j)
    macs = sum(product.macs for product in products(network))
    of_format_j = OPERATIONS_PER_MAC * macs * each_j
    return of_format_j / (DRAWN_POWER_W * mirage_s(network))


def fig8_energy() -> list[Row]:
    """Power and energy-delay products, network by network where they are drawn, and means."""
    rows = []
    for what, key in (("energy-delay", "edp"), ("power", "power")):
        rows += _means("energy", what, key)
        rows += _by_network(what, key)
        rows += _means("area", what, key)
    return [*rows, *_other_reading()]


def _by_network(what: str, key: str) -> list[Row]:
    """Power or energy-delay of every format and network at equal area."""
    drawn, runtime = figures()[f"fig8_iso_area_{key}"], figures()["fig8_iso_area_runtime"]
    rows = []
    for place, name in enumerate(drawn["formats"]):
        for network, ours in NETWORKS.items():
            ratio, time = energy_over_mirage(name, ours), runtime[network][place]
            found = ratio / time if key == "power" else ratio * time
            item = f"equal area, {name}, {network}: {what} over Mirage"
            row = Row("Fig. 8", item, "", drawn[network][place], found, _tried(), fitted=True)
            rows.append(replace(row, panel=_panel(what, "area"), place=network, series=name))
    return rows


def _means(rule: str, what: str, key: str) -> list[Row]:
    """Mean power or energy-delay of every format at equal area or equal energy."""
    drawn, runtime = figures()[f"fig8_iso_{rule}_means"], figures()[f"fig8_iso_{rule}_runtime"]
    rows = []
    for place, name in enumerate(drawn["formats"]):
        ratios = [
            (energy_over_mirage(name, ours), runtime[network][place])
            for network, ours in NETWORKS.items()
        ]
        why = _MEAN
        if name == "FMAC":
            why += "; 0.126 pJ would do, Table II prints 0.11, and 410 rows are 0.113"
        each = [energy / time if key == "power" else energy * time for energy, time in ratios]
        item = f"equal {rule}, {name}: mean {what} over Mirage"
        value = sum(each) / len(each)
        row = Row("Fig. 8", item, "", drawn[key][place], value, why, fitted=True)
        rows.append(replace(row, panel=_panel(what, rule), place="mean", series=name))
    return rows


def _panel(what: str, rule: str) -> str:
    return f"Fig. 8: {what} over Mirage, equal {rule}"


def _other_reading() -> list[Row]:
    """Means by another reading of the same bars, which fits two of the formats."""
    means, energy = figures()["fig8_iso_area_means"], figures()["fig8_iso_energy_means"]
    power_w = 7.27
    fp32 = FORMATS["FP32"]
    assert fp32.area_mm2 is not None
    arrays = int(AREA_MM2 / (512 * fp32.area_mm2))
    drawn_w = arrays * 512 * fp32.energy_j * fp32.clock_hz
    place = means["formats"].index("FP32")
    runtime = means["runtime"][place]
    fmac = energy["formats"].index("FMAC")
    why = (
        f"another reading: {arrays} arrays on both chiplets at full power all the time over "
        f"{power_w} W, runtimes as drawn; it contradicts the drawn runtimes, which 47 arrays meet "
        "network by network"
    )
    of_fmac = f"power of FMAC as drawn, from which the {power_w} W come: a circle"
    squared = energy["runtime"][fmac] ** 2 * energy["power"][fmac]
    return [
        Row("Fig. 8", "equal area, FP32: mean power, other reading", "",
            means["power"][place], drawn_w / power_w, why, fitted=True, drawn=False),
        Row("Fig. 8", "equal area, FP32: mean energy-delay, other reading", "",
            means["edp"][place], drawn_w / power_w * runtime**2, why, fitted=True, drawn=False),
        Row("Fig. 8", "equal energy, FMAC: mean energy-delay, other reading", "",
            energy["edp"][fmac], squared, of_fmac, fitted=True, drawn=False),
    ]  # fmt: skip
