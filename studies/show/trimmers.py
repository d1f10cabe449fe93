"""The price of trimming, in words: what the paper's budget leaves out."""

from __future__ import annotations

from typing import Any

from circuits.chip.chip import Chip
from circuits.control.cost import TrimmerCost

# About what forced water cooling carries off a die, 1 kW/cm² (Tuckerman and Pease, IEEE Electron
# Device Lett. 2, 126 (1981): 790 W/cm²).
_COOLED_W_PER_MM2 = 7.9


def trimmer_text(chip: Chip) -> str:
    """Number, power and area of the trimmers of a chip, and of those of its rings."""
    price, rings = TrimmerCost.of_chip(chip), chip.design.calibration.ring_trimmer
    lines = []
    if price.count:
        heat = f"{price.w_per_mm2:.3g} W/mm²"
        if price.w_per_mm2 > _COOLED_W_PER_MM2:
            heat += f", more than water carries off a die ({_COOLED_W_PER_MM2:g})"
        lines.append(
            f"{price.count:,} trimmers take {price.power_w:.4g} W and "
            f"{1e6 * price.area_m2:.4g} mm² ({heat}); "
            f"{price.saturated} at an end of their range"
        )
    lines.append(
        f"{chip.ring_count:,} rings, trimmed beforehand to "
        f"{1e12 * chip.design.multiplier.ring_spread.common_rms_m:.3g} pm: "
        f"{rings.expected_power_w(chip.ring_count):.4g} W on average and "
        f"{1e6 * rings.total_area_m2(chip.ring_count):.4g} mm²; "
        f"{rings.missed_fraction * chip.ring_count:.2g} expected beyond the range of their trimmers"
    )
    return "\n".join(lines)


def trimmers_json(chip: Chip) -> dict[str, Any]:
    """The same as plain data."""
    rings = chip.design.calibration.ring_trimmer
    return {
        "trimmers": vars(TrimmerCost.of_chip(chip)),
        "ring_trimmers": {
            "count": chip.ring_count,
            "expected_power_w": rings.expected_power_w(chip.ring_count),
            "area_m2": rings.total_area_m2(chip.ring_count),
        },
    }
