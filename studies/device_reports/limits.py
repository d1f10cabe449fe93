"""Power limits: what strong light does to a guide of a centimetre and to a coupled ring."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from devices.light.power_limits import Limits, PowerLimits
from devices.passive.waveguide import Waveguide
from devices.switches.ring import RingSwitch
from photonics.nonlinear import BISTABLE_DRIVE
from photonics.rings import RingCavity
from photonics.units import watt_to_dbm
from studies.device_reports.curves import LIGHT_M, DeviceReport, Mark, Number, Panel, decades

GUIDE = Waveguide(length_m=1e-2)


def power_limits(part: PowerLimits) -> DeviceReport:
    """Excess loss and phase against power, with the limits marked."""
    cavity = RingSwitch().cavity(LIGHT_M)
    guide = part.guide_limits(GUIDE.length_m, GUIDE.loss_db_per_m, LIGHT_M)
    ring = part.ring_limits(cavity, LIGHT_M)
    return DeviceReport(
        numbers=[
            Number("thermal_resistance_km_per_w", part.thermal_resistance_km_per_w, "of a wire"),
            *_numbers("guide", guide, "guide of 1 cm"),
            *_numbers("ring", ring, "coupled ring of the default kind"),
        ],
        panels=[
            guide_loss(part, guide),
            guide_phase(part, guide),
            ring_shift(part, cavity, ring),
            ring_phase(part, cavity, ring),
        ],
    )


def _numbers(name: str, limits: Limits, what: str) -> list[Number]:
    return [
        Number(f"{name}_{budget}_limit_dbm", watt_to_dbm(limit_w), f"{what}: {meaning}")
        for budget, limit_w, meaning in (
            ("loss", limits.loss_w, "excess loss"),
            ("phase", limits.phase_w, "excess phase"),
            ("bistable", limits.bistable_w, "bistability"),
        )
        if math.isfinite(limit_w)
    ]


def _limit(label: str, limit_w: float) -> list[Mark]:
    return [Mark("x", watt_to_dbm(limit_w), label)] if math.isfinite(limit_w) else []


def _powers() -> tuple[Tensor, Tensor]:
    """Powers in W and in dBm."""
    power_w = decades(1e-5, 1.0, 30)
    return power_w, 10.0 * (power_w * 1e3).log10()


def guide_loss(part: PowerLimits, limits: Limits) -> Panel:
    """Excess loss of the guide."""
    power_w, power_dbm = _powers()
    found = [
        part.guide(float(p), GUIDE.length_m, GUIDE.loss_db_per_m, LIGHT_M).excess_loss_db
        for p in power_w
    ]
    return Panel(
        "Guide of 1 cm: loss",
        "power / dBm",
        "excess loss / dB",
        power_dbm,
        {"excess loss": torch.tensor(found, dtype=torch.float64)},
        [Mark("y", part.loss_budget_db, "budget"), *_limit("limit", limits.loss_w)],
        y_log=True,
    )


def guide_phase(part: PowerLimits, limits: Limits) -> Panel:
    """Phases of the guide by the three effects, as magnitudes."""
    power_w, power_dbm = _powers()
    found = [part.guide(float(p), GUIDE.length_m, GUIDE.loss_db_per_m, LIGHT_M) for p in power_w]
    curves = {
        "heat": [r.thermal_phase_rad for r in found],
        "Kerr": [r.kerr_phase_rad for r in found],
        "carriers (negative)": [-r.carrier_phase_rad for r in found],
    }
    return Panel(
        "Guide of 1 cm: phase",
        "power / dBm",
        "phase / rad",
        power_dbm,
        {name: torch.tensor(v, dtype=torch.float64) for name, v in curves.items() if any(v)},
        [Mark("y", part.phase_budget_rad, "budget"), *_limit("limit", limits.phase_w)],
        y_log=True,
    )


def ring_shift(part: PowerLimits, cavity: RingCavity, limits: Limits) -> Panel:
    """Shift of a coupled ring's resonance."""
    power_w, power_dbm = _powers()
    found = [part.ring(float(p), cavity, LIGHT_M) for p in power_w]
    half_m = cavity.linewidth_m / 2.0
    # Far beyond bistability the full build-up is never reached.
    top = 10.0 * BISTABLE_DRIVE
    full = [r.full_shift_half_widths for r in found]
    curves = {
        "full build-up": [shift if shift < top else math.nan for shift in full],
        "settled": [r.shift_m / half_m for r in found],
    }
    return Panel(
        "Coupled ring: shift of the resonance",
        "power / dBm",
        "shift over half the width",
        power_dbm,
        {name: torch.tensor(v, dtype=torch.float64) for name, v in curves.items()},
        [
            Mark("y", BISTABLE_DRIVE, "bistable beyond"),
            *_limit("bistability", limits.bistable_w),
        ],
        y_log=True,
        dashed=["full build-up"],
    )


def ring_phase(part: PowerLimits, cavity: RingCavity, limits: Limits) -> Panel:
    """Phase of the drop port by that shift."""
    power_w, power_dbm = _powers()
    found = [part.ring(float(p), cavity, LIGHT_M).drop_phase_rad for p in power_w]
    return Panel(
        "Coupled ring: phase of the drop port",
        "power / dBm",
        "phase / rad",
        power_dbm,
        {"phase": torch.tensor(found, dtype=torch.float64)},
        [Mark("y", part.phase_budget_rad, "budget"), *_limit("limit", limits.phase_w)],
        y_log=True,
    )
