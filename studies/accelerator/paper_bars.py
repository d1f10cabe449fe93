"""Figures 6, 7 and 8 and Table III's rates: latency alone, from the paper's counting."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

from mirage_core.cost.published.counting import BATCH, CORRECT, PAPER, Counting, products
from mirage_core.cost.published.figures import NETWORKS, figures
from mirage_core.cost.published.hardware import (
    FORMATS,
    MIRAGE,
    PHOTONIC_MM2,
    Format,
    equal_area,
    equal_energy,
)
from mirage_core.cost.systolic import SystolicArrays
from mirage_core.networks.resnet import resnet50
from mirage_core.tracing.product import COMPUTATIONS, Product
from mirage_core.tracing.trace import trace
from studies.accelerator.paper_rows import Row

SYSTOLIC = SystolicArrays(8, 1e9, outputs_loaded=True)

_COUNTING = "the paper's counting of products; correct counting"


@cache
def mirage_s(name: str, counting: Counting = PAPER) -> float:
    """Time of a training step on the paper's machine, best dataflow of each product."""
    return MIRAGE.total_s(products(name, counting))


def fig6() -> list[Row]:
    """Use of the multipliers over rows and over units, on the mean over time, DF1."""
    rows = []
    for letter, vary, array in (
        ("a", "rows", MIRAGE.resized(units=1)),
        ("b", "units", MIRAGE),
    ):
        drawn = figures()[f"fig6{letter}_utilisation_percent_by_{vary}"]
        for network, ours in NETWORKS.items():
            for size, percent in zip(drawn[vary], drawn[network], strict=True):
                use = 100.0 * array.resized(**{vary: size}).mean_use(products(ours))
                correct = 100.0 * array.resized(**{vary: size}).mean_use(products(ours, CORRECT))
                note = f"{_COUNTING}: {correct:.1f} %"
                item = f"{network}, {size} {vary}"
                figure = f"Fig. 6({letter})"
                row = Row(
                    figure,
                    item,
                    "%",
                    percent,
                    use,
                    note,
                    panel=f"{figure}: use of the multipliers over {vary}",
                )
                rows.append(replace(row, place=str(size), series=network))
    return rows


def fig7() -> list[Row]:
    """Latencies of AlexNet, and of every network by choice of dataflow."""
    return [*_fig7a(), *_fig7b()]


def _fig7a() -> list[Row]:
    drawn, rows = figures()["fig7a_alexnet_latency_ns_batch256"], list[Row]()
    found = {
        counting: {(p.layer, p.computation): p for p in products("alexnet", counting)}
        for counting in (PAPER, CORRECT)
    }
    layers = list(dict.fromkeys(layer for layer, _ in found[PAPER]))
    for flow in ("DF1", "DF2"):
        for i, layer in enumerate(layers):
            for computation, latency_ns in zip(COMPUTATIONS, drawn[flow][i], strict=True):
                product = found[PAPER][layer, computation]
                time_us = 1e6 * MIRAGE.time_s(product, flow)
                other = found[CORRECT].get((layer, computation))
                note = f"{_COUNTING}: {_micro(other, flow)}"
                item = f"AlexNet, layer {i + 1}, {computation}, {flow}"
                row = Row("Fig. 7(a)", item, "µs", latency_ns / 1e3, time_us, note)
                series = f"{computation}, {flow}"
                panel = "Fig. 7(a): latency of AlexNet's layers"
                rows.append(replace(row, panel=panel, place=f"layer {i + 1}", series=series))
    return rows


def _micro(product: Product | None, flow: str) -> str:
    if product is None:
        return "not needed"
    return f"{1e6 * MIRAGE.time_s(product, flow):.1f} µs"  # type: ignore[arg-type]


def _fig7b() -> list[Row]:
    drawn, rows = figures()["fig7b_latency_over_DF1"], list[Row]()
    for key, label, hardware in (
        ("mirage", "Mirage", MIRAGE),
        ("systolic_1GHz", "systolic", SYSTOLIC),
    ):
        for choice, values in drawn[key].items():
            for (network, ours), value in zip(NETWORKS.items(), values, strict=True):

                def ratio(
                    counting: Counting,
                    ours: str = ours,
                    choice: str = choice,
                    of: object = hardware,
                ) -> float:
                    listed = products(ours, counting)
                    return of.total_s(listed, choice) / of.total_s(listed, "DF1")  # type: ignore[attr-defined, no-any-return]

                note = f"{_COUNTING}: {ratio(CORRECT):.3f}"
                item = f"{label}, {network}, {choice} over DF1"
                row = Row("Fig. 7(b)", item, "", value, ratio(PAPER), note)
                panel = f"Fig. 7(b): latency over DF1, {label}"
                rows.append(replace(row, panel=panel, place=network, series=choice))
    return rows


