"""The cost of trimming, in words: what the paper's budget leaves out."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from circuits.chip.chip import Chip
from circuits.control.cost import COOLED_W_PER_MM2, TrimmerCost
from devices.parameters.tree import kind_name
from devices.switches.ring import RingSwitch

# Of deviations by the unit that a kind of switch has them in: pm and mrad.
_UNITS = {"m": (1e12, "pm"), "rad": (1e3, "mrad")}


def trimmer_text(chip: Chip) -> str:
    """Number, power and area of the trimmers of a chip, and of those of its switches."""
    cost, count = TrimmerCost.of_chip(chip), chip.switch_count
    switch = chip.design.multiplier.switch
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
    if power_w := switch.trimmer_power_w(count):
        offsets = (arrays.statics.switch_offset for arrays in chip.fabricated.values())
        left = torch.cat([offset[..., 0].flatten() for offset in offsets])
        scale, unit = _UNITS[switch.offset_unit]
        lines.append(
            f"{count:,} switches ({kind_name(type(switch))}), trimmed beforehand to "
            f"{scale * _rms(left):.3g} {unit} rms: {power_w:.4g} W on average and "
            f"{1e6 * count * switch.trimmer_area_m2:.4g} mm²"
        )
        if isinstance(switch, RingSwitch):
            missed = switch.trimmer.missed_fraction * count
            lines[-1] += f"; {missed:.2g} expected beyond the range of their trimmers"
    return "\n".join(lines)


def _rms(values: Tensor) -> float:
    return float(values.square().mean().sqrt())


def trimmers_json(chip: Chip) -> dict[str, Any]:
    """Costs as plain data."""
    count, switch = chip.switch_count, chip.design.multiplier.switch
    return {
        "trimmers": vars(TrimmerCost.of_chip(chip)),
        "switch_trimmers": {
            "count": count,
            "expected_power_w": switch.trimmer_power_w(count),
            "area_m2": count * switch.trimmer_area_m2,
        },
    }
