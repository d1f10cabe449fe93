"""The cost of trimming, in words: what the paper's budget leaves out."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from circuits.chip.chip import Chip
from circuits.control.cost import COOLED_W_PER_MM2, TrimmerCost
from devices.switches.mzi import MziSwitch
from devices.switches.ring import RingSwitch


def trimmer_text(chip: Chip) -> str:
    """Number, power and area of the trimmers of a chip, and of those of its rings."""
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
    if isinstance(switch, RingSwitch):
        rings = switch.trimmer
        offsets = (arrays.statics.switch_offset for arrays in chip.fabricated.values())
        left_m = torch.cat([offset.flatten() for offset in offsets])
        lines.append(
            f"{count:,} rings, trimmed beforehand to {1e12 * _rms(left_m):.3g} pm rms: "
            f"{rings.expected_power_w(count):.4g} W on average and "
            f"{1e6 * rings.total_area_m2(count):.4g} mm²; "
            f"{rings.missed_fraction * count:.2g} expected beyond the range of their trimmers"
        )
    if isinstance(switch, MziSwitch):
        arms = switch.arm_trimmer
        lines.append(
            f"{count:,} interferometers, trimmed beforehand: "
            f"{arms.expected_power_w(count):.4g} W on average and "
            f"{1e6 * count * arms.area_m2:.4g} mm²"
        )
    return "\n".join(lines)


def _rms(values: Tensor) -> float:
    return float(values.square().mean().sqrt())


def trimmers_json(chip: Chip) -> dict[str, Any]:
    """Costs as plain data."""
    count, switch = chip.switch_count, chip.design.multiplier.switch
    costs: dict[str, Any] = {"trimmers": vars(TrimmerCost.of_chip(chip))}
    if isinstance(switch, RingSwitch):
        costs["ring_trimmers"] = {
            "count": count,
            "expected_power_w": switch.trimmer.expected_power_w(count),
            "area_m2": switch.trimmer.total_area_m2(count),
        }
    if isinstance(switch, MziSwitch):
        costs["arm_trimmers"] = {
            "count": count,
            "expected_power_w": switch.arm_trimmer.expected_power_w(count),
            "area_m2": count * switch.arm_trimmer.area_m2,
        }
    return costs
