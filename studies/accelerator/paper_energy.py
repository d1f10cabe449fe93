"""Energies, powers and areas of the paper: Table II, Figs. 1(b), 5(b) and 9, Table III."""

from __future__ import annotations

from dataclasses import replace

from mirage_core.cost.conversion_parts import (
    BFP_J,
    BFP_MM2,
    FORWARD_J,
    FORWARD_MM2,
    REVERSE_J,
    REVERSE_MM2,
)
from mirage_core.cost.converter_law import adc_law_j
from mirage_core.cost.electronic_parts import ADC_MM2, AMPLIFIER_J_PER_BIT
from mirage_core.cost.optical_parts import DAC_MM2, DAC_SAMPLES_PER_S
from mirage_core.cost.published.counting import PAPER, products
from mirage_core.cost.published.figures import NETWORKS, figures
from mirage_core.cost.published.hardware import (
    AREA_MM2,
    AREA_SHARES,
    DOT_PRODUCTS_PER_S,
    DRAWN_POWER_W,
    ENERGY_PER_MAC_J,
    FORMATS,
    MIRAGE,
    MULTIPLIERS,
    PEAK_POWER_W,
    PHOTONIC_MM2,
    POWER_SHARES,
    UNITS_OF_ONE_MODULUS,
)
from studies.accelerator.paper_bars import RATES
from studies.accelerator.paper_fig8 import implied_energy_j
from studies.accelerator.paper_rows import Row

BITS = (5, 5, 6)
"""Of the converters for 31, 32 and 33."""
XU_J = 23e-3 / 24e9
"""Of a conversion of the cited converter, 6 bits."""
_FIG5B = "Fig. 5(b): energy over the length of groups, by bits of a mantissa"
SYMBOLS_PER_S = MIRAGE.units / MIRAGE.symbol_s
MACS_PER_S = MIRAGE.peak_macs_per_s


def cited_adc_j(bits: int) -> float:
    """Energy of the cited converter, scaled to other bits by the survey's law."""
    return XU_J * adc_law_j(bits) / adc_law_j(6)


def dot_product_j(bits: tuple[int, ...], converters: int) -> float:
    """Energy of what is electronic about a dot product of all moduli, laser and memory left out.

    Args:
        bits: of the converters of each modulus.
        converters: of each row: two, or one as Fig. 5(b) must have counted.
    """
    adc = converters * sum(cited_adc_j(b) for b in bits)
    amplifiers = AMPLIFIER_J_PER_BIT * sum(bits)
    sums = POWER_SHARES["accumulators"] * PEAK_POWER_W / DOT_PRODUCTS_PER_S
    return adc + amplifiers + REVERSE_J + BFP_J / MIRAGE.rows + sums


def table2() -> list[Row]:
    """Energy and area of a multiply-accumulate."""
    without_sram = (1.0 - POWER_SHARES["SRAM"]) * PEAK_POWER_W / MACS_PER_S
    restored = (
        without_sram
        + (dot_product_j(BITS, 1) - dot_product_j(BITS, 0)) * DOT_PRODUCTS_PER_S / MACS_PER_S
    )
    rows = [
        Row(
            "Table II",
            "Mirage",
            "pJ/MAC",
            1e12 * ENERGY_PER_MAC_J,
            1e12 * without_sram,
            "recomputed: Fig. 9 without SRAM over the peak rate.  Tried: with one converter of "
            f"each modulus for every row, {1e12 * restored:.3f}; Fig. 5(b) draws 0.337; the arrays "
            f"of equal energy in Fig. 8 take {1e12 * DRAWN_POWER_W / MACS_PER_S:.3f}",
        ),
        Row("Table II", "Mirage", "mm²/MAC", 0.12, AREA_MM2 / MULTIPLIERS, "476.6 mm² / 4096"),
    ]
    for name, energy_j in implied_energy_j().items():
        form, why = (
            FORMATS[name],
            "tried: what Fig. 8's energy-delay products take it for, by INT12's",
        )
        rows.append(
            Row("Table II", name, "pJ/MAC", 1e12 * form.energy_j, 1e12 * energy_j, why)
            if name != "INT12"
            else Row("Table II", name, "pJ/MAC", 0.71, 0.71, "taken as printed", printed=True)
        )
    for name, form in FORMATS.items():
        if form.area_mm2 is not None and form.drawn_arrays is not None:
            each_mm2 = PHOTONIC_MM2 / (512 * form.drawn_arrays)
            why = f"tried: {form.drawn_arrays} arrays of Fig. 8 on {PHOTONIC_MM2:.0f} mm²"
            rows.append(Row("Table II", name, "mm²/MAC", form.area_mm2, each_mm2, why))
    return rows


