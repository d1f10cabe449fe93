"""Phase shifters of every kind: phase and loss against drive, and settling."""

from __future__ import annotations

import math

import torch

from devices.shifters.drive_curve import DriveCurve
from devices.shifters.shifter import Shifter
from studies.device_reports.curves import DeviceReport, Mark, Number, Panel, span

_TOLERANCE = 1e-3
_LENGTH_M = 1e-3
_MANY_RAD = 20.0 * math.pi


def shifter(part: Shifter) -> DeviceReport:
    """Phase, loss and settling of a driven shifter."""
    low, high = part.phase_range_rad
    end = high if high > -low else low
    unit = part.drive_unit.lower()
    return DeviceReport(
        numbers=[
            Number("least_phase_rad", low, "that a drive can reach"),
            Number("greatest_phase_rad", high, "that a drive can reach"),
            Number(f"full_drive_{unit}", float(part.drive(end)), "that reaches the farthest phase"),
            Number("rest_loss_db", float(part.loss_db(0.0)), "without drive"),
            Number("full_loss_db", float(part.loss_db(end)), "at the farthest phase"),
            Number("settling_s", part.settling_s(_TOLERANCE), "any step, to 0.1 % of it"),
            *_half_wave(part),
            *_price(part),
        ],
        panels=[phase(part), loss(part), settling(part)],
    )


def _price(part: Shifter) -> list[Number]:
    """Power, energy and area."""
    low, high = part.drive_range
    power_w = max(float(part.hold_power_w(drive)) for drive in (low, high))
    energy_j = float(part.change_energy_j(low, high))
    return [
        Number("full_hold_power_w", power_w, "that holds the greater end of its drive"),
        Number("full_change_energy_j", energy_j, "heat of a change between the ends"),
        Number("area_m2", part.area_m2, "length times width"),
    ]


def _half_wave(part: Shifter) -> list[Number]:
    low, high = part.phase_range_rad
    reached = [p for p in (math.pi, -math.pi) if low <= p <= high]
    if not reached:
        return []
    drive = float(part.drive(reached[0]))
    meaning = f"for a phase of {'π' if reached[0] > 0 else '-π'}"
    return [Number(f"half_wave_drive_{part.drive_unit.lower()}", drive, meaning)]


def _drives(part: Shifter) -> torch.Tensor:
    """Drives over the whole range of phases."""
    low, high = part.phase_range_rad
    ends = sorted(float(part.drive(p)) for p in (low, high))
    return span(ends[0], ends[1])


def _axis(part: Shifter, drive: torch.Tensor) -> tuple[str, torch.Tensor]:
    """Label and values of the axis of drives: volts, or milliamperes."""
    if part.drive_unit == "A":
        return "drive / mA", drive * 1e3
    return f"drive / {part.drive_unit}", drive


def phase(part: Shifter) -> Panel:
    """Phase against drive, with the half waves where they are few."""
    drive = _drives(part)
    label, x = _axis(part, drive)
    low, high = part.phase_range_rad
    half_waves = [p for p in (-math.pi, math.pi) if low <= p <= high < _MANY_RAD]
    marks = [
        Mark("y", p / math.pi, "" if number else "half wave") for number, p in enumerate(half_waves)
    ]
    return Panel(
        "Phase", label, "phase / π rad", x, {"phase": part.phase_rad(drive) / math.pi}, marks
    )


def loss(part: Shifter) -> Panel:
    """Insertion loss against drive."""
    drive = _drives(part)
    label, x = _axis(part, drive)
    return Panel("Loss", label, "loss / dB", x, {"loss": part.loss_db(part.phase_rad(drive))})


def settling(part: Shifter) -> Panel:
    """Part of a full step that is done, up and down, against time."""
    low, high = part.phase_range_rad
    end = high if high > -low else low
    done_s = part.settling_s(_TOLERANCE)
    time_s = span(0.0, 1.3 * done_s) if done_s > 0.0 else span(0.0, 1e-12)
    scale, unit = _time_unit(done_s)
    return Panel(
        "Settling of a full step",
        f"time / {unit}",
        "phase over the full phase",
        time_s * scale,
        {
            "up": part.settling_rad(time_s, 0.0, end) / end,
            "down": part.settling_rad(time_s, end, 0.0) / end,
        },
        [Mark("x", done_s * scale, "any step within 0.1 %")],
    )


def _time_unit(time_s: float) -> tuple[float, str]:
    for limit, scale, unit in ((1e-9, 1e12, "ps"), (1e-6, 1e9, "ns"), (1e-3, 1e6, "µs")):
        if time_s < limit:
            return scale, unit
    return 1e3, "ms"


def drive_curve(part: DriveCurve) -> DeviceReport:
    """The table and the curve through it."""
    drive = span(part.drive[0], part.drive[-1])
    response = part.at(drive)
    slope = response.diff() / drive.diff()
    return DeviceReport(
        numbers=[
            Number("points_count", len(part.drive), "of the table"),
            Number("steepest_slope_ratio", float(slope.max()), "response per drive"),
            Number("flattest_slope_ratio", float(slope.min()), "response per drive"),
        ],
        panels=[
            Panel(
                "Response",
                "drive (unit of the shifter)",
                "response (any unit)",
                drive,
                {"curve": response},
                points=(part.drive, part.response),
            ),
            Panel(
                "Slope",
                "drive (unit of the shifter)",
                "response per drive",
                (drive[1:] + drive[:-1]) / 2,
                {"slope": slope},
            ),
        ],
    )
