"""Trimmers of paths and of rings: codes, what is left, power and area."""

from __future__ import annotations

import math

from devices.heat.trimmer import Trimmer
from devices.switches.ring import RingSwitch
from devices.switches.ring_trimmer import RingTrimmer
from photonics.random import NoiseKey
from studies.device_reports.curves import LIGHT_M, DeviceReport, Mark, Number, Panel, span

_SHOWN_STEPS = 6
_RINGS = 16_000


def trimmer(part: Trimmer) -> DeviceReport:
    """Phase, residual and power against the wanted phase."""
    return DeviceReport(
        numbers=[
            Number("lsb_rad", part.lsb_rad, "one step of phase"),
            Number("residual_rms_rad", math.sqrt(part.residual_variance_rad2), "LSB/√12"),
            Number("expected_power_w", part.expected_power_w(1), "mean of one trimmer"),
            Number("area_m2", part.area_m2, "of one trimmer"),
            Number("neighbour_rad_per_turn", 2 * math.pi * part.neighbour_coupling, "given on"),
        ],
        panels=[whole_range(part), steps(part), residual(part), power(part)],
    )


def whole_range(part: Trimmer) -> Panel:
    """Phase given against phase wanted, over a turn and a half."""
    wanted = span(0.0, 3.0 * math.pi, 601)
    return Panel(
        "Setting, modulo a turn",
        "wanted phase / π rad",
        "phase of the trimmer / π rad",
        wanted / math.pi,
        {"set": part.setting(wanted, saturate=True).phase_rad / math.pi},
        [Mark("y", part.range_rad / math.pi, "range")],
    )


def steps(part: Trimmer) -> Panel:
    """The setting over a few steps."""
    wanted = span(0.0, min(_SHOWN_STEPS * part.lsb_rad, part.range_rad), 601)
    return Panel(
        "Steps",
        "wanted phase / mrad",
        "phase / mrad",
        wanted * 1e3,
        {"set": part.setting(wanted, saturate=True).phase_rad * 1e3, "wanted": wanted * 1e3},
        dashed=["wanted"],
    )


def residual(part: Trimmer) -> Panel:
    """Phase given less phase wanted, over a few steps."""
    wanted = span(0.0, min(_SHOWN_STEPS * part.lsb_rad, part.range_rad), 601)
    rms_mrad = 1e3 * math.sqrt(part.residual_variance_rad2)
    return Panel(
        "What is left",
        "wanted phase / mrad",
        "residual / mrad",
        wanted * 1e3,
        {"residual": part.setting(wanted, saturate=True).residual_rad * 1e3},
        [Mark("y", rms_mrad, "± rms"), Mark("y", -rms_mrad, "")],
    )


def power(part: Trimmer) -> Panel:
    """Power against phase, with the mean over a turn."""
    phase = span(0.0, part.range_rad, 101)
    return Panel(
        "Power",
        "phase / π rad",
        "power / mW",
        phase / math.pi,
        {"power": part.power_w_per_rad * phase * 1e3},
        [Mark("y", part.expected_power_w(1) * 1e3, "mean")],
    )


def ring_trimmer(part: RingTrimmer) -> DeviceReport:
    """Power against the shift of a resonance, and the rings that a range does not reach."""
    shift_m, range_m = span(0.0, part.range_m, 101), span(0.0, 2.0 * part.range_m, 101)
    spread_m = math.sqrt(2.0) * part.spread_rms_m
    key, rings = NoiseKey.from_seed(0), (_RINGS // 160, 160)
    left_rms_m = float(part.residual_m(key, rings, 0.0).square().mean().sqrt())
    slope = RingSwitch().drop_slope_rad_per_m(0.0, LIGHT_M)
    return DeviceReport(
        numbers=[
            Number("lsb_m", part.lsb_m, "one step of the resonance"),
            Number("residual_rms_m", left_rms_m, f"of {_RINGS} rings whose resonance is known"),
            Number("residual_phase_rad", slope * left_rms_m, "the same, coupled"),
            Number("missed_fraction", part.missed_fraction, "rings beyond the range"),
            Number("expected_power_w", part.expected_power_w(1), "mean of one trimmer"),
            Number("area_m2", part.area_m2, "of one trimmer"),
        ],
        panels=[
            Panel(
                "Power",
                "shift of the resonance / nm",
                "power / mW",
                shift_m * 1e9,
                {"power": part.power_w_per_m * shift_m * 1e3},
                [Mark("y", part.expected_power_w(1) * 1e3, "mean")],
            ),
            Panel(
                "Rings out of reach",
                "range / nm",
                "share of rings / %",
                range_m * 1e9,
                {"missed": (range_m / 2.0 / spread_m).erfc() * 100.0},
                [Mark("x", part.range_m * 1e9, "range")],
            ),
        ],
    )