def fig1b() -> list[Row]:
    """Energy of converters against their bits, read off a raster picture."""
    rows = [
        Row("Fig. 1(b)", f"ADC, {bits} bits", "pJ", published, 1e12 * adc_law_j(bits), why)
        for bits, published, why in (
            (2, 0.2, "0.1 pJ b + 1 aJ 4^b"),
            (6, 0.6, "0.1 pJ b + 1 aJ 4^b"),
            (10, 2.2, "0.1 pJ b + 1 aJ 4^b; read by eye on a logarithmic axis"),
            (16, 3.7e3, "the law's second constant is known to one digit; read by eye"),
        )
    ]
    why = (
        "tried: b² C V² with the 0.5 fF and 1 V of arXiv 2309.10759; the drawn points lie on "
        "0.052 fJ b², ten times less; the cited converter takes 6.8 pJ at 6 bits"
    )
    drawn = ((2, 2e-4), (16, 1.3e-2))
    return rows + [
        Row("Fig. 1(b)", f"DAC, {b} bits", "pJ", pj, 1e12 * 0.5e-15 * b * b, why) for b, pj in drawn
    ]


# Loss of a multiplier in dB: shifters at 1.6 dB/mm, and a ring of 0.2 dB for each digit.
_SHIFTER_MM = {4: 0.279, 5: 0.575, 6: 1.167}


def multiplier_loss_db(k: int) -> float:
    """Loss of a multiplier of the largest modulus 2^k + 1: its shifters, and k + 1 rings."""
    return 1.6 * _SHIFTER_MM[k] + 0.2 * (k + 1)


def laser_j(k: int, length: int) -> float:
    """Laser energy of a dot product of all moduli, from the printed one of k = 5, length 16.

    As much light at the diodes for every level, hence in proportion to the modulus; losses by
    :func:`multiplier_loss_db`.
    """
    printed = POWER_SHARES["laser"] * PEAK_POWER_W / DOT_PRODUCTS_PER_S
    more_db = multiplier_loss_db(k) * length - multiplier_loss_db(5) * 16
    return float(printed * (2**k / 2**5) * 10.0 ** (more_db / 10.0))


def fig5b() -> list[Row]:
    """Energy of a multiply-accumulate against the group size."""
    drawn, rows = figures()["fig5b_pj_per_mac"], list[Row]()
    for mantissa, k in ((3, 4), (4, 5), (5, 6)):
        bits = (k, k, k + 1)
        for length, published in zip(drawn["group_size"], drawn[f"bm{mantissa}"], strict=True):
            if published is None:
                continue
            found = (dot_product_j(bits, 1) + laser_j(k, length)) / length
            two = (dot_product_j(bits, 2) + laser_j(k, length)) / length
            why = (
                "one converter for each row and modulus, as the drawn values at small groups have "
                f"it; with the two that Sec. IV has: {1e12 * two:.3g}.  Laser: printed at bm = 4, "
                f"g = 16, {multiplier_loss_db(k):.2f} dB a multiplier; drawn are 1.28, 2.15 and "
                "2.69 dB for k = 4, 5, 6"
            )
            item = f"{mantissa} bits, groups of {length}"
            row = Row("Fig. 5(b)", item, "pJ/MAC", published, 1e12 * found, why, fitted=True)
            panel, series = _FIG5B, f"{mantissa} bits"
            rows.append(replace(row, panel=panel, place=str(length), series=series))
    why = "Table II prints 12.42 for the same; Fig. 8 has 14.3; tried: none gives 4.60"
    line = Row("Fig. 5(b)", "FP32 line", "pJ/MAC", 4.60, 12.42, why, panel=_FIG5B, series="FP32")
    return [*rows, line]


