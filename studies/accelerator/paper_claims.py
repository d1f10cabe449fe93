"""What the paper claims in its text, without a table."""

from __future__ import annotations

import math
from collections.abc import Iterable

from mirage_core.cost.published.counting import products
from mirage_core.cost.published.figures import NETWORKS, figures
from mirage_core.cost.published.hardware import (
    FORMATS,
    MIRAGE,
    PEAK_POWER_W,
    PHOTONIC_MM2,
    POWER_SHARES,
    equal_area,
    equal_energy,
)
from mirage_core.cost.systolic import SystolicArrays
from studies.accelerator.paper_bars import SYSTOLIC, mirage_s
from studies.accelerator.paper_fig8 import energy_over_mirage
from studies.accelerator.paper_rows import Row
from studies.accelerator.paper_table_two import mean_by_table_two

_TEXT = "text"


def mean(values: Iterable[float]) -> float:
    """Arithmetic mean."""
    listed = list(values)
    return sum(listed) / len(listed)


def mean_runtime(arrays: SystolicArrays) -> float:
    """Runtime over Mirage's, on the mean over the seven networks."""
    return mean(arrays.total_s(products(n)) / mirage_s(n) for n in NETWORKS.values())


def gain(choice: str) -> float:
    """What a choice of dataflow saves systolic arrays over DF1, on the mean over networks."""
    return mean(
        1.0 - SYSTOLIC.total_s(products(n), choice) / SYSTOLIC.total_s(products(n), "DF1")  # type: ignore[arg-type]
        for n in NETWORKS.values()
    )


def encoding_error(multipliers: int, digits: int, rings: int, dac_bits: int) -> float:
    """Relative phase error of a row: ``√(h 2^(-2 b) + h digits rings 0.003²)``, eq. 14."""
    return math.sqrt(multipliers * 4.0**-dac_bits + multipliers * digits * rings * 0.003**2)


FIFTEEN = SystolicArrays(15, 500e6, outputs_loaded=True)
"""Arrays that take as much energy in a cycle as Table II's 0.21 pJ leaves for FMAC."""

_FMAC = (
    "two operations of a MAC at the printed 0.11 pJ, 7.40 W of Mirage; tried: 0.126 pJ would give "
    "the drawn values, and 0.113 the drawn number of rows"
)


_TABLE_TWO = (
    "Table II's energy and area, runtimes recomputed, two operations of a MAC over 7.40 W of "
    "Mirage; tried: the bars of Fig. 8 in their place, a circle"
)


def _fmac(what: str) -> float:
    """Mean energy-delay or power of FMAC over Mirage at equal energy."""
    return _mean_of("energy", "FMAC", what)


def _mean_of(rule: str, name: str, what: str) -> float:
    drawn = figures()[f"fig8_iso_{rule}_runtime"]
    place = drawn["formats"].index(name)
    ratios = [(energy_over_mirage(name, ours), drawn[n][place]) for n, ours in NETWORKS.items()]
    return mean(energy * time if what == "edp" else energy / time for energy, time in ratios)


