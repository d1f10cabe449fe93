"""Lasers: intensity noise and phase noise."""

from __future__ import annotations

import math

import torch

from devices.light.laser import Laser
from photonics.noise import shot_floor_per_hz
from photonics.units import db_to_power, power_to_db
from studies.device_reports.curves import DeviceReport, Mark, Number, Panel, decades

_BANDWIDTH_HZ = 10e9
_DELAY_S = 1e-12


def laser(part: Laser) -> DeviceReport:
    """Phase noise against delay, intensity noise against bandwidth and power."""
    relative = math.sqrt(part.intensity_variance(_BANDWIDTH_HZ))
    phase = math.sqrt(part.phase_variance_rad2(_DELAY_S, _BANDWIDTH_HZ))
    floor = shot_floor_per_hz(part.power_w, part.wavelength_m)
    return DeviceReport(
        numbers=[
            Number("electrical_power_w", part.electrical_power_w, "drawn from the supply"),
            Number("intensity_rms_fraction", relative, "relative, within 10 GHz"),
            Number("phase_rms_rad", phase, "between paths 1 ps apart, within 10 GHz"),
            Number("shot_floor_db_per_hz", power_to_db(floor), "2hν/P of the full power"),
            Number(
                "drift_phase_rad_per_ghz",
                part.drift_phase_rad(1e9, _DELAY_S),
                "between paths 1 ps apart, for a drift of 1 GHz",
            ),
        ],
        panels=[phase_noise(part), intensity_noise(part), intensity_density(part)],
    )


def phase_noise(part: Laser) -> Panel:
    """Variance of the phase between two paths against the difference of their delays."""
    delay_s = decades(1e-14, 1e-8)

    def variance(bandwidth_hz: float) -> torch.Tensor:
        found = [part.phase_variance_rad2(float(t), bandwidth_hz) for t in delay_s]
        return torch.tensor(found, dtype=torch.float64)

    return Panel(
        "Phase noise between two paths",
        "difference of delay / ps",
        "variance / rad²",
        delay_s * 1e12,
        {
            "any bandwidth, 2πΔντ": variance(math.inf),
            "within 10 GHz": variance(10e9),
            "within 0.5 GHz": variance(0.5e9),
        },
        x_log=True,
        y_log=True,
        dashed=["any bandwidth, 2πΔντ"],
    )


def intensity_noise(part: Laser) -> Panel:
    """Variance of the relative power against the noise bandwidth."""
    bandwidth_hz = decades(1e7, 1e11)
    variance = [part.intensity_variance(float(b)) for b in bandwidth_hz]
    return Panel(
        "Intensity noise",
        "noise bandwidth / GHz",
        "variance of δP/P",
        bandwidth_hz * 1e-9,
        {"RIN · B": torch.tensor(variance, dtype=torch.float64)},
        x_log=True,
        y_log=True,
    )


def intensity_density(part: Laser) -> Panel:
    """Relative intensity noise beside the shot noise of the detected light."""
    power_w = decades(1e-6, 1e-1)
    floor = [shot_floor_per_hz(float(p), part.wavelength_m) for p in power_w]
    shot = torch.tensor(floor, dtype=torch.float64)
    own = torch.full_like(power_w, db_to_power(part.rin_db_per_hz))
    return Panel(
        "Density at a detector",
        "detected power / mW",
        "relative noise / (dB/Hz)",
        power_w * 1e3,
        {
            "laser": 10 * own.log10(),
            "shot noise, 2hν/P": 10 * shot.log10(),
            "both": 10 * (own + shot).log10(),
        },
        [Mark("x", part.power_w * 1e3, "power of the laser")],
        x_log=True,
        dashed=["laser", "shot noise, 2hν/P"],
    )
