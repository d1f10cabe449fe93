"""The cost of trimming, in words: what the paper's budget leaves out."""

from __future__ import annotations

from typing import Any

from circuits.chip.chip import Chip
from circuits.control.cost import COOLED_W_PER_MM2, TrimmerCost


def trimmer_text(chip: Chip) -> str:
    """Number, power and area of the trimmers of a chip, and of those of its rings."""
    cost, rings = TrimmerCost.of_chip(chip), chip.design.calibration.ring_trimmer
    lines = []
    if cost.count:
        heat = f"{cost.w_per_mm2:.3g} W/mm²"
        if cost.w_per_mm2 > COOLED_W_PER_MM2:
            heat += f", more than water carries off a die ({COOLED_W_PER_MM2:g})"
        lines.append(
            f"{cost.count:,} trimmers take {cost.power_w:.4g} W and "
            f"{1e6 * cost.area_m2:.4g} mm² ({heat}); "
            f"{cost.saturated} at an end of their range"
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
    """Costs as plain data."""
    rings = chip.design.calibration.ring_trimmer
    return {
        "trimmers": vars(TrimmerCost.of_chip(chip)),
        "ring_trimmers": {
            "count": chip.ring_count,
            "expected_power_w": rings.expected_power_w(chip.ring_count),
            "area_m2": rings.total_area_m2(chip.ring_count),
        },
    }