def claims() -> list[Row]:
    """Every number of the text that says something of cost."""
    means = figures()["fig8_iso_area_means"]
    int12 = means["formats"].index("INT12")
    fmac_s = mean_runtime(equal_energy(FORMATS["FMAC"]))
    int12_s = mean_runtime(equal_area(FORMATS["INT12"], PHOTONIC_MM2))
    dac_share = POWER_SHARES["DAC and ADC"]
    return [
        Row(_TEXT, "peak throughput", "TOPS", 81.92, 2e-12 * MIRAGE.peak_macs_per_s,
            "derived from 4096 multipliers at 10 GHz"),
        Row(_TEXT, "23.8 times faster than FMAC at equal energy", "", 23.8, fmac_s,
            "7.40 W of Mirage, from the bars of other formats; one array of "
            f"{equal_energy(FORMATS['FMAC']).rows} x 16, equal energy in a cycle; "
            f"fifteen arrays of 32 x 16 would be {mean_runtime(FIFTEEN):.1f} times slower"),
        Row(_TEXT, "32.1 times lower energy-delay than FMAC", "", 32.1, _fmac("edp"), _FMAC,
            fitted=True),
        Row(_TEXT, "17.2 times the power of FMAC", "", 17.2, 1.0 / _fmac("power"), _FMAC,
            fitted=True),
        Row(_TEXT, "42.8 times lower power at equal area, FP32 by Table II", "", 42.8,
            mean_by_table_two("FP32", "power"), _TABLE_TWO, fitted=True),
        Row(_TEXT, "42.8 times lower power at equal area, FP32 by Fig. 8's bars", "", 42.8,
            _mean_of("area", "FP32", "power"),
            "a circle: 14.3 pJ for each of two operations of a MAC, which Fig. 8's energy-delay "
            "products have, 7.40 W of Mirage and runtimes as drawn", fitted=True),
        Row(_TEXT, "42.8 times lower power than INT12 at equal area", "", 42.8,
            mean_by_table_two("INT12", "power"),
            f"by Table II; the bar of INT12 says {means['power'][int12]}, and 42.8 is the bar of "
            "FP32: tried as a slip of the text, which nothing proves", fitted=True),
        Row(_TEXT, "INT12 is 5.4 times faster at equal area", "", 5.4, 1.0 / int12_s,
            f"{equal_area(FORMATS['INT12'], PHOTONIC_MM2).arrays} arrays on 234 mm²; the drawn "
            f"mean is {means['runtime'][int12]}"),
        Row(_TEXT, "1.27 times lower energy-delay than INT12, by Table II", "", 1.27,
            mean_by_table_two("INT12", "edp"), _TABLE_TWO, fitted=True),
        Row(_TEXT, "1.27 times lower energy-delay than INT12, runtimes as drawn", "", 1.27,
            _mean_of("area", "INT12", "edp"), "drawn runtimes of Fig. 8 put in, two operations of "
            "a MAC, 7.40 W of Mirage", fitted=True),
        Row(_TEXT, "OPT1 saves systolic arrays", "%", 11.7, 100 * gain("OPT1"),
            "mean over networks of the time that DF1 takes"),
        Row(_TEXT, "OPT2 saves systolic arrays", "%", 12.5, 100 * gain("OPT2"),
            "mean over networks of the time that DF1 takes"),
        Row(_TEXT, "networks for which DF1 is best on Mirage", "", 6, _best_by_weight(),
            "all but the transformer"),
        Row(_TEXT, "DACs of 8 bits over those of 6", "", 1.09,
            1.0 + 3.0 * dac_share / (1.0 - POWER_SHARES["SRAM"]),
            "a reading that was chosen to meet it: four times all of Fig. 9's DAC and ADC, ADCs "
            "too, in what is left without SRAM; with SRAM 1.03", fitted=True),
        Row(_TEXT, "length of a multiplier, modulus 33 (eq. 11)", "mm", 0.57, _length_mm(33),
            "2 V µm / 1.08 V x 512 x 2/33"),
        Row(_TEXT, "encoding error of 16 multipliers, 8 bits, over 2^-5 (eq. 14)", "", 1.0,
            encoding_error(16, 5, 2, 8) * 2**5,
            "as eq. 14 prints it, two rings for each digit; tried: one error for each digit, "
            f"{encoding_error(16, 5, 1, 8) * 2**5:.2f}, for which nothing speaks"),
        Row(_TEXT, "peak power", "W", PEAK_POWER_W, PEAK_POWER_W, "an input", printed=True),
        Row(_TEXT, "14.4 times more power-efficient than PipeLayer", "", 14.4, None,
            "the paper gives no numbers of PipeLayer"),
        Row(_TEXT, "8.8 times less area-efficient than PipeLayer", "", 8.8, None,
            "the paper gives no numbers of PipeLayer"),
    ]  # fmt: skip


def _best_by_weight() -> int:
    """Networks that are quickest with the weight sitting still."""
    listed = [products(n) for n in NETWORKS.values()]
    return sum(MIRAGE.total_s(p, "DF1") < MIRAGE.total_s(p, "DF2") for p in listed)


def _length_mm(modulus: int) -> float:
    """Shifters of a multiplier: V_π L over the bias, for the largest product (eq. 11)."""
    largest_rad = math.ceil((modulus - 1) ** 2 / 2) * 2.0 * math.pi / modulus
    return 0.002 / 1.08 * largest_rad / math.pi * 10.0