_HFP8_ENERGY = (
    "tried: Fig. 8 draws 19 rows, 2.3 pJ each, and its energy-delay products are 3.28 times those "
    "of INT12, which makes 2.33 pJ; Table II prints 1.47, digits that the area of Fig. 8's arrays "
    "has: 1.48e-3 mm²"
)
_AREAS = {
    "bfloat16": "tried: Fig. 8 draws 107 arrays, 4.27e-3 mm² each on 234; Table II prints 3.5e-3",
    "HFP8": "tried: Fig. 8 draws 308 arrays, 1.48e-3 mm² each on 234 mm²; Table II prints 1.4e-3",
}


def fig8_runtime() -> list[Row]:
    """Runtimes at equal energy and equal area, with the sizes that follow from Table II."""
    rows = []
    for key, rule, size in (
        ("fig8_iso_energy_runtime", "equal energy", equal_energy),
        ("fig8_iso_area_runtime", "equal area", lambda form: equal_area(form, PHOTONIC_MM2)),
    ):
        drawn = figures()[key]
        for place, name in enumerate(drawn["formats"]):
            arrays = size(FORMATS[name])
            ratios = []
            for network, ours in NETWORKS.items():
                ratio = arrays.total_s(products(ours)) / mirage_s(ours)
                ratios.append(ratio)
                item = f"{rule}, {name}, {network}: runtime over Mirage"
                row = _runtime(item, drawn[network][place], ratio, rule, name)
                panel = f"Fig. 8: runtime over Mirage, {rule}"
                rows.append(replace(row, panel=panel, place=network, series=name))
            means = figures()[key.replace("runtime", "means")]
            mean = sum(ratios) / len(ratios)
            item = f"{rule}, {name}: mean runtime over Mirage"
            row = _runtime(item, means["runtime"][place], mean, rule, name)
            panel = f"Fig. 8: runtime over Mirage, {rule}"
            rows.append(replace(row, panel=panel, place="mean", series=name))
    return rows


_FITTED = ("FP32", "bfloat16", "INT12", "INT8")
"""Formats whose drawn rows at equal energy the 7.40 W of Mirage are taken from."""


def _runtime(item: str, published: float, found: float, rule: str, name: str) -> Row:
    fitted = rule == "equal energy" and name in _FITTED
    return Row("Fig. 8", item, "", published, found, _why(rule, name), fitted=fitted)


def _why(rule: str, name: str) -> str:
    form: Format = FORMATS[name]
    if rule == "equal energy":
        arrays = equal_energy(form)
        size = f"one array of {arrays.rows} x 16; as drawn {form.drawn_rows} x 16"
        size += "; 7.40 W of Mirage, from the rows drawn for FP32, bfloat16, INT12 and INT8"
        return f"{size}.  {_HFP8_ENERGY}" if name == "HFP8" else size
    arrays = equal_area(form, PHOTONIC_MM2)
    size = f"{arrays.arrays} arrays of 32 x 16 on 234 mm²; as drawn {form.drawn_arrays}"
    return f"{size}.  {_AREAS[name]}" if name in _AREAS else size


@cache
def rates() -> dict[str, dict[str, float]]:
    """Samples a second of inference, batch 256, by how the network is counted."""

    def rate(found: Sequence[Product]) -> float:
        return BATCH / MIRAGE.total_s(tuple(p for p in found if p.computation == "forward"))

    import torch

    with torch.device("meta"):
        early, x = resnet50("1x1"), torch.empty(BATCH, 3, 224, 224)
    published = trace(early, [x], training=False).products
    return {
        "ResNet50": {
            "one-sided padding": rate(products("resnet50")),
            "correct padding": rate(products("resnet50", CORRECT)),
            "correct padding, strides as first published": rate(published),
        },
        "AlexNet": {
            "one-sided padding": rate(products("alexnet")),
            "correct padding": rate(products("alexnet", CORRECT)),
        },
    }


RATES = {"ResNet50": 10_474.0, "AlexNet": 64_963.0}
"""Of Table III."""


def table3_rates() -> list[Row]:
    """Inference rates, counted in every way that was tried."""
    rows = []
    for network, counted in rates().items():
        for how, rate in counted.items():
            reason = "padding on both sides makes more pixels" if how == "correct padding" else ""
            rows.append(
                Row(
                    "Table III",
                    f"{network}, {how}",
                    "samples/s",
                    RATES[network],
                    rate,
                    reason,
                    derived=True,
                )
            )
    return rows