def fig9() -> list[Row]:
    """Peak power and area by component."""
    watts = {name: share * PEAK_POWER_W for name, share in POWER_SHARES.items()}
    amplifier_w = AMPLIFIER_J_PER_BIT * sum(BITS) * DOT_PRODUCTS_PER_S
    reverse_w, forward_w = REVERSE_J * DOT_PRODUCTS_PER_S, FORWARD_J * 16 * SYMBOLS_PER_S
    converters_w = sum(cited_adc_j(b) for b in BITS) * SYMBOLS_PER_S
    honest_w = 2 * sum(cited_adc_j(b) for b in BITS) * DOT_PRODUCTS_PER_S

    def power(
        name: str, found_w: float, why: str, *, derived: bool = False, printed: bool = False
    ) -> Row:
        item = f"{name}, power"
        return Row("Fig. 9", item, "W", watts[name], found_w, why, derived, printed)

    rows = [
        power("SRAM", watts["SRAM"], "an input: no energy of an access is given", printed=True),
        power("laser", watts["laser"], "an input: no link budget is given", printed=True),
        power(
            "amplifiers",
            amplifier_w,
            f"57 fJ x 16 bits, one for each row; with two {2 * amplifier_w:.2f} W; tried: 20 bits, "
            f"{amplifier_w * 20 / 16:.2f} W, for which nothing speaks",
        ),
        power(
            "RNS conversion",
            reverse_w,
            f"0.48 pJ for each integer; conversion to residues would add {forward_w:.3f} W",
        ),
        power("accumulators", watts["accumulators"], "an input: no energy is given", printed=True),
        power(
            "DAC and ADC",
            converters_w,
            f"one converter of each modulus for each vector; two for each row take {honest_w:.1f} "
            "W, and the area counts those; what DACs add is not told",
        ),
        power(
            "BFP conversion",
            BFP_J * SYMBOLS_PER_S,
            "1.32 pJ for each vector; 0.5 % of 19.95 W is anything from 0.090 to 0.110 W",
            derived=True,
        ),
        Row("Fig. 9", "total power", "W", 19.95, sum(watts.values()), "of shares", printed=True),
    ]
    return [*rows, *_areas()]


def _areas() -> list[Row]:
    mm2 = {name: share * AREA_MM2 for name, share in AREA_SHARES.items()}
    # Converters that reload all multipliers within 5 ns at 20 GS/s, both rails.
    dacs = 2 * 3 * MULTIPLIERS / (DAC_SAMPLES_PER_S * MIRAGE.load_s)
    others = 10 * (256 * REVERSE_MM2 + 128 * FORWARD_MM2 + 8 * BFP_MM2)
    return [
        Row("Fig. 9", "photonics, area", "mm²", mm2["photonics"], mm2["photonics"],
            "an input: 0.8 mm x 24 µm a multiplier follows from it", printed=True),
        Row("Fig. 9", "SRAM, area", "mm²", mm2["SRAM"], mm2["SRAM"], "an input", printed=True),
        Row("Fig. 9", "ADC, area", "mm²", mm2["ADC"], 2 * UNITS_OF_ONE_MODULUS * ADC_MM2,
            "two for each of 768 rows"),
        Row("Fig. 9", "DAC, area", "mm²", mm2["DAC"], dacs * DAC_MM2,
            f"tried: the {dacs:.0f} that load both rails of all multipliers within 5 ns at 20 "
            "GS/s; 265 are printed as area, their number is not told; one for each multiplier "
            f"would take {12288 * DAC_MM2:.0f} mm²"),
        Row("Fig. 9", "others, area", "mm²", mm2["others"], others,
            "tried: ten copies of a reverse converter for each of 256 rows, a forward one for each "
            "of 128 columns, a BFP unit for each of 8 units; what accumulators take is not told"),
    ]  # fmt: skip


def _single_w(network: str, per_w: float) -> float:
    """Power with which a sample by itself takes the energy that a rate over power means."""
    single = products(NETWORKS[network], PAPER, 1)
    forward = tuple(p for p in single if p.computation == "forward")
    return 1.0 / (per_w * MIRAGE.total_s(forward, "DF1"))


def table3_efficiency() -> list[Row]:
    """Samples a second over power and over area."""
    no_sram_w = (1.0 - POWER_SHARES["SRAM"]) * PEAK_POWER_W
    electronic_mm2 = AREA_MM2 - PHOTONIC_MM2
    rows = []
    for network, per_w, per_mm2 in (("ResNet50", 1540.6, 43.2), ("AlexNet", 1904.5, 267.67)):
        rate = RATES[network]
        rows += [
            Row("Table III", f"{network}, samples/s/W", "1/J", per_w, rate / no_sram_w,
                f"tried: {no_sram_w:.2f} W, without SRAM; 19.95 W gives {rate / PEAK_POWER_W:.0f}; "
                f"the printed value is {rate / per_w:.1f} W, and the two networks' differ five "
                f"times; with energies of single samples (DF1) {_single_w(network, per_w):.1f} W"),
            Row("Table III", f"{network}, samples/s/mm²", "1/(s mm²)", per_mm2,
                rate / electronic_mm2, "over the electronic chiplet, 242.6 mm²"),
        ]  # fmt: skip
    return rows
